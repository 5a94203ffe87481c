"""The rules of sessions, messages and memories in plain Python: no I/O, no clock of its own, no framework."""
