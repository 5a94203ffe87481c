"""Copies of frozen dataclasses with some members changed, made quickly."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def copier(kind: type[T]) -> Callable[[T, Mapping[str, Any]], T]:
    """What makes copies of one dataclass with slots: ``dataclasses.replace`` in a quarter of the time, for every write.

    It fills the slots directly, which frozen only keeps others from; so no default and no ``__post_init__`` runs.
    """
    put_by_name = {member.name: getattr(kind, member.name).__set__ for member in fields(kind)}  # type: ignore[arg-type]
    puts = tuple(put_by_name.values())
    members_of = attrgetter(*put_by_name)

    def copy(original: T, changes: Mapping[str, Any]) -> T:
        after = object.__new__(kind)
        for put, kept in zip(puts, members_of(original), strict=True):
            put(after, kept)
        for name, member in changes.items():
            put_by_name[name](after, member)
        return after

    return copy
