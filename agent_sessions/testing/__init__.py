"""For tests of whatever is built on this project: a clock moved by hand, and one contract suite for each port."""

from .agents import ScriptedAgent, context_for
from .clock import FakeClock

__all__ = ["FakeClock", "ScriptedAgent", "context_for"]
