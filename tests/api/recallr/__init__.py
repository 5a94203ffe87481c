"""The memory wire, as programs without an SDK see it."""
