"""How many requests a client may make in a window of time. Knows nothing of HTTP beyond the headers that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ..ports import Clock

SWEEP_AT = 10_000
"""So many known clients, and those whose window is over are forgotten."""


@dataclass(slots=True)
class _Window:
    ends_at: datetime
    used: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """Where a client stands after a request. ``reset_in``: whole seconds until its window ends, at least 1."""

    limit: int
    window: int
    remaining: int
    reset_in: int
    exceeded: bool

    def headers(self) -> dict[str, str]:
        """The headers elizaOS sends (the draft-6 form of rate limit headers)."""
        told = {
            "RateLimit-Policy": f"{self.limit};w={self.window}",
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_in),
        }
        if self.exceeded:
            told["Retry-After"] = str(self.reset_in)
        return told


class RateLimiter:
    """Fixed windows, one a client, beginning with its first request."""

    def __init__(self, limit: int, *, window: timedelta, clock: Clock) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def count(self, client: str) -> Quota:
        """Count one request of this client."""
        now = self._clock.now()
        window = self._windows.get(client)
        if window is None or window.ends_at <= now:
            window = self._open(client, now)
        window.used += 1
        return Quota(
            limit=self._limit,
            window=self._window // timedelta(seconds=1),
            remaining=max(self._limit - window.used, 0),
            reset_in=max(-((now - window.ends_at) // timedelta(seconds=1)), 1),
            exceeded=window.used > self._limit,
        )

    def _open(self, client: str, now: datetime) -> _Window:
        if len(self._windows) >= SWEEP_AT:
            self._windows = {name: window for name, window in self._windows.items() if window.ends_at > now}
        self._windows[client] = window = _Window(now + self._window)
        return window
