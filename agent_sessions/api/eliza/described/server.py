"""The server itself: whether it is well, what it runs, what it logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from ...openapi.operation import EpochMs, IsoInstant, JsonObject, OpenlyTold, Operation, Told
from .. import health, logs, server, statistics, system

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler


class Alive(Told):
    status: Literal["ok"]
    timestamp: IsoInstant


class Health(OpenlyTold):
    status: str
    version: str
    timestamp: IsoInstant
    dependencies: dict[str, str]


class Pong(Told):
    pong: Literal[True]
    timestamp: EpochMs


class Greeting(Told):
    message: str


class Status(OpenlyTold):
    status: Literal["ok"]
    agentCount: int
    timestamp: IsoInstant
    uptime: float
    version: str


class KeptIn(Told):
    description: str
    shared: bool = Field(description="Whether several servers use it")


class SessionCounts(Told):
    active: int
    expiringSoon: int
    expired: int


class Written(Told):
    """Rows of logs that this process wrote since it began."""

    rows: int
    messages: int
    replies: int
    repliesMissing: int
    created: int
    renewed: int
    ended: int
    processed: int


class Lateness(Told):
    bounds: list[int] = Field(description="Upper ends of the ranges counted, in milliseconds; the last has none")
    counts: list[int]
    totalMs: float
    p50: float | None
    p99: float | None


class Fired(Told):
    """Deadlines that this process fired since it began."""

    warned: int
    expired: int
    failures: int
    waiting: int
    nextDeadline: IsoInstant | None
    lateness: Lateness


class Statistics(Told):
    timestamp: IsoInstant
    uptime: float = Field(description="Seconds")
    version: str
    store: KeptIn
    sessions: SessionCounts
    log: Written
    clock: Fired


class Stopping(Told):
    success: Literal[True]
    data: Greeting


class Debug(OpenlyTold):
    success: Literal[True]
    data: JsonObject


class Logs(OpenlyTold):
    logs: list[JsonObject]
    count: int
    total: int
    levels: list[str]


class LogsTaken(OpenlyTold):
    received: int


class LogsCleared(OpenlyTold):
    status: Literal["success"]
    message: str


class Version(OpenlyTold):
    version: str
    timestamp: IsoInstant
    uptime: float


class Enveloped(OpenlyTold):
    success: Literal[True]
    data: JsonObject


class ClientLogs(BaseModel):
    logs: list[JsonObject] = []


class Environment(BaseModel):
    content: JsonObject = {}


class LogsQuery(BaseModel):
    level: str | None = None


SERVER: Mapping[RouteHandler, Operation] = {
    health.alive: Operation(summary="Whether the process answers", answer=Alive),
    health.ready: Operation(
        summary="Whether messages can be kept and answered",
        about="503 when no agent runs or the store does not answer, with the same body.",
        answer=Health,
        statuses=(200, 503),
    ),
    health.server_health: Operation(summary="The same for holders of a key", answer=Health, statuses=(200, 503)),
    server.ping: Operation(summary="Answer at once", answer=Pong),
    server.hello: Operation(summary="Greet", answer=Greeting),
    server.status: Operation(summary="What runs here", answer=Status),
    statistics.statistics: Operation(summary="What the server did, and how punctually", answer=Statistics),
    server.stop: Operation(
        summary="Stop the server", about="Where `server.allow_stop` allows it.", answer=Stopping, errors=(403,)
    ),
    server.debug_servers: Operation(summary="Message servers and agents", answer=Debug),
    logs.list_logs: Operation(summary="Read the server's log", query=LogsQuery, answer=Logs),
    logs.take_logs: Operation(
        summary="Pass on what a client logged", body=ClientLogs, body_needed=False, answer=LogsTaken
    ),
    logs.clear_logs: Operation(summary="Clear the log", answer=LogsCleared),
    system.version: Operation(summary="Which version runs", answer=Version),
    system.config: Operation(summary="Whether calls need a key", answer=Enveloped),
    system.get_environment: Operation(
        summary="Read the environment: nothing",
        about="Environments are full of secrets; this one is never shown.",
        answer=Enveloped,
    ),
    system.set_environment: Operation(
        summary="Write the environment: refused", body=Environment, body_needed=False, errors=(403,)
    ),
}
