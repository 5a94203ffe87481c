"""Procedures: what is asked of the database and done with the answers, written once for both databases.

A procedure is a generator that yields statements and is sent their rows. Statements are SQL as both databases know it,
with values named ``:so``, and two things that only one knows and the other is spared of or given in its own words:

- ``json_each(:values) AS item``: the rows of a JSON list of lists, to be read with ``item.value->>0``;
- ``FOR UPDATE`` and its kin: SQLite has one writer and need not lock rows.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

import orjson

T = TypeVar("T")
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Ask(NamedTuple):
    """Run a statement and send back its rows."""

    sql: str
    values: Mapping[str, Any] = NOTHING


class Put(NamedTuple):
    """Run a statement once for each of these values; no rows come back."""

    sql: str
    values: Sequence[Mapping[str, Any]]


Step: TypeAlias = Ask | Put
Rows: TypeAlias = Sequence[Sequence[Any]]
Procedure: TypeAlias = Generator[Step, Rows, T]

_EACH = re.compile(r"json_each\((:\w+)\) AS item")
_LOCK = re.compile(r"\s+FOR (UPDATE|NO KEY UPDATE|KEY SHARE)\b( SKIP LOCKED)?")
_NAME = re.compile(r"(?<!:):([a-z]\w*)")


def listed(values: Sequence[Any]) -> str:
    """Texts or numbers as a list that ``json_each`` takes apart."""
    return orjson.dumps([[value] for value in values]).decode()


def tupled(values: Sequence[tuple[Any, ...]]) -> str:
    """Tuples as a list that ``json_each`` takes apart."""
    return orjson.dumps(values).decode()


@cache
def for_sqlite(sql: str) -> str:
    """The statement as SQLite takes it, with named values."""
    return _LOCK.sub("", sql)


@cache
def for_postgres(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement as PostgreSQL takes it, and the names of its values in the order of their places."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}"

    text = _EACH.sub(r"jsonb_array_elements(CAST(\1 AS jsonb)) AS item (value)", sql)
    return _NAME.sub(place, text), tuple(names)
