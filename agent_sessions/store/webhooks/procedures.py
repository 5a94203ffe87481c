"""What is asked of the database about webhooks."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ...domain.encoding import from_micros, to_micros
from ...domain.webhook import DeadLetter, WebhookBacklog, WebhookClaim, WebhookRound
from ..batch import Upshot
from ..instants import from_micros_or_none
from ..memory.procedures import Ask, Put, listed
from . import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ...domain.webhook import WebhookSettlement
    from ..memory.procedures import Procedure

FARTHEST = 2**62


def webhook_round(
    settled: Sequence[WebhookSettlement], *, wanted: Mapping[str, int], now: datetime, until: datetime
) -> Procedure[Upshot]:
    """Settle, claim, and say when there is more; the answer is a WebhookRound."""
    yield from _settle(settled)
    claims: list[WebhookClaim] = []
    next_due: dict[str, datetime] = {}
    for endpoint in sorted(wanted):
        claims += yield from _claim(endpoint, limit=wanted[endpoint], now=now, until=until)
        rows = yield Ask(statements.NEXT_DUE, {"endpoint": endpoint})
        if rows:
            next_due[endpoint] = from_micros(rows[0][0])
    return Upshot(WebhookRound(tuple(claims), next_due))


def _settle(settled: Iterable[WebhookSettlement]) -> Procedure[None]:
    """Those whose claim still holds; the others are void."""
    ordered = sorted(settled, key=lambda each: each.claim.endpoint)
    for endpoint, group in groupby(ordered, key=lambda each: each.claim.endpoint):
        of_endpoint = list(group)
        session_ids = listed([each.claim.session_id for each in of_endpoint])
        rows = yield Ask(statements.HELD, {"endpoint": endpoint, "session_ids": session_ids})
        held = {(session_id, replay): (last, token) for _, session_id, replay, last, token in rows}
        for each in of_endpoint:
            last, token = held.get((each.claim.session_id, each.claim.replay), (0, None))
            if token == each.claim.token:
                yield from _settle_one(each, finished=each.done_seq >= last)


def _settle_one(settlement: WebhookSettlement, *, finished: bool) -> Procedure[None]:
    key = _key(settlement.claim)
    if settlement.dead is not None:
        yield Ask(statements.BURY, _buried(settlement.dead))
    if finished:
        yield Ask(statements.FINISH, key)
        return
    rest = {"done_seq": settlement.done_seq, "due_at": to_micros(settlement.due_at), "attempts": settlement.attempts}
    yield Ask(statements.PUT_OFF, key | rest)


def _claim(endpoint: str, *, limit: int, now: datetime, until: datetime) -> Procedure[list[WebhookClaim]]:
    if not limit:
        return []
    rows = yield Ask(statements.DUE, {"endpoint": endpoint, "now": to_micros(now), "limit": limit})
    token = uuid4().int >> 65  # 63 bits, which fit a signed number
    claims = [_read_claim(row, endpoint=endpoint, until=until, token=token) for row in rows]
    if claims:
        taken = {"token": token, "until": to_micros(until)}
        yield Put(statements.CLAIM, [_key(claim) | taken for claim in claims])
    return claims


def release_webhooks(now: datetime) -> Procedure[Upshot]:
    """Take every claim for void."""
    yield Ask(statements.RELEASE, {"now": to_micros(now)})
    return Upshot()


def webhook_backlog(endpoint: str) -> Procedure[WebhookBacklog]:
    """What waits for an endpoint."""
    waiting = yield Ask(statements.WAITING, {"endpoint": endpoint})
    dead = yield Ask(statements.DEAD_COUNT, {"endpoint": endpoint})
    return WebhookBacklog(waiting[0][0], from_micros_or_none(waiting[0][1]), dead[0][0])


def dead_letters(endpoint: str, *, after: int, limit: int) -> Procedure[list[DeadLetter]]:
    """What was given up."""
    rows = yield Ask(statements.DEAD, {"endpoint": endpoint, "after": after, "limit": limit})
    return [_read_dead(row) for row in rows]


def replay_dead_letters(
    endpoint: str, *, after: int, up_to: int | None, session_id: str | None, limit: int, now: datetime
) -> Procedure[Upshot]:
    """Put dead letters back into the queue; the answer is their numbers."""
    values: dict[str, Any] = {
        "endpoint": endpoint,
        "after": after,
        "up_to": FARTHEST if up_to is None else up_to,
        "limit": limit,
    }
    if session_id is None:
        rows = yield Ask(statements.DEAD_UP_TO, values)
    else:
        rows = yield Ask(statements.DEAD_UP_TO_IN, values | {"session_id": session_id})
    letters = [_read_dead(row) for row in rows]
    if letters:
        yield Put(statements.REVIVE, [_revived(letter, now=now) for letter in letters])
        yield Put(statements.DELETE_DEAD, [{"number": letter.number} for letter in letters])
    return Upshot([letter.number for letter in letters])


def forget_dead_letters(session_ids: Sequence[str]) -> Procedure[None]:
    """Of sessions that are erased."""
    yield Ask(statements.FORGET_DEAD, {"session_ids": listed(session_ids)})


def _key(claim: WebhookClaim) -> dict[str, Any]:
    return {"endpoint": claim.endpoint, "session_id": claim.session_id, "replay": claim.replay}


def _read_claim(row: Sequence[Any], *, endpoint: str, until: datetime, token: int) -> WebhookClaim:
    return WebhookClaim(
        endpoint=endpoint,
        session_id=row[0],
        replay=row[1],
        done_seq=row[2],
        last_seq=row[3],
        attempts=row[4],
        since=from_micros(row[5]),
        until=until,
        token=token,
    )


def _revived(letter: DeadLetter, *, now: datetime) -> dict[str, Any]:
    return {
        "endpoint": letter.endpoint,
        "session_id": letter.session_id,
        "number": letter.number,
        "done_seq": letter.seq - 1,
        "seq": letter.seq,
        "now": to_micros(now),
    }


def _buried(letter: DeadLetter) -> dict[str, Any]:
    return {
        "endpoint": letter.endpoint,
        "session_id": letter.session_id,
        "seq": letter.seq,
        "kind": letter.kind,
        "at": to_micros(letter.at),
        "given_up_at": to_micros(letter.given_up_at),
        "attempts": letter.attempts,
        "reason": letter.reason,
    }


def _read_dead(row: Sequence[Any]) -> DeadLetter:
    return DeadLetter(
        number=row[0],
        endpoint=row[1],
        session_id=row[2],
        seq=row[3],
        kind=row[4],
        at=from_micros(row[5]),
        given_up_at=from_micros(row[6]),
        attempts=row[7],
        reason=row[8],
    )
