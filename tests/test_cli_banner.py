"""What the server says at its start, as it looks in a terminal of 80 columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .test_cli import environment as environment
from .test_cli import serving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 80


def configured(*names: str, kind: str = "echo") -> Sequence[Mapping[str, Any]]:
    return [{"name": name, "kind": kind} for name in names]


def told(environment: dict[str, str], agents: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lines about agents, which end where the store is told."""
    with serving({**environment, "AGENT_SESSIONS_AGENTS": json.dumps(agents)}) as (_, banner):
        lines = banner.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("  Agents"))
    return lines[first : next(at for at, line in enumerate(lines) if line.startswith("  Store"))]


@pytest.mark.parametrize(
    ("agents", "lines"),
    [
        ([], ["  Agents    none; name some in config.yaml under agents:"]),
        (configured("Ada"), ["  Agents    Ada (echo, active)"]),
        (
            [*configured("Grace Hopper"), *configured("Ada", kind="companion")],
            ["  Agents    Ada           (companion, active)", "            Grace Hopper  (echo, active)"],
        ),
        (
            configured(*"ABCDEFGHIJK"),
            [
                "  Agents    A  (echo, active)",
                *(f"            {name}  (echo, active)" for name in "BCDEFGH"),
                "            and 3 more",
            ],
        ),
    ],
    ids=["none", "one", "two", "many"],
)
def test_agents_are_told_one_in_a_line(
    environment: dict[str, str], agents: Sequence[Mapping[str, Any]], lines: list[str]
) -> None:
    assert told(environment, agents) == lines


def test_a_long_name_leaves_room_for_what_the_agent_is(environment: dict[str, str]) -> None:
    long = "The keeper of everything that was ever said in this house and in the houses beside it"
    first, second = told(environment, configured("Ada", long))
    assert first == f"  Agents    {'Ada':40}  (echo, active)"
    assert second == f"            {long[:39]}…  (echo, active)"
    assert max(len(first), len(second)) <= WIDTH
