"""Which memories speak of the same person, place or thing, so that one leads to the other."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Connection, MemoryKind
from agent_sessions.recall.language.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent_sessions.domain.memory import Memory

MOST_SHARING = 12
"""A thing more memories than this speak of (the town the user lives in) tells nothing about any two of them."""
MOST_CONNECTIONS = 5
"""Connections of one new memory."""

_RELATIVE = re.compile(r"\b(?:User's|their) (?:best |older |younger |big |little |twin )?(?P<kin>[a-z][\w-]+)")
_PROPER = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][\w&'-]*(?: (?:of |the |de )?[A-Z][\w&'-]*)*")
_NO_ENTITIES = listed("no_entities")
_NO_KIN = listed("no_kin")


def entities_of(content: str) -> dict[str, str]:
    """The people, places and things a memory names: lower-case key, and how it is written there."""
    found = {
        f"{match['kin']}": f"User's {match['kin']}"
        for match in _RELATIVE.finditer(content)
        if match["kin"] not in _NO_KIN
    }
    for match in _PROPER.finditer(content):
        name = re.sub(r"'s$", "", match[0])
        if name not in _NO_ENTITIES:
            found[name.lower()] = name
    return found


def connections_of(new: Iterable[Memory], known: Iterable[Memory]) -> tuple[Connection, ...]:
    """Connections of the new memories with each other and with those known, at most MOST_CONNECTIONS for each."""
    sharing: dict[str, list[Memory]] = defaultdict(list)
    for memory in known:
        for key in entities_of(memory.content) if memory.kind is MemoryKind.FACT else ():
            sharing[key].append(memory)
    found: dict[tuple[str, str], Connection] = {}
    for memory in new:
        _connect(memory, sharing, found=found)
    return tuple(found[pair] for pair in sorted(found))


def _connect(memory: Memory, sharing: dict[str, list[Memory]], *, found: dict[tuple[str, str], Connection]) -> None:
    made = 0
    for key, written in entities_of(memory.content).items():
        others = sharing[key]
        for other in others if len(others) <= MOST_SHARING else ():
            first, second = sorted((memory.id, other.id))
            if first != second and (first, second) not in found and made < MOST_CONNECTIONS:
                found[first, second] = Connection(first, second, written)
                made += 1
        others.append(memory)
