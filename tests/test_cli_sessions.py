"""``agent-sessions sessions show`` as somebody reads it who wants to know what became of a conversation."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from agent_sessions.domain.agent import string_to_uuid

from .test_cli import PATIENCE, posted, run, serving, str_uuid
from .test_cli import environment as environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGENT = """
import asyncio
from agent_sessions import AgentFailed, ReplyPart

async def reply(context):
    match context.message.text.split()[0]:
        case "fail":
            raise AgentFailed("The model is away")
        case "quiet":
            yield ReplyPart(silent=True)
        case "slow":
            await asyncio.sleep(600)
        case "briefly":
            await asyncio.sleep(0.5)
    yield f"You said:\\n{context.message.text}"
"""


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a server whose agent does as it is told."""
    (tmp_path / "moody.py").write_text(AGENT)
    moody = {"name": "Moody", "kind": "python", "options": {"callable": "moody:reply"}}
    environment |= {"AGENT_SESSIONS_AGENTS": json.dumps([moody]), "PYTHONPATH": str(tmp_path)}
    with serving(environment):
        yield environment


def said(server: dict[str, str], *texts: str) -> str:
    """A session in which this was said, one after another; returns its id."""
    port = int(server["SERVER_PORT"])
    session = posted(port, "", {"agentId": string_to_uuid("Moody"), "userId": str_uuid(1)})["sessionId"]
    for text in texts:
        way = "websocket" if text.startswith("slow") else "http"  # which waits for what comes of it
        with suppress(HTTPError):
            posted(port, f"/{session}/messages", {"content": text, "transport": way})
    return session


def transcript(server: dict[str, str], session: str, *arguments: str) -> str:
    """What is shown of the conversation, with every time as T."""
    shown = run(server, "sessions", "show", session, *arguments)
    assert (shown.returncode, shown.stderr) == (0, "")
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "T", shown.stdout.partition("\n\n")[2])


def until_told(server: dict[str, str], session: str, text: str) -> None:
    """Wait until the session's events have this."""
    url = f"http://127.0.0.1:{server['SERVER_PORT']}/api/messaging/sessions/{session}/events"
    with urlopen(url, timeout=PATIENCE) as stream:
        assert any(text in line.decode() for line in stream)


def test_what_got_no_reply_says_why(server: dict[str, str]) -> None:
    session = said(server, "hello", "fail now", "quiet please", "well", "slow one", "slow two")
    assert transcript(server, session) == (
        "T  User\n  hello\n\n"
        "T  Moody\n  You said:\n  hello\n\n"
        "T  User\n  fail now\n  (No reply. The model is away.)\n\n"
        "T  User\n  quiet please\n  (No reply. The agent chose not to answer.)\n\n"
        "T  User\n  well\n\n"
        "T  Moody\n  You said:\n  well\n\n"
        "T  User\n  slow one\n  (No reply yet: it is being made.)\n\n"
        "T  User\n  slow two\n  (No reply yet: earlier messages are answered first.)\n"
    )


def test_a_reply_that_came_late_says_to_what(server: dict[str, str]) -> None:
    session = said(server, "hello")
    for text in ("briefly one", "briefly two"):
        posted(int(server["SERVER_PORT"]), f"/{session}/messages", {"content": text})
    until_told(server, session, "You said:\\nbriefly two")
    assert transcript(server, session).endswith(
        "T  User\n  briefly one\n\n"
        "T  User\n  briefly two\n\n"
        "T  Moody, to “briefly one”\n  You said:\n  briefly one\n\n"
        "T  Moody, to “briefly two”\n  You said:\n  briefly two\n"
    )


def test_a_reply_that_takes_too_long_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "moody.py").write_text(AGENT)
    moody = {"name": "Moody", "kind": "python", "options": {"callable": "moody:reply"}}
    environment |= {
        "AGENT_SESSIONS_AGENTS": json.dumps([moody]),
        "PYTHONPATH": str(tmp_path),
        "AGENT_SESSIONS_REPLY_DEADLINE_SECONDS": "1",
    }
    with serving(environment):
        session = said(environment, "slow")
        until_told(environment, session, "timed_out")
        assert transcript(environment, session) == "T  User\n  slow\n  (No reply. The agent did not answer in time.)\n"


def test_the_session_is_told_in_words(server: dict[str, str]) -> None:
    session = said(server)
    shown = run(server, "sessions", "show", session).stdout
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    for line in (
        rf"Session    {session}",
        rf"Agent      Moody \({string_to_uuid('Moody')}\)",
        rf"User       {str_uuid(1)}",
        rf"Began      {moment}",
        rf"Ends       {moment}, in (30:00|29:5\d)",
        r"Timeout    30 min without activity, which renews it; 12 h at most",
        r"Renewals   0",
    ):
        assert re.search(f"^{line}$", shown, re.MULTILINE), f"{line} in\n{shown}"
    assert shown.endswith("\n\nNothing was said yet.\n")


def test_what_is_not_shown_is_told_of(server: dict[str, str]) -> None:
    session = said(server, "one", "two")
    until_told(server, session, "You said:\\ntwo")
    assert transcript(server, session, "--messages", "1") == (
        "... earlier messages with --messages\n\nT  Moody\n  You said:\n  two\n"
    )
    assert transcript(server, session, "--messages", "0") == ""
