"""Carrying events to whoever listens: inside one process, or between processes through Redis."""

from .local import LocalBus
from .opening import open_bus

__all__ = ["LocalBus", "open_bus"]
