"""How webhooks stand, what they gave up, and trying that again. Not routes of elizaOS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ...domain.encoding import fact_type
from ..middleware import Answer
from ..realtime.events import type_of
from ..webhooks.sending import event_id
from . import schemas
from .errors import invalid
from .times import iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.webhook import DeadLetter
    from ...services.webhooks import WebhookStanding
    from ..bodies import Body
    from .render import Json

DEFAULT_PAGE, MAX_PAGE = 50, 500
FARTHEST = 2**62


async def list_webhooks(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Every endpoint of the settings."""
    standings = await wire.services.webhooks.all()
    return Answer(orjson.dumps({"webhooks": [_standing(each) for each in standings]}))


async def list_dead_letters(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """What was given up, oldest first. ``nextAfter``: the ``after`` of the next page, null when there is none."""
    limit = schemas.whole(request, "limit", default=DEFAULT_PAGE, low=1, high=MAX_PAGE)
    after = schemas.whole(request, "after", default=0, low=0, high=FARTHEST)
    found = await wire.services.webhooks.dead_letters(request.match_info["webhook"], after=after, limit=limit + 1)
    shown = found[:limit]
    next_after = shown[-1].number if len(found) > limit else None
    return Answer(orjson.dumps({"deadLetters": [_letter(each) for each in shown], "nextAfter": next_after}))


async def replay(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Try dead letters again: all, or those after and up to an id, or of one session."""
    asked = body if isinstance(body, dict) else {}
    replayed = await wire.services.webhooks.replay(
        request.match_info["webhook"],
        after=_number(asked, "after") or 0,
        up_to=_number(asked, "upTo"),
        session_id=_session_id(asked),
    )
    return Answer(orjson.dumps({"replayed": replayed}))


def _standing(standing: WebhookStanding) -> Json:
    backlog = standing.backlog
    state = "gone" if standing.gone else "failing" if standing.failures else "ok"
    return {
        "name": standing.name,
        "state": state,
        "failuresInARow": standing.failures,
        "sessionsWaiting": backlog.waiting,
        "waitingSince": iso(backlog.oldest) if backlog.oldest else None,
        "deadLetters": backlog.dead,
    }


def _letter(letter: DeadLetter) -> Json:
    return {
        "id": letter.number,
        "webhookId": event_id(letter.session_id, letter.seq),
        "sessionId": letter.session_id,
        "seq": letter.seq,
        "type": type_of(fact_type(letter.kind)),
        "at": iso(letter.at),
        "givenUpAt": iso(letter.given_up_at),
        "attempts": letter.attempts,
        "reason": letter.reason,
    }


def _number(asked: dict[str, Any], name: str) -> int | None:
    given = asked.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= FARTHEST:
        raise invalid(f"{name} must be the id of a dead letter, a whole number")
    return given


def _session_id(asked: dict[str, Any]) -> str | None:
    given = asked.get("sessionId")
    if given is not None and not isinstance(given, str):
        raise invalid("sessionId must be the id of a session")
    return given


_WEBHOOKS = "/api/messaging/webhooks"

ROUTES: tuple[Route, ...] = (
    Route("GET", _WEBHOOKS, list_webhooks),
    Route("GET", f"{_WEBHOOKS}/{{webhook}}/dead-letters", list_dead_letters),
    Route("POST", f"{_WEBHOOKS}/{{webhook}}/replay", replay),
)
