"""The official elizaOS client, unmodified, against a server process: every method returns what it should.

Needs Node 20 and the client: ``npm ci`` in ``tests/clients/node``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..store.conftest import postgres_url as postgres_url
from .server import PATIENCE, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .server import ServerProcess

NODE_TESTS = Path(__file__).parent / "node"
CLIENT = NODE_TESTS / "node_modules" / "@elizaos" / "api-client"


def _python_agent(name: str) -> dict[str, Any]:
    options = {"callable": f"tests.clients.agents_for_clients:{name}"}
    return {"name": f"{name}-agent", "kind": "python", "options": options}


SETTINGS: dict[str, Any] = {
    "database": {"url": "sqlite:///sessions.db"},
    "replies": {"deadline_seconds": 2},
    "agents": [
        {"name": "echo-agent", "kind": "echo"},
        {"name": "hourly-agent", "kind": "echo", "settings": {"SESSION_TIMEOUT_MINUTES": "60"}},
        {"name": "wordy-agent", "kind": "echo", "options": {"words": True}},
        *map(_python_agent, ("thoughtful", "remembering", "silent", "failing", "halting", "slow")),
    ],
}


@pytest.fixture(scope="module")
def node() -> str:
    """The node command, with the client installed."""
    node = shutil.which("node")
    missing = "" if node else "no node command: install Node 20 or newer, then run npm ci in tests/clients/node"
    if not missing and not CLIENT.is_dir():
        missing = "the elizaOS client is not installed: run npm ci in tests/clients/node"
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    assert node
    return node


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server"), SETTINGS) as running:
        yield running


@pytest.mark.parametrize("name", ["sessions", "agents", "server", "jobs", "stream", "older", "messaging", "rooms"])
def test_every_method_of_the_client(node: str, server: ServerProcess, name: str) -> None:
    run_script(node, f"{name}.test.mjs", server)


def test_the_client_shows_its_key(node: str, tmp_path: Path) -> None:
    with serving(tmp_path, {**SETTINGS, "auth": {"token": "a-key-of-ours"}}) as server:
        run_script(node, "auth.test.mjs", server, AGENT_SESSIONS_KEY="a-key-of-ours")


def test_the_client_stops_a_server_that_allows_it(node: str, tmp_path: Path) -> None:
    with serving(tmp_path, {**SETTINGS, "server": {"allow_stop": True}}) as server:
        run_script(node, "stop.mjs", server)
        assert server.process is not None
        assert server.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("name", ["sessions", "jobs", "stream", "messaging", "rooms"])
def test_the_client_finds_the_same_on_postgresql(node: str, tmp_path: Path, postgres_url: str, name: str) -> None:
    with serving(tmp_path, {**SETTINGS, "database": {"url": postgres_url}}) as server:
        run_script(node, f"{name}.test.mjs", server)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_client_goes_on_after_a_restart(node: str, tmp_path: Path, how: signal.Signals) -> None:
    with serving(tmp_path, SETTINGS) as server, talking(node, server, "restart.mjs") as say:
        say("talk")
        server.stop(how)
        say("down")
        server.start()
        say("goOn")


def run_script(node: str, script: str, server: ServerProcess, **environment: str) -> None:
    """Run a file of tests written for Node; fails with what it said."""
    told = subprocess.run(
        [node, "--test", script],
        cwd=NODE_TESTS,
        env={**os.environ, "AGENT_SESSIONS_URL": server.url, **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


@contextmanager
def talking(node: str, server: ServerProcess, script: str) -> Iterator[Callable[[str], None]]:
    """A client that takes one step of a script after another."""
    client = subprocess.Popen(
        [node, script],
        cwd=NODE_TESTS,
        env={**os.environ, "AGENT_SESSIONS_URL": server.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def say(step: str) -> None:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"{step}\n")
        client.stdin.flush()
        answer = client.stdout.readline()
        assert answer == f"done {step}\n", answer + client.communicate(timeout=PATIENCE)[0]

    try:
        yield say
    finally:
        client.communicate(timeout=PATIENCE)
