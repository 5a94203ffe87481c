"""Running procedures on a connection to PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ..memory.procedures import Ask, for_postgres

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..memory.procedures import Procedure, Rows, Step
    from .pool import PlainConnection

T = TypeVar("T")


async def run(connection: PlainConnection, procedure: Procedure[T]) -> T:
    """Run it to its end, inside whatever transaction the connection is in."""
    try:
        step = next(procedure)
        while True:
            step = procedure.send(await _answered(connection, step))
    except StopIteration as done:
        result: T = done.value
        return result


async def _answered(connection: PlainConnection, step: Step) -> Rows:
    sql, names = for_postgres(step.sql)
    if isinstance(step, Ask):
        rows: Rows = await connection.fetch(sql, *_placed(step.values, names))
        return rows
    await connection.executemany(sql, [_placed(values, names) for values in step.values])
    return ()


def _placed(values: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    return [values[name] for name in names]
