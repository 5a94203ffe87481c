"""What clients may meet is in the reference."""

from __future__ import annotations

from pathlib import Path

from agent_sessions.api.eliza import messages, sessions
from agent_sessions.api.eliza.replies import FAILURES

DOCS = Path(__file__).parents[3] / "docs"


def test_every_sessions_route_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "sessions-api.md").read_text()
    for route in (*sessions.ROUTES, *messages.ROUTES):
        path = route.path.removeprefix("/api/messaging").replace("{session_id}", ":id")
        assert f"`{route.method} {path}`" in text


def test_every_code_of_a_failed_reply_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "sessions-api.md").read_text()
    for status, code in FAILURES.values():
        assert f"| `{code}` | {status} |" in text
