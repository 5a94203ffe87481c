"""What clients send: the rules, coercions and messages of elizaOS's inputs, in its order of checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from ...domain.agent import UUID_SHAPE
from ...domain.timeouts import LONGEST, TimeoutOverrides, Unusable
from ...services.conversation import Draft
from . import javascript
from .bodies import Unstorable, plain
from .errors import cut, invalid, invalid_content, invalid_metadata, invalid_timeouts, invalid_uuid, missing_fields
from .times import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from ...domain.timeouts import TimeoutLimits
    from ..bodies import Body

MAX_CONTENT = 4000
"""UTF-16 units of a message, as on the elizaOS server."""
MAX_METADATA = 10_240
"""UTF-16 units of metadata as compact JSON; elizaOS calls them bytes."""
LONGEST_KEY = 200
"""Characters of an idempotency key; longer ones are kept as their digest."""

TRANSPORTS = {"http": "http", "sse": "sse", "websocket": "websocket", "sync": "http", "stream": "sse"}
"""``transport`` and the older ``mode``: every accepted word, and what it means."""
DEFAULT_TRANSPORT = "websocket"


@dataclass(frozen=True, slots=True)
class Participants:
    """Who a new session is between. Both are shaped like UUIDs, in the case they were given in."""

    agent_id: str
    user_id: str


def members(body: Body) -> dict[str, Any]:
    """The body's members; an array has none that matter."""
    return body if isinstance(body, dict) else {}


def participants(asked: Mapping[str, Any]) -> Participants:
    """Raises Refused: both must be there, then each must look like a UUID."""
    agent_id, user_id = asked.get("agentId"), asked.get("userId")
    if not isinstance(agent_id, str) or not isinstance(user_id, str):
        raise missing_fields()
    for field, given in (("agentId", agent_id), ("userId", user_id)):
        if not UUID_SHAPE.fullmatch(given):
            raise invalid_uuid(field, given)
    return Participants(agent_id, user_id)


def metadata(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metadata, empty where JavaScript would take it for absent. Raises Refused."""
    given = asked.get("metadata")
    if not given and not isinstance(given, list):
        return {}
    if not isinstance(given, dict):
        raise invalid_metadata("Metadata must be an object")
    try:
        kept: dict[str, Any] = plain(given)
    except Unstorable as error:
        raise invalid_metadata(str(error)) from None
    if javascript.json_length(kept, enough=MAX_METADATA) > MAX_METADATA:
        raise invalid_metadata(f"Metadata exceeds maximum size of {MAX_METADATA} bytes")
    return kept


def new_timeouts(asked: Mapping[str, Any]) -> TimeoutOverrides:
    """The wishes for a new session: anything is taken, what is no number leaves the choice to the agent and server."""
    config = asked.get("timeoutConfig")
    if not isinstance(config, dict) or not config:
        return TimeoutOverrides()
    auto_renew = config.get("autoRenew", None)
    return _overrides(config, javascript.truthy(auto_renew) if "autoRenew" in config else None)


def changed_timeouts(config: Mapping[str, Any], limits: TimeoutLimits) -> TimeoutOverrides:
    """The wishes for a running session. Raises Refused for wrong types, then for a timeout beyond the limits."""
    numbers = (config.get(field, 0) for field in ("timeoutMinutes", "maxDurationMinutes", "warningThresholdMinutes"))
    well_formed = all(javascript.type_of(given) in {"number", "string"} for given in numbers)
    auto_renew = config.get("autoRenew")
    if not well_formed or ("autoRenew" in config and not isinstance(auto_renew, bool)):
        raise invalid_timeouts("Invalid timeout configuration format", config)
    if "timeoutMinutes" in config:
        _check_range(config, limits)
    return _overrides(config, auto_renew)


def _check_range(config: Mapping[str, Any], limits: TimeoutLimits) -> None:
    asked = javascript.number(config["timeoutMinutes"])
    low, high = limits.min_timeout / MINUTE, limits.max_timeout / MINUTE
    if not isnan(asked) and not low <= asked <= high:
        raise invalid_timeouts(f"Timeout must be between {low:g} and {high:g} minutes", config)


def _overrides(config: Mapping[str, Any], auto_renew: bool | None) -> TimeoutOverrides:
    return TimeoutOverrides(
        timeout=_minutes(config, "timeoutMinutes"),
        auto_renew=auto_renew,
        max_duration=_minutes(config, "maxDurationMinutes"),
        warning_threshold=_minutes(config, "warningThresholdMinutes"),
    )


def _minutes(config: Mapping[str, Any], field: str) -> timedelta | Unusable | None:
    """A span in minutes, none when the field is absent."""
    if field not in config:
        return None
    asked = javascript.number(config[field])
    if not isfinite(asked):
        return Unusable.VALUE
    longest = LONGEST / MINUTE
    return timedelta(minutes=min(max(asked, -longest), longest))


def transport(asked: Mapping[str, Any]) -> str:
    """How the answer is to come back: http, sse or websocket. Raises Refused."""
    given = asked.get("transport")
    if given is None:
        given = asked.get("mode")
    if given is None:
        return DEFAULT_TRANSPORT
    if not isinstance(given, str):
        kind = javascript.type_of(given)
        raise invalid_content(f'Invalid transport type "{kind}". Transport must be a string.')
    if given not in TRANSPORTS:
        raise invalid_content(f'Invalid transport "{cut(given)}". Must be one of: {", ".join(TRANSPORTS)}')
    return TRANSPORTS[given]


def text(asked: Mapping[str, Any]) -> str:
    """The content: a text, or an object that holds one. Raises Refused."""
    given = asked.get("content")
    if isinstance(given, dict):
        given = given.get("text")
    if not isinstance(given, str):
        raise invalid_content("Invalid message request format")
    return given


def draft(asked: Mapping[str, Any], said: str) -> Draft:
    """What the user says. ``said``: its :func:`text`. Raises Refused.

    (elizaOS looks for the session before it looks at these.)
    """
    if not said:
        raise invalid_content("Content cannot be empty")
    if len(said) > MAX_CONTENT or javascript.length(said) > MAX_CONTENT:
        raise invalid_content(f"Content exceeds maximum length of {MAX_CONTENT} characters")
    kept = metadata(asked)
    return Draft(said, attachments(asked), kept)


def attachments(asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The attachments, those inside an object of content included. Raises Refused unless they are objects."""
    given = asked.get("attachments")
    content = asked.get("content")
    if given is None and isinstance(content, dict):
        given = content.get("attachments")
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid_content("Attachments must be a list of objects")
    try:
        return tuple(plain(one) for one in given)
    except Unstorable as error:
        raise invalid_content(str(error)) from None


def idempotency_key(request: web.Request, fallback: object = None) -> str | None:
    """The ``Idempotency-Key`` header, else ``fallback`` where that is a text; None: every request counts anew."""
    key = request.headers.get("Idempotency-Key") or fallback
    if not key or not isinstance(key, str):
        return None
    return key if len(key) <= LONGEST_KEY else sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def whole(request: web.Request, name: str, *, default: int, low: int, high: int) -> int:
    """A whole number of the query by ``parseInt``, moved inside its limits; ``default`` when it is none."""
    given = javascript.parse_int(request.query.get(name))
    return min(max(default if given is None else given, low), high)


def forgetting(request: web.Request) -> bool | None:
    """Whether ``?memory=`` says to forget or to keep; None when it says nothing. Raises Refused for another word."""
    said = request.query.get("memory")
    if said is not None and said not in ("keep", "forget"):
        raise invalid("memory must be keep or forget", {"memory": said})
    return None if said is None else said == "forget"
