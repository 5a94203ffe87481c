"""Frozen dataclasses that are made and copied quickly behave as those that dataclasses makes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from agent_sessions.domain.frozen import copier, quick


@quick
@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    parts: list[str] = field(default_factory=list)
    size: int = field(default=1, kw_only=True)


change = copier(Thing)


def test_members_come_by_place_by_name_and_by_default() -> None:
    thing = Thing("one")
    assert (thing.name, thing.parts, thing.size) == ("one", [], 1)
    assert Thing("one", ["a"], size=2) == Thing(name="one", parts=["a"], size=2)
    assert repr(thing).endswith("Thing(name='one', parts=[], size=1)")


def test_what_a_factory_makes_is_shared_by_nobody() -> None:
    assert Thing("one").parts is not Thing("one").parts


@pytest.mark.parametrize("given", [((), {}), (("one", [], 2), {}), (("one",), {"colour": "red"})])
def test_wrong_members_are_refused(given: tuple[tuple[object, ...], dict[str, object]]) -> None:
    with pytest.raises(TypeError):
        Thing(*given[0], **given[1])  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [Thing("one"), change(Thing("one"), {"size": 2})])
def test_nothing_of_it_can_be_set(thing: Thing) -> None:
    assert type(thing) is Thing
    with pytest.raises(FrozenInstanceError):
        thing.name = "two"  # type: ignore[misc]


def test_a_copy_differs_in_what_is_changed_alone() -> None:
    thing = Thing("one", ["a"])
    assert change(thing, {"size": 3}) == replace(thing, size=3)
    assert change(thing, {}).parts is thing.parts
    assert thing.size == 1
    with pytest.raises(AttributeError):
        change(thing, {"colour": "red"})


def test_it_is_copied_and_pickled_as_any_other() -> None:
    thing = Thing("one", ["a"], size=2)
    assert copy.copy(thing) == copy.deepcopy(thing) == pickle.loads(pickle.dumps(thing)) == thing
