"""What clients may meet is in the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_sessions.api.recallr import schemas
from agent_sessions.api.recallr.routes import ROUTES
from agent_sessions.api.recallr.search import Search

if TYPE_CHECKING:
    from agent_sessions.api.recallr.schemas import Schema
    from agent_sessions.api.recallr.wire import Route

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "memory-api.md").read_text()
ASKED: tuple[type[Schema], ...] = (
    *(schemas.NewUser, schemas.UserUpdate, schemas.UserList, schemas.LastMessages),
    *(schemas.NewSession, schemas.SessionUpdate, schemas.SessionList, schemas.NewMessage, schemas.MessageList),
    *(schemas.MemoryList, schemas.MemoryLook, schemas.MemoryRemoval, schemas.ConflictList),
    *(schemas.Answer, schemas.Answers, schemas.WrappedAnswers, schemas.ContextAsked, schemas.PromptAsked, Search),
)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_in_the_reference(route: Route) -> None:
    assert f"| `{route.method} {route.path}` |" in PAGE


@pytest.mark.parametrize("schema", ASKED, ids=lambda schema: schema.__name__)
def test_everything_that_can_be_asked_is_in_the_reference(schema: type[Schema]) -> None:
    assert [name for name in schema.model_fields if name not in PAGE] == []
