"""Every fact has a name on the wire, and what it tells can be read by any client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import orjson
import pytest

from agent_sessions.api.realtime.events import LAST, TYPES, told, told_chunk
from agent_sessions.domain import log
from agent_sessions.domain.log import Author, LogEntry, Message, Renewal
from agent_sessions.domain.timeouts import TimeoutConfig
from agent_sessions.ports import ReplyChunk

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENDS = NOON + timedelta(minutes=5)
CONFIG = TimeoutConfig(
    timeout=timedelta(minutes=30),
    auto_renew=True,
    max_duration=timedelta(hours=12),
    warning_threshold=timedelta(seconds=90),
)
TIMEOUTS = {"timeoutMinutes": 30, "autoRenew": True, "maxDurationMinutes": 720, "warningThresholdMinutes": 1.5}
SOON = "2026-03-02T12:05:00.000Z"
SAID = Message(id="m1", author=Author.USER, author_id="u1", text="Hi", metadata={"a": 1}, renewal=Renewal(ENDS, 3))
REPLY = Message(
    id="m2",
    author=Author.AGENT,
    author_id="a1",
    text="Ho",
    thought="hm",
    actions=("REPLY",),
    attachments=({"url": "x"},),
    in_reply_to="m1",
)

EVENTS: list[tuple[log.Fact, str, dict[str, Any]]] = [
    (log.Created(ENDS, CONFIG), "session.created", {"expiresAt": SOON, "timeoutConfig": TIMEOUTS}),
    (log.Renewed(Renewal(ENDS, 2)), "session.renewed", {"expiresAt": SOON, "renewalCount": 2}),
    (log.Reconfigured(ENDS, CONFIG), "session.reconfigured", {"expiresAt": SOON, "timeoutConfig": TIMEOUTS}),
    (log.Warned(ENDS, 12), "session.warned", {"expiresAt": SOON, "minutesRemaining": 5, "lateMs": 12}),
    (log.Expired(ENDS, 3), "session.expired", {"expiredAt": SOON, "lateMs": 3}),
    (log.Ended(), "session.ended", {}),
    (
        SAID,
        "message",
        {
            "message": {
                "id": "m1",
                "content": "Hi",
                "authorId": "u1",
                "isAgent": False,
                "createdAt": "2026-03-02T12:00:00.000Z",
                "metadata": {"a": 1},
            },
            "renewal": {"expiresAt": SOON, "renewalCount": 3},
        },
    ),
    (
        REPLY,
        "message",
        {
            "message": {
                "id": "m2",
                "content": "Ho",
                "authorId": "a1",
                "isAgent": True,
                "createdAt": "2026-03-02T12:00:00.000Z",
                "metadata": {},
                "inReplyTo": "m1",
                "thought": "hm",
                "actions": ["REPLY"],
                "attachments": [{"url": "x"}],
            }
        },
    ),
    (
        log.ReplyMissing("m1", log.Silence.TIMED_OUT, "Too slow"),
        "reply.missing",
        {"inReplyTo": "m1", "reason": "timed_out", "explanation": "Too slow"},
    ),
    (log.ProcessingBegun(7), "memory.processing", {"upTo": 7}),
    (log.Processed(7, 1, 2, 3), "memory.processed", {"upTo": 7, "created": 1, "versions": 2, "conflicts": 3}),
    (log.Erased(("m1", "m2")), "message.erased", {"messageIds": ["m1", "m2"]}),
    (log.ProcessingFailed(7, "No"), "memory.failed", {"upTo": 7, "explanation": "No"}),
]


@pytest.mark.parametrize(("fact", "kind", "members"), EVENTS, ids=lambda given: given if isinstance(given, str) else "")
def test_a_row_is_told_by_its_type_and_members(fact: log.Fact, kind: str, members: dict[str, Any]) -> None:
    entry = LogEntry("s1", 4, NOON, fact)
    head = {"type": kind, "sessionId": "s1", "seq": 4, "at": "2026-03-02T12:00:00.000Z"}
    assert told(entry) == (kind, head | members)
    assert orjson.loads(orjson.dumps(told(entry)[1])) == head | members


def test_every_fact_there_is_has_a_type_of_its_own() -> None:
    assert {type(fact) for fact, _, _ in EVENTS} == set(get_args(log.Fact))
    assert {kind for _, kind, _ in EVENTS} | {"reply.chunk"} == set(TYPES) > LAST


@pytest.mark.parametrize(("left", "minutes"), [(300.0, 5), (299.9, 5), (240.0, 4), (0.5, 1), (0.0, 0), (-3.0, 0)])
def test_minutes_remaining_are_rounded_up(left: float, minutes: int) -> None:
    entry = LogEntry("s1", 4, NOON, log.Warned(NOON + timedelta(seconds=left), 0))
    assert told(entry)[1]["minutesRemaining"] == minutes


def test_a_piece_of_a_reply_is_told_with_its_index() -> None:
    chunk = ReplyChunk("s1", "m2", "a1", 0, "Ho", "m1")
    members = {
        "sessionId": "s1",
        "messageId": "m2",
        "inReplyTo": "m1",
        "agentId": "a1",
        "index": 0,
        "text": "Ho",
        "chunk": "Ho",
    }
    assert told_chunk(chunk) == ("reply.chunk", {"type": "reply.chunk", **members})
