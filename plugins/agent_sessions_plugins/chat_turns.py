"""A context as the messages of a chat-completions request: who the agent is, what it knows, who said what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_sessions.domain.log import Author

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.log import Message

REMEMBERED = "What you know about the user from earlier conversations:"


def turns_of(context: Context, *, vision: bool) -> list[dict[str, Any]]:
    """The messages: a system prompt, then the history and the message to be answered, each role speaking in turn.

    ``vision``: whether images with a web or data URL are shown to the model; else they are mentioned in the text.
    """
    turns: list[dict[str, Any]] = [{"role": "system", "content": [_text(_system(context))]}]
    for message in (*context.history, context.message):
        role = "assistant" if message.author is Author.AGENT else "user"
        parts = list(_parts(message, vision=vision and role == "user"))
        if turns[-1]["role"] == role:
            turns[-1]["content"] += parts  # some models refuse two turns of one role in a row
        elif parts:
            turns.append({"role": role, "content": parts})
    return [{**turn, "content": _plainest(turn["content"])} for turn in turns]


def _system(context: Context) -> str:
    if not context.memories:
        return context.system
    remembered = "\n".join((REMEMBERED, *(f"- {memory}" for memory in context.memories)))
    return f"{context.system}\n\n{remembered}"


def _parts(message: Message, *, vision: bool) -> Iterable[dict[str, Any]]:
    shown = [attachment for attachment in message.attachments if vision and _is_visible(attachment)]
    mentioned = [_mention(attachment) for attachment in message.attachments if attachment not in shown]
    if text := "\n".join(filter(None, [message.text, *mentioned])):
        yield _text(text)
    for attachment in shown:
        yield {"type": "image_url", "image_url": {"url": attachment["url"]}}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _is_visible(attachment: Mapping[str, Any]) -> bool:
    """An image (elizaOS says ``contentType: "image"``, others a media type) where the model's provider can fetch it."""
    kind = str(attachment.get("contentType") or attachment.get("type") or "")
    return kind.startswith("image") and str(attachment.get("url", "")).startswith(
        ("https://", "http://", "data:image/")
    )


def _mention(attachment: Mapping[str, Any]) -> str:
    name = attachment.get("title") or attachment.get("name") or attachment.get("filename") or "without a name"
    url = str(attachment.get("url") or "")
    where = f" at {url}" if url and not url.startswith("data:") else ""
    return f"[Attachment: {name}{where}]"


def _plainest(parts: Sequence[Mapping[str, Any]]) -> str | Sequence[Mapping[str, Any]]:
    """Text alone as a string, which every endpoint understands."""
    if all(part["type"] == "text" for part in parts):
        return "\n\n".join(part["text"] for part in parts)
    return parts
