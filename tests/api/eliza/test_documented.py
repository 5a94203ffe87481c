"""What clients may meet is in the reference."""

from __future__ import annotations

from pathlib import Path

from agent_sessions.api.eliza import events, messages, sessions
from agent_sessions.api.eliza.replies import FAILURES
from agent_sessions.api.realtime.events import TYPES

DOCS = Path(__file__).parents[3] / "docs"


def test_every_sessions_route_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "sessions-api.md").read_text()
    for route in (*sessions.ROUTES, *messages.ROUTES, *events.ROUTES):
        path = route.path.removeprefix("/api/messaging").replace("{session_id}", ":id")
        assert f"`{route.method} {path}`" in text


def test_every_code_of_a_failed_reply_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "sessions-api.md").read_text()
    for status, code in FAILURES.values():
        assert f"| `{code}` | {status} |" in text


def test_every_type_of_event_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "events.md").read_text()
    for kind in TYPES:
        assert f"| `{kind}` |" in text
