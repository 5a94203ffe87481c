"""The rooms of the house, and that the doors between them open one way."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "agent_sessions").rglob("*.py")) + sorted((ROOT / "plugins").rglob("*.py"))

MAY_IMPORT = {
    "domain": set(),
    "ports": {"domain"},
    "clock": {"domain", "ports"},
    "testing": {"domain", "ports", "clock"},
    "recall": {"domain"},
    "services": {"domain", "ports", "recall"},
    "store": {"domain", "ports"},
    "bus": {"domain", "ports"},
    "api": {"domain", "ports", "services"},
    "config": {"domain", "ports"},
    "registry": {"domain", "ports"},
    "logs": set[str](),
    "plugins": {"domain", "ports", "testing"},
    "app": {"domain", "ports", "clock", "services", "store", "bus", "api", "config", "registry"},
    "cli": {"domain", "ports", "clock", "services", "store", "config", "app", "logs", ""},
    "__main__": {"cli"},
    "": {"domain", "ports", "services", "config", "app"},
}
"""Which rooms a room may know, itself apart; ``""`` is the package's list of public names."""

ONLY_IN = {
    "aiohttp": {"api", "app", "cli", "plugins"},
    "typer": {"cli"},
    "sqlalchemy": {"store"},
    "sqlmodel": {"store"},
    "alembic": {"store"},
    "sqlite3": {"store"},
    "asyncpg": {"store"},
    "redis": {"bus"},
    "socketio": {"api"},
    "engineio": {"api"},
    "yaml": {"config", "plugins"},
    "openai": {"plugins"},
}


def room_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return "plugins" if parts[0] == "plugins" else parts[1].replace("__init__", "")


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file, also inside functions, by its absolute name."""
    package = file.relative_to(ROOT / "plugins" if room_of(file) == "plugins" else ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield node.lineno, module
            if module == "agent_sessions":
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def public_names() -> set[str]:
    tree = ast.parse((ROOT / "agent_sessions" / "__init__.py").read_text())
    return {alias.asname or alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_one_way(file: Path) -> None:
    room = room_of(file)
    for line, name in imports(file):
        top, _, rest = name.partition(".")
        if top == "agent_sessions_plugins":
            assert room == "plugins", f"{file}:{line}: plugins are found by name, never imported"
        elif top == "agent_sessions":
            other = rest.partition(".")[0]
            other = "" if other in public_names() | {"__version__"} else other
            assert other == room or other in MAY_IMPORT[room], f"{file}:{line}: {room} must not know {other or 'all'}"
        else:
            assert room in ONLY_IN.get(top, {room}), f"{file}:{line}: {top} has no place in {room}"


def test_the_time_is_asked_for_in_one_place() -> None:
    asked = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    places = [
        f"{file.relative_to(ROOT)}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("datetime.datetime") in asked
    ]
    assert places == ["agent_sessions/clock.py"]


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert not {file.stem for file in FILES} & {"utils", "helpers", "common", "misc", "base", "data", "info"}
