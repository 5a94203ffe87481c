"""What is looked for in JSON is found exactly where it is, and as PostgreSQL would find it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.store import jsontext
from agent_sessions.store.memory.matching import Filter, matches
from tests.domain import strategies

keys = st.sampled_from(["a", "b", 'quo"te', "ä"])
scalars: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, 1.0, -2.5, 10**14, 10**17, 1e17, "", "1", "ä", "x"]
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
objects = st.dictionaries(keys, values, max_size=3)


@given(strategies.json_objects)
def test_everything_holds_itself_and_nothing(value: dict[str, Any]) -> None:
    assert matches(value, value)
    assert matches(value, {})


@given(objects, objects)
def test_filters_find_what_matches(value: dict[str, Any], wanted: dict[str, Any]) -> None:
    text = jsontext.dumps(value, name="metadata")
    assert Filter(wanted).finds(text) == matches(jsontext.loads(text), wanted)
    assert Filter(value).finds(text)


@given(strategies.json_objects, st.data())
def test_what_a_filter_finds_the_database_hands_over(value: dict[str, Any], data: st.DataObject) -> None:
    text = jsontext.dumps(value, name="metadata")
    part = {key: value[key] for key in value if data.draw(st.booleans())}
    with closing(sqlite3.connect(":memory:")) as database:
        found = database.execute("SELECT ? LIKE ? ESCAPE '!'", (text, Filter(part).pattern)).fetchone()
    assert found == (1,)


@pytest.mark.parametrize("value", ["100%", "a_b", "a!b", "!%_", "back\\slash", 'quo"te', "x" * 100_000, "Ä\u2028"])
def test_what_patterns_are_made_of_stands_for_itself(value: str) -> None:
    text, other = (jsontext.dumps({"k": each}, name="metadata") for each in (value, "another value"))
    with closing(sqlite3.connect(":memory:")) as database:
        found = database.execute(
            "SELECT ? LIKE ? ESCAPE '!', ? LIKE ? ESCAPE '!'",
            (text, Filter({"k": value}).pattern, other, Filter({"k": value}).pattern),
        ).fetchone()
    assert found == (1, 0)


@given(objects, st.data())
def test_a_part_is_found_in_the_whole(value: dict[str, Any], data: st.DataObject) -> None:
    part = {key: value[key] for key in value if data.draw(st.booleans())}
    assert matches(value, part)


@pytest.mark.parametrize(
    ("value", "wanted", "found"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": None}, {"a": None}, True),
        ({"a": 0}, {"a": None}, False),
        ({}, {"a": None}, False),
        ({"a": {}}, {"a": []}, False),
        ({"a": [1, [2, 3]]}, {"a": [[3]]}, True),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"c": 2}]}, True),
        ({"a": [{"b": 1}, {"c": 2}]}, {"a": [{"b": 1, "c": 2}]}, False),
    ],
)
def test_types_are_those_of_json(value: Any, wanted: Any, *, found: bool) -> None:
    assert matches(value, wanted) is found


async def test_postgres_finds_the_same(postgres_url: str) -> None:
    """Except that it lets a list hold a bare value (``["x"] @> "x"``), which is not asked for here."""
    connection = await asyncpg.connect(postgres_url)
    cases = [
        (value, wanted)
        for value in _samples()
        for wanted in _samples()
        if isinstance(value.get("a"), list) == isinstance(wanted.get("a"), list)
    ]
    for value, wanted in cases:
        texts = [jsontext.dumps(each, name="x") for each in (value, wanted)]
        assert await connection.fetchval("SELECT $1::jsonb @> $2::jsonb", *texts) == matches(value, wanted), texts
    await connection.close()


def _samples() -> list[dict[str, Any]]:
    scalars = (None, True, False, 0, 1, 1.5, "", "1", "x")
    lists: tuple[Any, ...] = ([], [1], ["x", 1], [True, None], [{"b": 1, "c": "x"}], [{"b": 1}])
    return [{}, {"b": 1}, *({"a": each} for each in (*scalars, {}, {"b": 1}, {"b": 1, "c": [2]}, *lists))]
