"""Errors as this wire says them: one table from error classes to status and detail. Clients read some of the words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import orjson
import structlog

from ...domain import errors as domain
from ...services.memories import UnknownCategories
from ..bodies import TooLarge, Unreadable
from ..middleware import Answer, KeyMissing, RateExceeded

logger = structlog.get_logger(__name__)

_ID = re.compile(r"[\w-]{1,64}")


class Refused(Exception):
    """A request that cannot be served, as the client is told. ``detail``: a text, or JSON where clients read it."""

    def __init__(self, status: int, detail: Any, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(detail))
        self.status = status
        self.detail = detail
        self.headers = headers


def invalid(detail: str) -> Refused:
    """A request that breaks a rule."""
    return Refused(422, detail)


def no_endpoint() -> Refused:
    """No route has this path and method."""
    return Refused(404, "Not Found")


def _session_not_found(error: domain.SessionNotFound) -> Refused:
    """Clients take it for a missing user when the detail holds ``User <id> not found``: no odd id is repeated."""
    named = f"{error.session_id} " if _ID.fullmatch(error.session_id) else ""
    return Refused(404, f"Session {named}not found")


def _conflict_not_found(error: domain.ConflictNotFound) -> Refused:
    named = f"{error.conflict_id} " if _ID.fullmatch(error.conflict_id) else ""
    return Refused(404, f"Merge conflict {named}not found")


def _unknown_categories(error: UnknownCategories) -> Refused:
    names = ", ".join(error.names)
    return Refused(400, {"message": f"Invalid categories: {names}", "invalid_categories": list(error.names)})


def _told(status: int) -> Callable[[Exception], Refused]:
    """The error's own message, with this status."""
    return lambda error: Refused(status, str(error))


_Translate: TypeAlias = Callable[[Any], Refused]

TABLE: Mapping[type[Exception], _Translate] = {
    Refused: lambda error: error,
    KeyMissing: lambda _: Refused(401, "Invalid API key or project id"),
    RateExceeded: lambda _: Refused(429, "Too many requests. Please try again in a few moments."),
    TooLarge: _told(413),
    Unreadable: _told(422),
    domain.SessionNotFound: _session_not_found,
    domain.ConflictNotFound: _conflict_not_found,
    domain.NotFound: _told(404),
    domain.WrongSessionState: _told(400),
    domain.AlreadyResolved: _told(400),
    domain.InvalidAnswers: _told(400),
    domain.AlreadyExists: _told(409),
    UnknownCategories: _unknown_categories,
    domain.InvalidInput: _told(422),
    domain.StoreUnavailable: lambda _: Refused(
        503, "The store is unavailable, nothing was written", headers={"Retry-After": "1"}
    ),
}
"""The nearest class of an error's ancestry decides."""


def refusal(error: Exception) -> Refused:
    """What the client is told of this error. One that is not in the table is logged, and told without its text."""
    for ancestor in type(error).__mro__:
        if translate := TABLE.get(ancestor):
            return translate(error)
    logger.error("request_failed", exc_info=error)
    return Refused(500, "Internal server error")


def error_answer(error: Exception) -> Answer:
    """The answer that tells of this error."""
    refused = refusal(error)
    return Answer(orjson.dumps({"detail": refused.detail}), refused.status, refused.headers)
