"""Sessions and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...openapi.operation import EpochMs, IsoInstant, JsonObject, OpenlyTold, Operation, Told, Uuid
from .. import events, messages, schemas, sessions
from ..history import DEFAULT_LIMIT, MAX_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler

Minutes = Annotated[float, Field(description="Moved inside the server's limits")]
Metadata = Annotated[JsonObject, Field(description=f"At most {schemas.MAX_METADATA} characters as compact JSON")]


class Timeouts(Told):
    timeoutMinutes: float
    autoRenew: bool
    maxDurationMinutes: float
    warningThresholdMinutes: float


class NewSession(Told):
    sessionId: Uuid
    channelId: Uuid
    agentId: Uuid
    userId: Uuid
    createdAt: IsoInstant
    metadata: JsonObject
    expiresAt: IsoInstant
    timeoutConfig: Timeouts
    id: Uuid


class SessionInfo(Told):
    sessionId: Uuid
    channelId: Uuid
    agentId: Uuid
    userId: Uuid
    createdAt: IsoInstant
    lastActivity: IsoInstant
    metadata: JsonObject
    expiresAt: IsoInstant
    timeoutConfig: Timeouts
    renewalCount: int
    timeRemaining: int = Field(description="Milliseconds")
    isNearExpiration: bool


class SessionStats(Told):
    totalSessions: int
    activeSessions: int
    expiredSessions: int


class SessionPage(Told):
    sessions: list[SessionInfo]
    total: int
    stats: SessionStats
    nextCursor: str | None = Field(description="`after` of the next page; null on the last one")


class SessionsHealth(Told):
    status: Literal["healthy"]
    activeSessions: int
    timestamp: IsoInstant
    expiringSoon: int
    uptime: float = Field(description="Seconds")


class Deletion(Told):
    success: Literal[True]
    message: str


class Deleted(Deletion):
    data: Deletion


class RawMessage(Told):
    content: str
    attachments: list[JsonObject] | None = None


class UserMessage(Told):
    """A message in the spellings of the newest server and of its client."""

    id: Uuid
    channel_id: Uuid
    message_server_id: Uuid
    author_id: Uuid
    content: str
    created_at: EpochMs
    source_type: str
    raw_message: RawMessage
    metadata: JsonObject
    channelId: Uuid
    messageServerId: Uuid
    authorId: Uuid
    createdAt: IsoInstant
    sourceType: str
    rawMessage: RawMessage


class ReplyContent(OpenlyTold):
    """An agent's reply; it may have further members of the agent's."""

    thought: str
    actions: list[str]
    providers: list[Any]
    text: str
    simple: bool
    responseId: Uuid | None = None
    inReplyTo: Uuid
    attachments: list[JsonObject] | None = None


class SessionStatus(Told):
    expiresAt: IsoInstant
    renewalCount: int
    wasRenewed: bool
    isNearExpiration: bool


class Sending(Told):
    success: Literal[True]
    userMessage: UserMessage
    agentResponse: ReplyContent | None = Field(None, description="Only over the transport `http`")
    sessionStatus: SessionStatus
    id: Uuid
    content: str
    authorId: Uuid
    createdAt: IsoInstant
    metadata: JsonObject


class Sent(Sending):
    data: Sending = Field(description="The same again, where elizaOS's client looks for it")


class HistoryMessage(OpenlyTold):
    id: Uuid
    content: str
    authorId: Uuid
    isAgent: bool
    createdAt: IsoInstant
    metadata: JsonObject
    seq: int = Field(description="Its number in the session's log")


class Cursors(OpenlyTold):
    before: EpochMs
    after: EpochMs


class HistoryPage(OpenlyTold):
    messages: list[HistoryMessage]
    hasMore: bool
    cursors: Cursors | None = None


class Given(BaseModel):
    """A body; members it does not know are passed over."""

    model_config = ConfigDict(extra="ignore")


class AskedTimeouts(Given):
    timeoutMinutes: Minutes = 30
    autoRenew: bool = True
    maxDurationMinutes: Minutes = 720
    warningThresholdMinutes: Minutes = 5


class AskedSession(Given):
    agentId: Uuid
    userId: Uuid
    metadata: Metadata = {}
    timeoutConfig: AskedTimeouts | None = None


class Attachment(BaseModel):
    """Anything; elizaOS's have an `id`, a `url` and a `contentType`."""

    model_config = ConfigDict(extra="allow")


class AskedMessage(Given):
    content: str = Field(min_length=1, max_length=schemas.MAX_CONTENT)
    transport: Literal["http", "sse", "websocket"] = Field(
        "websocket",
        description="How the reply comes: in the answer, as events, or later in the history, on Socket.IO and in the "
        "stream of events",
    )
    attachments: list[Attachment] = []
    metadata: Metadata = {}


class SessionsQuery(BaseModel):
    agentId: Uuid | None = None
    userId: str | None = None
    limit: int = Field(sessions.MAX_PAGE, ge=1, le=sessions.MAX_PAGE)
    after: str | None = Field(None, description="The `nextCursor` of the page before")
    offset: int = Field(0, ge=0, description="Slower than `after` the further in it is")


class DeletionQuery(BaseModel):
    memory: Literal["keep", "forget"] | None = Field(
        None, description="Whether what was said becomes memories or is erased"
    )


class HistoryQuery(BaseModel):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    before: str | None = Field(None, description="Milliseconds since 1970, or ISO text")
    after: str | None = Field(None, description="Milliseconds since 1970, or ISO text")
    afterSeq: str | None = Field(
        None, description="The `seq` of a message, or the `id` of an event, in place of `after`"
    )


class EventsQuery(BaseModel):
    after: str | None = Field(
        None, description="The `id` of the last event the reader has, or `now`; without it, from the beginning"
    )


ONCE = {"Idempotency-Key": "Repeating a request with the same key repeats its answer and nothing else"}

SESSIONS: Mapping[RouteHandler, Operation] = {
    sessions.create_session: Operation(
        summary="Create a session",
        body=AskedSession,
        answer=NewSession,
        statuses=(201,),
        headers=ONCE,
    ),
    sessions.list_sessions: Operation(
        summary="List live sessions, oldest first", query=SessionsQuery, answer=SessionPage
    ),
    sessions.health: Operation(summary="Count live sessions", answer=SessionsHealth),
    sessions.get_session: Operation(summary="Get a session", answer=SessionInfo, errors=(410,)),
    events.follow_session: Operation(
        summary="Follow a session",
        about="What happened since the reader's last event, then what happens, each event once.",
        query=EventsQuery,
        headers={"Last-Event-ID": "The same as `after`, as browsers send it by themselves; it counts for more"},
        errors=(410,),
        streams="Events with an `id` to come back with, of the types that docs/reference/events.md lists.",
    ),
    sessions.renew_session: Operation(
        summary="Renew a session", about="Whatever its `autoRenew` says.", answer=SessionInfo, errors=(410,)
    ),
    sessions.heartbeat: Operation(
        summary="Record activity", about="Renews the session if it has `autoRenew`.", answer=SessionInfo, errors=(410,)
    ),
    sessions.change_timeout: Operation(
        summary="Change a session's timeouts",
        about="Those that are not named stay as they are.",
        body=AskedTimeouts,
        body_needed=False,
        answer=SessionInfo,
        errors=(410,),
    ),
    sessions.delete_session: Operation(summary="End a session", query=DeletionQuery, answer=Deleted, errors=(410,)),
}

MESSAGES: Mapping[RouteHandler, Operation] = {
    messages.post_message: Operation(
        summary="Say something to the agent",
        about="Messages of a session are answered one after another. The answer comes as `transport` says.",
        body=AskedMessage,
        answer=Sent,
        statuses=(200, 201),
        headers=ONCE,
        errors=(410, 502, 504),
        streams="`user_message`, then `chunk`s of the reply as it is made, then one `done` or `error`.",
    ),
    messages.list_messages: Operation(
        summary="Read what was said, newest first", query=HistoryQuery, answer=HistoryPage, errors=(410,)
    ),
}
