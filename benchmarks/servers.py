"""The servers that are measured, each a process of its own: ours, and the floor under it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = """
import sys
from aiohttp import web

async def hello(request):
    return web.json_response({"message": "Hello, world", "number": 1})

app = web.Application()
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
"""
"""The floor: aiohttp answering a constant, with asyncio's own loop and the standard library's json, nothing tuned."""

CONFIG = """
replies:
  queue_limit: 10000
agents:
  - {name: echo-agent, kind: echo}
  - {name: thinking-agent, kind: python, options: {callable: "benchmarks.servers:think"}, memory: {backend: none}}
"""


async def think(_context: object) -> None:
    """An agent that takes longer than any run."""
    await asyncio.sleep(86_400)


@contextlib.contextmanager
def hello() -> Iterator[tuple[int, int]]:
    """The floor's port and process id."""
    port = _free_port()
    with _process([sys.executable, "-c", HELLO, str(port)], port) as pid:
        yield port, pid


@contextlib.contextmanager
def ours(folder: Path, database: str | None = None) -> Iterator[tuple[int, int]]:
    """Our server's port and process id: as it ships, with an echo agent, its data in ``folder``."""
    port = _free_port()
    config = folder / "config.yaml"
    config.write_text(CONFIG)
    url = database or f"sqlite:///{folder}/bench.db"
    command = [sys.executable, "-m", "agent_sessions", "serve", "--config", str(config)]
    with _process([*command, "--port", str(port), "--database-url", url], port) as pid:
        yield port, pid


@contextlib.contextmanager
def _process(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
