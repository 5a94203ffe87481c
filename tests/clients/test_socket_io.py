"""The official Socket.IO client, unmodified, over each of its transports, against a server process."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from .server import serving
from .test_elizaos_client import SETTINGS, run_script, talking
from .test_elizaos_client import node as node
from .test_elizaos_client import server as server

if TYPE_CHECKING:
    from pathlib import Path

    from .server import ServerProcess


def test_every_event(node: str, server: ServerProcess) -> None:
    run_script(node, "sockets.test.mjs", server)


def test_keys(node: str, tmp_path: Path) -> None:
    with serving(tmp_path, {**SETTINGS, "auth": {"token": "a-key-of-ours"}}) as server:
        run_script(node, "socket-auth.test.mjs", server, AGENT_SESSIONS_KEY="a-key-of-ours")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_socket_comes_back_after_a_restart(node: str, tmp_path: Path, how: signal.Signals) -> None:
    with serving(tmp_path, SETTINGS) as server, talking(node, server, "socket-restart.mjs") as say:
        say("talk")
        server.stop(how)
        say("down")
        server.start()
        say("goOn")
