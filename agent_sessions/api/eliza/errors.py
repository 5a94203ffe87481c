"""Errors as this wire says them: one table from error classes to status, code and message, and three forms of body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from math import ceil
from typing import Any, TypeAlias

import orjson
import structlog

from ...domain import errors as domain
from ..bodies import TooLarge, Unreadable
from ..middleware import Answer, KeyMissing, RateExceeded
from .times import iso

logger = structlog.get_logger(__name__)

LONGEST_ECHO = 200
"""Characters of a caller's own value that an error repeats at most."""


class ErrorStyle(Enum):
    """The form of error bodies, which differs between elizaOS's routes."""

    NESTED = "nested"
    """Sessions: ``{error: {code, message, timestamp, details?}}``."""
    ENVELOPE = "envelope"
    """Agents, system: ``{success: false, error: {code, message, details?}}``."""
    TEXT = "text"
    """Jobs, message servers: ``{success: false, error: "message"}``."""


class Refused(Exception):
    """A request that cannot be served, as it is told to the client. ``body``: instead of the route's own form."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        message: str,
        details: Any = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers
        self.body = body


def invalid(message: str, details: Any = None) -> Refused:
    """Bad input."""
    return Refused(400, "VALIDATION_ERROR", message=message, details=details)


def missing_fields() -> Refused:
    """A new session needs its agent and its user; both are named whichever is missing."""
    return invalid("Missing required fields: agentId, userId", {"missingFields": ["agentId", "userId"]})


def invalid_uuid(field: str, given: str) -> Refused:
    """Not the shape of a UUID."""
    details = {"providedValue": cut(given), "expectedFormat": "UUID v4"}
    return invalid(f"Invalid UUID format for field '{field}'", details)


def invalid_content(reason: str) -> Refused:
    """A message that cannot be taken."""
    return invalid(f"Invalid content: {reason}", {"reason": reason})


def invalid_metadata(reason: str) -> Refused:
    """Metadata that cannot be kept. What was given is not repeated."""
    return invalid(f"Invalid metadata: {reason}", {"reason": reason})


def invalid_pagination(parameter: str, given: str, *, reason: str) -> Refused:
    """A cursor that is no time."""
    details = {"parameter": parameter, "value": cut(given), "reason": reason}
    return invalid(f"Invalid pagination parameter '{parameter}': {reason}", details)


def invalid_timeouts(reason: str, given: Any) -> Refused:
    """A timeout configuration that is refused; it is repeated when it is short."""
    details: dict[str, Any] = {"reason": reason}
    try:
        if len(orjson.dumps(given)) <= LONGEST_ECHO:
            details["providedConfig"] = given
    except orjson.JSONEncodeError:
        pass  # nested deeper than can be written: not short
    return invalid(f"Invalid timeout configuration: {reason}", details)


NO_ENDPOINT = {"success": False, "error": {"message": "API endpoint not found", "code": 404}}


def no_endpoint() -> Refused:
    """No route has this path and method."""
    return Refused(404, "404", message="API endpoint not found", body=NO_ENDPOINT)


def cut(text: str) -> str:
    """The caller's own text, short enough to be repeated."""
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"


def _session_not_found(error: domain.SessionNotFound) -> Refused:
    return Refused(404, error.code, message=f"Session with ID '{cut(error.session_id)}' not found")


def _session_expired(error: domain.SessionExpired) -> Refused:
    message = f"Session '{cut(error.session_id)}' expired at {iso(error.expired_at)}"
    return Refused(410, error.code, message=message)


def _session_busy(error: domain.SessionBusy) -> Refused:
    seconds = max(ceil(error.retry_after / timedelta(seconds=1)), 1)
    details = {"limit": error.limit, "retryAfter": seconds}
    headers = {"Retry-After": str(seconds)}
    return Refused(429, error.code, message=str(error), details=details, headers=headers)


def _invalid_input(error: domain.InvalidInput) -> Refused:
    details = {"field": error.field, "reason": error.rule}
    return invalid(f"Invalid value for '{error.field}': {error.rule}", details)


def _key_missing(_error: KeyMissing) -> Refused:
    body = {"error": "API key required", "message": "Missing or invalid X-API-KEY header"}
    return Refused(401, "UNAUTHORIZED", message="API key required", body=body)


def _rate_exceeded(_error: RateExceeded) -> Refused:
    message = "Too many requests. Please try again later."
    body = {"success": False, "error": {"code": "RATE_LIMIT_EXCEEDED", "message": message}}
    return Refused(429, "RATE_LIMIT_EXCEEDED", message=message, body=body)


def _unreadable(error: Unreadable) -> Refused:
    """In the form of elizaOS's body parser."""
    body = {"success": False, "error": {"code": error.code, "message": str(error)}}
    return Refused(413 if isinstance(error, TooLarge) else 400, error.code, message=str(error), body=body)


def _told(status: int) -> Callable[[domain.AgentSessionsError], Refused]:
    """The error's own code and message, with this status."""
    return lambda error: Refused(status, error.code, message=cut(str(error)))


_Translate: TypeAlias = Callable[[Any], Refused]

TABLE: Mapping[type[Exception], _Translate] = {
    Refused: lambda error: error,
    Unreadable: _unreadable,
    KeyMissing: _key_missing,
    RateExceeded: _rate_exceeded,
    domain.SessionNotFound: _session_not_found,
    domain.SessionExpired: _session_expired,
    domain.SessionBusy: _session_busy,
    domain.NotFound: _told(404),
    domain.InvalidInput: _invalid_input,
    domain.AlreadyExists: _told(409),
    domain.AgentTimedOut: _told(504),
    domain.AgentFailed: _told(502),
    domain.ConfigError: _told(400),
    domain.StoreUnavailable: lambda error: Refused(
        503, error.code, message="The store is unavailable, nothing was written", headers={"Retry-After": "1"}
    ),
}
"""The nearest class of an error's ancestry decides."""


def refusal(error: Exception) -> Refused:
    """What the client is told of this error. One that is not in the table is logged, and told without its text."""
    for ancestor in type(error).__mro__:
        if translate := TABLE.get(ancestor):
            return translate(error)
    logger.error("request_failed", exc_info=error)
    return Refused(500, "INTERNAL_SERVER_ERROR", message="An unexpected error occurred")


def error_answer(error: Exception, style: ErrorStyle, *, now: datetime) -> Answer:
    """The answer that tells of this error."""
    refused = refusal(error)
    body = refused.body or _BODIES[style](refused, now)
    return Answer(orjson.dumps(body), refused.status, refused.headers)


def _nested(refused: Refused, now: datetime) -> dict[str, Any]:
    error = {"code": refused.code, "message": refused.message, "timestamp": iso(now)}
    return {"error": error if refused.details is None else {**error, "details": refused.details}}


def _envelope(refused: Refused, _now: datetime) -> dict[str, Any]:
    error = {"code": refused.code, "message": refused.message}
    if refused.details is not None:
        error["details"] = refused.details
    return {"success": False, "error": error}


def _text(refused: Refused, _now: datetime) -> dict[str, Any]:
    return {"success": False, "error": refused.message}


_BODIES: Mapping[ErrorStyle, Callable[[Refused, datetime], dict[str, Any]]] = {
    ErrorStyle.NESTED: _nested,
    ErrorStyle.ENVELOPE: _envelope,
    ErrorStyle.TEXT: _text,
}
