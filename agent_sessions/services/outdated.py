"""What was found, in an order in which nobody takes for true what has changed since.

A message that told an earlier version of a memory is still what was said, and often in the question's very words; but
the version that holds now is told before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.memory import VersionReason
from ..domain.recalled import RecalledKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..domain.recalled import Recalled
    from ..domain.recollection import KeptMemory

UNTRUE = frozenset({VersionReason.CHANGE, VersionReason.CONTRADICTION})
"""Versions that expired for these are not true any more; one that was added to still is."""


def current_first(found: Sequence[Recalled], versions: Mapping[str, Sequence[KeptMemory]]) -> list[Recalled]:
    """The same in the same order, but each current memory before what tells only versions that it took the place of.

    ``versions``: of the memories found that have several, all by lineage, newest first.
    """
    ordered = list(found)
    for line in versions.values():
        current, *earlier = line
        places = {each.id: place for place, each in enumerate(ordered)}
        place = places.get(current.memory.id)
        outdated = [each for each in earlier if each.expiry_reason in UNTRUE]
        if place is None or not outdated:
            continue
        first = next((at for at, each in enumerate(ordered[:place]) if _tells_only(each, outdated, current)), place)
        ordered.insert(first, ordered.pop(place))
    return ordered


def lineages_of(known: Collection[KeptMemory]) -> list[str]:
    """The lineages of those that took the place of others."""
    return sorted({each.lineage for each in known if each.version > 1})


def _tells_only(found: Recalled, outdated: Sequence[KeptMemory], current: KeptMemory) -> bool:
    """Whether it is what these versions were made from, and not the current one too."""
    if found.kind is RecalledKind.SUMMARY:
        return found.session_id != current.memory.session_id and found.session_id in {
            each.memory.session_id for each in outdated
        }
    if found.kind is RecalledKind.MESSAGE:
        return found.id not in current.memory.sources and any(found.id in each.memory.sources for each in outdated)
    return False
