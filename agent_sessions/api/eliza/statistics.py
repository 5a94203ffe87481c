"""What the server did and how punctually, for the console and for whoever draws curves. Not a route of elizaOS."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from ...domain import log
from ...services.clock_statistics import LATENESS_BOUNDS_MS
from ..middleware import Answer
from .errors import ErrorStyle
from .times import iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...services.activity import Activity
    from ...services.clock_statistics import ClockStatistics
    from ..bodies import Body
    from .render import Json

SECOND = timedelta(seconds=1)


async def statistics(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Sessions as they stand in the database; what this process wrote and fired since it began."""
    services = wire.services
    now, counts = services.clock.now(), await services.sessions.counts()
    body = {
        "timestamp": iso(now),
        "uptime": (now - wire.started_at) / SECOND,
        "version": wire.options.version,
        "store": {"description": services.store.description, "shared": services.store.shared},
        "sessions": {"active": counts.active, "expiringSoon": counts.expiring, "expired": counts.expired},
        "log": _written(services.activity),
        "clock": _fired(services.timeouts.statistics),
    }
    return Answer(orjson.dumps(body))


def _written(activity: Activity) -> Json:
    return {
        "rows": activity.rows,
        "messages": activity.said,
        "replies": activity.replies,
        "repliesMissing": activity.of(log.ReplyMissing),
        "created": activity.of(log.Created),
        "renewed": activity.of(log.Renewed),
        "ended": activity.of(log.Ended),
        "processed": activity.of(log.Processed),
    }


def _fired(clock: ClockStatistics) -> Json:
    """``bounds``: upper ends in milliseconds of the ranges that ``counts`` counts; the last range has none."""
    lateness = clock.lateness
    return {
        "warned": clock.warned,
        "expired": clock.expired,
        "failures": clock.failures,
        "waiting": clock.waiting,
        "nextDeadline": iso(clock.next_deadline) if clock.next_deadline else None,
        "lateness": {
            "bounds": LATENESS_BOUNDS_MS,
            "counts": lateness.counts,
            "totalMs": lateness.total_ms,
            "p50": lateness.within(0.5) if sum(lateness.counts) else None,
            "p99": lateness.within(0.99) if sum(lateness.counts) else None,
        },
    }


ROUTES: tuple[Route, ...] = (Route("GET", "/api/server/statistics", statistics, ErrorStyle.ENVELOPE),)
