"""A context as JSON, for agents on the other side of a wire. Times are ISO 8601 in UTC with milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_sessions.domain.log import Author

if TYPE_CHECKING:
    from datetime import datetime

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.log import Message


def context_form(context: Context) -> dict[str, Any]:
    """The whole context but the character's secrets and settings."""
    session = context.session
    return {
        "session": {
            "id": session.id,
            "channelId": session.channel_id,
            "userId": session.user_id,
            "createdAt": _written(session.created_at),
            "expiresAt": _written(session.expires_at),
            "metadata": dict(session.metadata),
        },
        "agent": {"id": context.character.id, "name": context.character.name},
        "system": context.system,
        "memories": list(context.memories),
        "history": [_message(message) for message in context.history],
        "message": _message(context.message),
        "now": _written(context.now),
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "role": "agent" if message.author is Author.AGENT else "user",
        "text": message.text,
        "attachments": [dict(attachment) for attachment in message.attachments],
        "metadata": dict(message.metadata),
    }


def _written(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
