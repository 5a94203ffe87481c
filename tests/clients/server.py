"""A server in a process of its own, as an operator starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
READY = "Talk to an agent"
PATIENCE = 15
"""Seconds of real time a process may take for one step."""


@dataclass
class ServerProcess:
    """A server on one port and one database, which can be stopped, killed and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it serves."""
        command = [sys.executable, "-m", "agent_sessions", "serve", "--config", "config.json", "--port", str(self.port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        if not _said(self.process.stdout, READY):
            raise AssertionError((self.folder / "server.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.communicate(timeout=PATIENCE)
            self.process = None


@contextmanager
def serving(folder: Path, settings: dict[str, Any]) -> Iterator[ServerProcess]:
    """A server with these settings (JSON is YAML too), stopped at the end."""
    (folder / "config.json").write_text(json.dumps(settings))
    server = ServerProcess(folder, _free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _said(lines: IO[str], text: str) -> bool:
    """Whether a process says this before it ends."""
    return any(text in line for line in lines)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
