"""Speech: this server neither hears nor speaks, and says so; sound files are taken as uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .agents import agent_in_path
from .errors import ErrorStyle, Refused
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ..bodies import Body

_NO_SPEECH = (
    "This server neither transcribes nor synthesizes speech: do so in the client or with a service for it, and send "
    "the text; a sound file can be shared in a channel (POST /api/messaging/channels/:id/upload-media)"
)


async def refuse(wire: Wire, request: web.Request, _body: Body) -> NoReturn:
    """Explain."""
    agent_in_path(wire, request)
    raise Refused(501, "SPEECH_NOT_SUPPORTED", message=_NO_SPEECH)


_AGENT = "/api/audio/{agent_id}"

ROUTES: tuple[Route, ...] = tuple(
    Route("POST", f"{_AGENT}/{what}", refuse, ErrorStyle.ENVELOPE)
    for what in (
        "audio-messages",
        "audio-messages/synthesize",
        "transcriptions",
        "speech",
        "speech/generate",
        "speech/conversation",
    )
)
