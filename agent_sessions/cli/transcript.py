"""A session's conversation as it is read in the terminal: who said what when, and why something got no reply."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .client import Client, Refused
from .times import moment

UNEXPLAINED = "No reply."
UNFINISHED = "No reply yet."
IN_THE_MAKING = "No reply yet: it is being made."
IN_LINE = "No reply yet: earlier messages are answered first."
CHOSEN = "No reply. The agent chose not to answer."

LONGEST_QUOTE = 40
"""Characters of a message that tell it from others."""


async def silences(
    client: Client, session: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], *, pending: Sequence[str]
) -> Mapping[str, str]:
    """Why messages have no reply among these, by their ids. ``pending``: ids of those to be answered yet, in order."""
    answered = {message["metadata"].get("inReplyTo") for message in messages if message["isAgent"]}
    told: dict[str, str] = {}
    for message_id in (message["id"] for message in messages if not message["isAgent"]):
        if message_id in pending:
            told[message_id] = IN_THE_MAKING if message_id == pending[0] else IN_LINE
        elif message_id not in answered:
            told[message_id] = await _silence(client, session, message_id)
    return told


def entries(
    messages: Sequence[Mapping[str, Any]], missing: Mapping[str, str], *, names: Mapping[str, str]
) -> Iterator[str]:
    """Each message, oldest first. ``missing``: why there is no reply, ``names``: of agents, both by id."""
    said = {message["id"]: message["content"] for message in messages}
    before = None
    for message in messages:
        parts = [message["content"], _attached(message), f"({why})" if (why := missing.get(message["id"])) else ""]
        text = textwrap.indent("\n".join(part for part in parts if part), "  ")
        yield f"{moment(message['createdAt'])}  {_who(message, names)}{_to(message, said, before=before)}\n{text}"
        before = message["id"]


def _who(message: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return names.get(message["authorId"], "Agent") if message["isAgent"] else "User"


def _to(message: Mapping[str, Any], said: Mapping[str, str], *, before: str | None) -> str:
    """What a reply answers, unless that stands right ``before`` it."""
    answered = message["metadata"].get("inReplyTo")
    if not message["isAgent"] or answered == before or not said.get(answered):
        return ""
    return f", to “{textwrap.shorten(said[answered], LONGEST_QUOTE, placeholder=' …')}”"


async def _silence(client: Client, session: Mapping[str, Any], message_id: str) -> str:
    """What became of one message; without a reason where the server knows none (any more)."""
    try:
        run = await client.run(session["agentId"], message_id, room=session["channelId"])
    except Refused as refused:
        if refused.status != 404:
            raise
        return UNEXPLAINED
    end = next((event["data"] for event in run["events"] if event["type"] == "RUN_ENDED"), None)
    if end is None or "replyId" in end:
        return UNFINISHED  # when the messages were read
    return f"{UNEXPLAINED} {end['error'].rstrip('.')}." if "error" in end else CHOSEN


def _attached(message: Mapping[str, Any]) -> str:
    attachments = message["metadata"].get("attachments")
    if not isinstance(attachments, list) or not attachments:
        return ""
    return f"({len(attachments)} {'attachment' if len(attachments) == 1 else 'attachments'})"
