"""Versions of memories under any order of changes: every line is whole, numbered and ends in one current version."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.domain.memory import Memory, VersionReason
from agent_sessions.ports import MemoriesChanged
from agent_sessions.store.memory.versions import Expiry, Version, Versions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EXPIRY = Expiry(NOW, VersionReason.CHANGE)

steps = st.lists(st.tuples(st.sampled_from(["add", "replace", "join", "remove"]), st.integers(0, 99)), max_size=30)


def fact(name: str) -> Memory:
    return Memory(name, "s", name, NOW, NOW, NOW)


class Model:
    """What ought to be: who follows whom, kept as plain names."""

    def __init__(self) -> None:
        self.follower: dict[str, str | None] = {}

    def current(self) -> list[str]:
        return [name for name, follower in self.follower.items() if follower is None]

    def remove(self, name: str) -> None:
        heir = self.follower.pop(name)
        for other, follower in self.follower.items():
            if follower == name:
                self.follower[other] = heir

    def end_of(self, name: str) -> str:
        while (follower := self.follower[name]) is not None:
            name = follower
        return name


@given(steps, st.integers(0, 30))
def test_any_changes_leave_whole_lines(changes: list[tuple[str, int]], reload_at: int) -> None:
    versions, model = Versions(()), Model()
    for number, (what, at) in enumerate(changes):
        if number == reload_at:
            versions = reloaded(versions)
        change(versions, model, what, at=at, name=f"m{number}")
    versions.relink()
    assert_like(versions, model)
    assert_like(reloaded(versions), model)


def change(versions: Versions, model: Model, what: str, *, at: int, name: str) -> None:
    current, everything = model.current(), list(model.follower)
    if what == "add" or not current:
        versions.add(fact(name))
        model.follower[name] = None
    elif what == "replace":
        old = current[at % len(current)]
        versions.replace(old, fact(name), EXPIRY)
        model.follower |= {old: name, name: None}
    elif what == "join" and len(current) > 1:
        beaten = {current[at % len(current)], current[(at + 1) % len(current)]}
        for old in sorted(beaten):
            versions.replace(old, fact(name), EXPIRY)
            model.follower[old] = name
        model.follower[name] = None
    elif what == "remove":
        gone = everything[at % len(everything)]
        versions.remove(gone)
        model.remove(gone)


def assert_like(versions: Versions, model: Model) -> None:
    for name, follower in model.follower.items():
        version = versions[name]
        assert version.replaced_by == follower
        assert (version.expired_at is None) == (version.reason is None) == (follower is None)
        assert versions.current_of(name).memory.id == model.end_of(name)
        assert version.lineage == versions[model.end_of(name)].lineage
        assert follower is None or version.version < versions[follower].version
    for end in model.current():
        line = [versions[name] for name in model.follower if model.end_of(name) == end]
        assert sorted(version.version for version in line) == list(range(1, len(line) + 1))
        assert versions[end].version == len(line)
        first = next(version for version in line if version.version == 1)
        assert versions[end].lineage == first.memory.id
    assert len({versions[end].lineage for end in model.current()}) == len(model.current())


def reloaded(versions: Versions) -> Versions:
    """As they are read from the rows that are written."""
    versions.relink()
    rows = {version.memory.id: version for version in everything_of(versions)}
    return Versions(rows.values())


def everything_of(versions: Versions) -> list[Version]:
    kept = [each for each in versions.loaded() if each.memory.id in versions]
    return [versions[each.memory.id] for each in kept] + versions.added()


def test_only_a_current_version_is_replaced() -> None:
    versions = Versions(())
    versions.add(fact("a"))
    versions.replace("a", fact("b"), EXPIRY)
    for stale in ("a", "unknown"):
        with pytest.raises(MemoriesChanged):
            versions.replace(stale, fact("c"), EXPIRY)
    assert "c" not in versions


def test_only_what_changed_is_written() -> None:
    versions = Versions(())
    for name in "abc":
        versions.add(fact(name))
    versions = reloaded(versions)
    versions.replace("a", fact("d"), EXPIRY)
    versions.remove("b")
    versions.add_sources("c", ())
    versions.relink()
    assert [version.memory.id for version in versions.added()] == ["d"]
    assert [version.memory.id for version in versions.changed()] == ["a"]
    assert versions.removed() == ["b"]
    assert versions.moved_lineages() == {"b": None}


def test_lineages_go_by_their_first_version() -> None:
    versions = Versions(())
    versions.add(fact("a"))
    versions.replace("a", fact("b"), EXPIRY)
    versions = reloaded(versions)
    versions.remove("a")
    versions.relink()
    assert versions["b"].lineage == "b"
    assert versions.moved_lineages() == {"a": "b"}
