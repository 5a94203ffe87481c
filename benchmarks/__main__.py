"""``python -m benchmarks``: all tables, as docs/benchmarks.md shows them."""

from __future__ import annotations

from . import http, recall, timers

if __name__ == "__main__":
    http.main()
    timers.main()
    recall.main()
