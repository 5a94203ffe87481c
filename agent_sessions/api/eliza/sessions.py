"""The sessions routes, messages apart."""

from __future__ import annotations

from .wire import Route

ROUTES: tuple[Route, ...] = ()
