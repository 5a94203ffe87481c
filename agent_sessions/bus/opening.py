"""From a URL to a bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .local import LocalBus

if TYPE_CHECKING:
    from ..ports import EventBus


def open_bus(url: str | None) -> EventBus:
    """The bus this URL names (``redis://host:6379/0``), not opened yet; None: events stay inside this process.

    Raises ConfigError for a URL of another kind, MissingExtra when the client library is not installed.
    """
    if url is None:
        return LocalBus()
    from .redis import RedisBus  # an optional dependency

    return RedisBus(url)
