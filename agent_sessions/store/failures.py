"""How a database failed, in words fit for people and without its own."""

from __future__ import annotations

from ..domain.errors import StoreUnavailable


class OutOfReach(StoreUnavailable):
    """No write can succeed now, whatever it is: trying each by itself would only take longer."""


class Collision(StoreUnavailable):
    """A row of this identity exists already."""
