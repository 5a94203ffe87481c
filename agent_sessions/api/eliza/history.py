"""Reading a session's messages: what may be asked, and pages as ready bytes."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import orjson

from ...domain.errors import InvalidInput
from ...services.following import Cursor
from . import render
from .errors import invalid_pagination
from .schemas import whole
from .times import EPOCH, epoch_ms

if TYPE_CHECKING:
    from aiohttp import web

    from ...services.sessions import History

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
FARTHEST_MS = 8_640_000_000_000_000
"""JavaScript's dates reach so many milliseconds from 1970 either way."""

_MILLISECONDS = re.compile(r"\s*([+-]?\d{1,30})(?:\.\d*)?\s*", re.ASCII)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_ZONE_WITHOUT_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which messages: between two times, or beyond a row of the log, each excluded, None where open."""

    limit: int
    before: datetime | None
    after: datetime | None
    after_seq: int | None = None


NEWEST = PageQuery(DEFAULT_LIMIT, None, None)
"""What is asked for most often: nothing in particular."""


def page_query(request: web.Request) -> PageQuery:
    """What the query asks for. Raises Refused for times that are none."""
    if not request.query_string:
        return NEWEST
    limit = whole(request, "limit", default=DEFAULT_LIMIT, low=1, high=MAX_LIMIT)
    return PageQuery(limit, _time(request, "before"), _time(request, "after"), _row(request, "afterSeq"))


def page(history: History, *, agent_name: str) -> bytes:
    """A page, newest message first, with cursors to its neighbours."""
    entries = [
        render.history_message(history.session, entry, agent_name=agent_name) for entry in reversed(history.entries)
    ]
    body: dict[str, object] = {"messages": entries, "hasMore": history.has_more}
    if entries:
        body["cursors"] = {"before": epoch_ms(history.entries[0].at), "after": epoch_ms(history.entries[-1].at)}
    return orjson.dumps(body)


PageKey: TypeAlias = tuple[str, int, str, PageQuery]
"""Session, number of its newest row, name of its agent, and what was asked: while these are equal, so is the page."""


class PageCache:
    """Pages made lately, up to ``budget`` bytes in all."""

    def __init__(self, *, budget: int = 32 * 1024 * 1024) -> None:
        self._budget = budget
        self._size = 0
        self._pages: OrderedDict[PageKey, bytes] = OrderedDict()

    def get(self, key: PageKey) -> bytes | None:
        """The page, if it is still there."""
        found = self._pages.get(key)
        if found is not None:
            self._pages.move_to_end(key)
        return found

    def put(self, key: PageKey, body: bytes) -> None:
        """Keep a page, and let go of those used longest ago."""
        self._size += len(body) - len(self._pages.pop(key, b""))
        self._pages[key] = body
        while self._size > self._budget:
            self._size -= len(self._pages.popitem(last=False)[1])


def _row(request: web.Request, name: str) -> int | None:
    """The number of a row of the log, or the row at which the cursor of an event stands; absent or empty: None."""
    given = request.query.get(name)
    if not given:
        return None
    try:
        return Cursor.parse(given, field=name).seq
    except InvalidInput:
        raise invalid_pagination(name, given, reason="Must be the seq of a message or the id of an event") from None


def _time(request: web.Request, name: str) -> datetime | None:
    """Epoch milliseconds or an ISO time (UTC unless it says otherwise); absent or empty: None."""
    given = request.query.get(name)
    if not given:
        return None
    if found := _MILLISECONDS.fullmatch(given):
        return _instant(int(found[1]), name, given)
    try:
        instant = datetime.fromisoformat(_ZONE_WITHOUT_PLUS.sub("+", given.strip()))
    except ValueError:
        raise invalid_pagination(name, given, reason="Must be a valid timestamp") from None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _instant(milliseconds: int, name: str, given: str) -> datetime:
    """The instant, or the end of our calendar where JavaScript's reaches further."""
    if abs(milliseconds) > FARTHEST_MS:
        raise invalid_pagination(name, given, reason="Invalid date from timestamp")
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return _EARLIEST if milliseconds < 0 else _LATEST
