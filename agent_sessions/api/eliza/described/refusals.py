"""The forms in which this wire says no. Which one differs between routes, as on the elizaOS server.

Each route's own form is joined by that of elizaOS's body parser and rate limit (the envelope) and of its key check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, RootModel

from ...openapi.operation import IsoInstant, Told
from ..errors import ErrorStyle

if TYPE_CHECKING:
    from collections.abc import Mapping


class Problem(Told):
    code: str | int
    message: str
    details: Any = None


class DatedProblem(Problem):
    timestamp: IsoInstant


class NestedRefusal(Told):
    error: DatedProblem


class EnvelopedRefusal(Told):
    success: Literal[False]
    error: Problem


class TextRefusal(Told):
    success: Literal[False]
    error: str


class KeyRefusal(Told):
    error: str
    message: str


class SessionsRefusal(RootModel[NestedRefusal | EnvelopedRefusal | KeyRefusal]):
    """Why a request of the sessions routes was refused."""


class EnvelopeRefusal(RootModel[EnvelopedRefusal | KeyRefusal]):
    """Why a request of the agents, server and system routes was refused."""


class PlainRefusal(RootModel[TextRefusal | EnvelopedRefusal | KeyRefusal]):
    """Why a request of the jobs and messaging routes was refused."""


OF_STYLE: Mapping[ErrorStyle, type[BaseModel]] = {
    ErrorStyle.NESTED: SessionsRefusal,
    ErrorStyle.ENVELOPE: EnvelopeRefusal,
    ErrorStyle.TEXT: PlainRefusal,
}
