"""The runs of an agent: each message it was to answer, from when it was said to what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.errors import ChannelNotFound, MessageNotFound
from ...domain.log import Message, ReplyMissing
from . import schemas
from .agents import agent_in_path
from .envelope import enveloped, not_found, uuid_in_path
from .errors import ErrorStyle
from .times import epoch_ms
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...services.agent_rooms import Run
    from ..bodies import Body
    from ..middleware import Answer
    from .render import Json

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
FARTHEST = 2**62


async def list_runs(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """An agent's runs, newest first: of a room, with a status, begun between two times, where named."""
    agent_id = agent_in_path(wire, request).id
    limit = schemas.whole(request, "limit", default=DEFAULT_LIMIT, low=1, high=MAX_LIMIT)
    start = schemas.whole(request, "from", default=0, low=0, high=FARTHEST)
    end = schemas.whole(request, "to", default=FARTHEST, low=0, high=FARTHEST)
    status = request.query.get("status") or "all"
    runs = [
        run
        for run in await wire.services.agent_rooms.runs(agent_id, room=request.query.get("roomId") or None)
        if status in ("all", run.status) and start <= epoch_ms(run.begun.at) <= end
    ]
    told = {"runs": [_summary(run) for run in runs[:limit]], "total": len(runs), "hasMore": len(runs) > limit}
    return enveloped(told)


async def get_run(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One run, by the id of the message it answers."""
    agent_id = agent_in_path(wire, request).id
    run_id = uuid_in_path(request, "run_id", of="run")
    try:
        channels = wire.services.channels
        room = request.query.get("roomId") or (await channels.message(run_id, participant=agent_id))[0].id
        runs = await wire.services.agent_rooms.runs(agent_id, room=room)
    except (MessageNotFound, ChannelNotFound):
        raise not_found("Run") from None
    for run in runs:
        if run.id == run_id:
            return enveloped({"summary": _summary(run), "events": _events(run)})
    raise not_found("Run")


def _summary(run: Run) -> Json:
    assert isinstance(run.begun.fact, Message)
    started = epoch_ms(run.begun.at)
    ended = None if run.ended is None else epoch_ms(run.ended.at)
    return {
        "runId": run.id,
        "status": run.status,
        "startedAt": started,
        "endedAt": ended,
        "durationMs": None if ended is None else ended - started,
        "messageId": run.id,
        "roomId": run.room.id,
        "entityId": run.begun.fact.author_id,
        "counts": {
            "actions": len(run.ended.fact.actions) if run.ended and isinstance(run.ended.fact, Message) else 0,
            "modelCalls": 0,
            "errors": int(run.status in ("error", "timeout")),
            "evaluators": 0,
        },
        "metadata": {"agentId": run.agent_id},
    }


def _events(run: Run) -> list[Json]:
    told: Json = {"runId": run.id, "messageId": run.id, "roomId": run.room.id}
    events = [{"type": "RUN_STARTED", "timestamp": epoch_ms(run.begun.at), "data": told}]
    if run.ended is not None:
        end: Json = {**told, "status": run.status}
        if isinstance(run.ended.fact, Message):
            end["replyId"] = run.ended.fact.id
        elif isinstance(run.ended.fact, ReplyMissing) and run.ended.fact.explanation:
            end["error"] = run.ended.fact.explanation
        events.append({"type": "RUN_ENDED", "timestamp": epoch_ms(run.ended.at), "data": end})
    return events


_RUNS = "/api/agents/{agent_id}/runs"

ROUTES: tuple[Route, ...] = (
    Route("GET", _RUNS, list_runs, ErrorStyle.ENVELOPE),
    Route("GET", f"{_RUNS}/{{run_id}}", get_run, ErrorStyle.ENVELOPE),
)
