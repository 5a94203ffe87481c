"""What requests may hold: their bodies and queries, with types, ranges and defaults."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...domain.context_request import ContextRequest, Strategy
from ...domain.memory import Role
from ...domain.recollection import ConflictAnswer, ConflictStatus
from ...domain.session import MemoryStatus
from ..bodies import is_storable
from .errors import invalid
from .values import LEAST_QUIET, MOST_QUIET, Filter, Instant, Metadata, Offset, UserId, Zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from ..bodies import Body

SECOND = timedelta(seconds=1)


class Schema(BaseModel):
    """Further members are ignored, as clients expect."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)


class BodySchema(Schema):
    """A body: members have the JSON types they should."""

    model_config = ConfigDict(strict=True)


S = TypeVar("S", bound=Schema)


def in_body(schema: type[S], body: Body) -> S:
    """The body as this schema has it. Raises Refused (422)."""
    return _checked(schema, body)


def in_query(schema: type[S], request: web.Request) -> S:
    """The query as this schema has it, lists by ``name`` as well as ``name[]``. Raises Refused (422)."""
    query = request.query
    for name, value in query.items():
        if not is_storable(value):
            raise invalid(f"{name}: must not hold a NUL")
    given: dict[str, Any] = {}
    for name, field in schema.model_fields.items():
        found = [*query.getall(name, ()), *query.getall(f"{name}[]", ())]
        if get_origin(field.annotation) is list:
            given[name] = found
        elif found:
            given[name] = found[-1]
    return _checked(schema, given)


def _checked(schema: type[S], given: Any) -> S:
    try:
        return schema.model_validate(given)
    except ValidationError as error:
        raise invalid("; ".join(_reasons(error))) from None


def _reasons(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in each["loc"]) or "body"
        yield f"{where}: {each['msg'].removeprefix('Value error, ')}"


# --------------------------------------------------------------------------------------------------------------- bodies


class NewUser(BodySchema):
    custom_user_id: UserId
    metadata: Metadata | None = None
    merge_conflict_enabled: bool | None = None


class UserUpdate(BodySchema):
    """What is absent, or null, stays as it is."""

    new_metadata: Metadata | None = None
    new_custom_user_id: UserId | None = None
    merge_conflict_enabled: bool | None = None


class NewSession(BodySchema):
    auto_process_after_seconds: int = Field(600, ge=LEAST_QUIET // SECOND, le=MOST_QUIET // SECOND)
    metadata: Metadata | None = None
    custom_created_at_utc: Instant | None = None


class SessionUpdate(BodySchema):
    """What is absent, or null, stays as it is."""

    new_metadata: Metadata | None = None


class NewMessage(BodySchema):
    message: str
    role: Annotated[Role, Field(strict=False)]


class Answer(BodySchema):
    question: str
    answer: str
    message: str | None = None


class Answers(BodySchema):
    question_answers: list[Answer]

    def told(self) -> list[ConflictAnswer]:
        return [ConflictAnswer(each.question, each.answer, each.message) for each in self.question_answers]


class WrappedAnswers(BodySchema):
    """As clients send them; :class:`Answers` alone is the form that was documented first."""

    answers: Answers


def answers_in(body: Body) -> list[ConflictAnswer]:
    """The answers, wrapped or not. Raises Refused (422)."""
    if isinstance(body, dict) and "answers" in body:
        return in_body(WrappedAnswers, body).answers.told()
    return in_body(Answers, body).told()


# -------------------------------------------------------------------------------------------------------------- queries


class UserList(Schema):
    offset: Offset = 0
    limit: int = Field(10, ge=1, le=100)
    metadata_filter: Filter | None = None
    partial_user_id: str | None = None


class LastMessages(Schema):
    limit: int = Field(10, ge=1, le=100)


class SessionList(Schema):
    offset: Offset = 0
    limit: int = Field(10, ge=1, le=100)
    metadata_filter: Filter | None = None
    status_filter: list[MemoryStatus | Literal["insufficient_balance"]] = []

    def statuses(self) -> list[MemoryStatus] | None:
        """The statuses asked for, none for all; None when only such are asked for that no session here ever has."""
        ours = [status for status in self.status_filter if isinstance(status, MemoryStatus)]
        return ours if ours or not self.status_filter else None


class MessageList(Schema):
    offset: Offset = 0
    limit: int = Field(50, ge=1, le=500)


class MemoryList(Schema):
    offset: Offset = 0
    limit: int = Field(20, ge=1, le=200)
    categories: list[str] = []
    session_id_filter: list[str] = []
    session_metadata_filter: Filter | None = None
    include_previous_versions: bool = True
    include_connected_memories: bool = True


class MemoryLook(Schema):
    include_previous_versions: bool = True
    include_connected_memories: bool = True


class MemoryRemoval(Schema):
    delete_previous_versions: bool = False


class ConflictList(Schema):
    offset: Offset = 0
    limit: int = Field(10, ge=1, le=100)
    status: ConflictStatus | None = None
    sort_by: Literal["created_at", "resolved_at"] = "created_at"
    sort_order: Literal["asc", "desc"] = "desc"


class PromptAsked(Schema):
    recall_strategy: Strategy = Strategy.BALANCED


class ContextAsked(Schema):
    recall_strategy: Strategy = Strategy.BALANCED
    min_top_k: int = Field(15, ge=5, le=50)
    max_top_k: int = Field(50, ge=10, le=100)
    memories_threshold: float = Field(0.6, ge=0.2, le=0.8)
    summaries_threshold: float = Field(0.5, ge=0.2, le=0.8)
    last_n_messages: int | None = Field(None, ge=1, le=100)
    last_n_summaries: int | None = Field(None, ge=1, le=20)
    timezone: Zone | None = None
    include_system_prompt: bool = True
    include_metadata_ids: bool = False
    stream: bool = False

    def told(self) -> ContextRequest:
        """As the services take it."""
        zone = {} if self.timezone is None else {"zone": self.timezone}
        return ContextRequest(
            strategy=self.recall_strategy,
            min_top_k=self.min_top_k,
            max_top_k=max(self.min_top_k, self.max_top_k),
            memories_threshold=self.memories_threshold,
            summaries_threshold=self.summaries_threshold,
            last_messages=self.last_n_messages,
            last_summaries=self.last_n_summaries,
            system_prompt=self.include_system_prompt,
            metadata_ids=self.include_metadata_ids,
            **zone,
        )
