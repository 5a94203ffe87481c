"""``python -m benchmarks``: all tables, as docs/benchmarks.md shows them."""

from __future__ import annotations

from . import http, recall, streams, timers

if __name__ == "__main__":
    http.main()
    timers.main()
    streams.main()
    recall.main()
