"""The folders of the engine, and that each knows only those before it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import agent_sessions.recall

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("language", "dates", "sentences", "judging", "facts", "revising", "search")
ROOM = Path(agent_sessions.recall.__file__).parent


def known(file: Path) -> Iterator[str]:
    """The folders of the engine from which a file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("agent_sessions.recall."):
            yield (node.module or "").split(".")[2]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_knows_only_those_before_it(folder: str) -> None:
    files = sorted((ROOM / folder).glob("*.py"))
    assert len(files) > 1
    for file in files:
        assert {*known(file)} <= {*FOLDERS[: FOLDERS.index(folder) + 1]}, file


def test_every_folder_has_its_place() -> None:
    assert {each.name for each in ROOM.iterdir() if (each / "__init__.py").exists()} == {*FOLDERS}
