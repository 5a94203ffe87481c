"""Webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from ...openapi.operation import IsoInstant, Operation, Told
from .. import webhooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler


class Webhook(Told):
    name: str
    state: Literal["ok", "failing", "gone"]
    failuresInARow: int
    sessionsWaiting: int
    waitingSince: IsoInstant | None
    deadLetters: int


class Webhooks(Told):
    webhooks: list[Webhook]


class DeadLetter(Told):
    id: int
    webhookId: str
    sessionId: str
    seq: int
    type: str
    at: IsoInstant
    givenUpAt: IsoInstant
    attempts: int
    reason: str


class DeadLetters(Told):
    deadLetters: list[DeadLetter]
    nextAfter: int | None


class DeadLettersQuery(BaseModel):
    after: int = Field(0, ge=0, le=webhooks.FARTHEST)
    limit: int = Field(webhooks.DEFAULT_PAGE, ge=1, le=webhooks.MAX_PAGE)


class AskedReplay(BaseModel):
    after: int | None = Field(None, ge=0, le=webhooks.FARTHEST, description="Those with greater ids")
    upTo: int | None = Field(None, ge=0, le=webhooks.FARTHEST, description="Those with ids up to this")
    sessionId: str | None = Field(None, description="Those of this session")


class Replayed(Told):
    replayed: int


WEBHOOKS: Mapping[RouteHandler, Operation] = {
    webhooks.list_webhooks: Operation(summary="How each webhook stands", answer=Webhooks),
    webhooks.list_dead_letters: Operation(
        summary="List events that were given up", query=DeadLettersQuery, answer=DeadLetters, errors=(404,)
    ),
    webhooks.replay: Operation(
        summary="Try events that were given up again",
        body=AskedReplay,
        body_needed=False,
        answer=Replayed,
        errors=(404,),
    ),
}
