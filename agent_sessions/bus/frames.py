"""What travels between processes: many events in one message.

A frame is a line of JSON about the sender, then a line for each event: its session's id, a tab, the event, both JSON.
So a receiver finds out whom an event concerns without reading the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ..domain.encoding import fact_from_plain, fact_to_plain, from_micros, kind_of, to_micros
from ..domain.log import LogEntry
from ..ports import AgentChanged, ChannelChanged, ReplyChunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..ports import Event

CHUNK = "chunk"
"""The kind of events that are pieces of a reply being made."""
CHANNEL = "channel"
"""The kind of events that tell of a channel."""
AGENT = "agent"
"""The kind of events that tell of an agent; all others are kinds of facts."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Events in the order of their publishing.

    ``sender``: a process; ``number``: its frames count from 1; ``lossy``: it dropped events before these.
    ``lines``: the events as written by :func:`encode`.
    """

    sender: str
    number: int
    lossy: bool
    lines: Sequence[bytes]

    def to_bytes(self) -> bytes:
        """The frame as it travels."""
        head = orjson.dumps({"from": self.sender, "n": self.number, "lossy": self.lossy})
        return b"\n".join((head, *self.lines))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Frame:
        """The frame that was sent so. Raises ValueError or KeyError for anything else."""
        head, *lines = raw.split(b"\n")
        about = orjson.loads(head)
        return cls(about["from"], about["n"], about["lossy"], lines)

    def sessions(self) -> Iterator[tuple[str, bytes]]:
        """Of each event its session's id, and the event for :func:`decode`."""
        for line in self.lines:
            session_id, _, event = line.partition(b"\t")
            yield orjson.loads(session_id), event


def encode(event: Event) -> bytes:
    """One event's line. Raises TypeError for metadata that JSON cannot say."""
    return orjson.dumps(event.session_id) + b"\t" + orjson.dumps(_to_plain(event))


def decode(session_id: str, line: bytes) -> Event:
    """The event again. Raises ValueError for a kind that only a newer version knows."""
    plain = orjson.loads(line)
    kind = plain["kind"]
    if kind == CHUNK:
        members = (plain["message_id"], plain["agent_id"], plain["index"], plain["text"], plain.get("in_reply_to", ""))
        return ReplyChunk(session_id, *members)
    if kind == CHANNEL:
        return ChannelChanged(plain["channel_id"], session_id, plain["change"], plain["details"])
    if kind == AGENT:
        return AgentChanged(plain["agent_id"], plain["gone"])
    return LogEntry(session_id, plain["seq"], from_micros(plain["at"]), fact_from_plain(kind, plain["fact"]))


def _to_plain(event: Event) -> dict[str, Any]:
    if isinstance(event, ReplyChunk):
        return {
            "kind": CHUNK,
            "message_id": event.message_id,
            "agent_id": event.agent_id,
            "index": event.index,
            "text": event.text,
            "in_reply_to": event.in_reply_to,
        }
    if isinstance(event, ChannelChanged):
        return {
            "kind": CHANNEL,
            "channel_id": event.channel_id,
            "change": event.change,
            "details": event.details,
        }
    if isinstance(event, AgentChanged):
        return {"kind": AGENT, "agent_id": event.agent_id, "gone": event.gone}
    return {"kind": kind_of(event.fact), "seq": event.seq, "at": to_micros(event.at), "fact": fact_to_plain(event.fact)}
