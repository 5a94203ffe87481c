"""Messages of a session: say something and have it answered, read what was said."""

from __future__ import annotations

from .wire import Route

ROUTES: tuple[Route, ...] = ()
