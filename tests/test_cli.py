"""The command line as people use it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from agent_sessions import __version__
from agent_sessions.cli.times import span
from agent_sessions.config.show import sample
from agent_sessions.domain.agent import string_to_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60
AGENT_A = "Error: agent 'A': "
OVER_API = "AGENT_SESSIONS_AGENT_KINDS_OVER_API"
NO_SUCH_KIND = "auth.agent_kinds_over_api: no agent kind is called "
KINDS = "; known: companion, echo, openai, python, webhook\n"
ECHO = '[{"name": "Echo", "kind": "echo", "options": {"prefix": "you said: "}}]'
COMMAND = [sys.executable, "-m", "agent_sessions"]


def agent_a(kind: str, **options: str) -> dict[str, str]:
    """The variable that makes the only agent one of this kind."""
    return {"AGENT_SESSIONS_AGENTS": json.dumps([{"name": "A", "kind": kind, "options": options}])}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An empty folder to work in, an echo agent, and a port nobody uses."""
    monkeypatch.chdir(tmp_path)
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return {**plain, "AGENT_SESSIONS_AGENTS": ECHO, "SERVER_PORT": str(free_port()), "TERM": "dumb"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(environment: dict[str, str], *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        input=said,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def serving(environment: dict[str, str], *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and what it said at the start."""
    server = subprocess.Popen(
        [*COMMAND, "serve", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    banner = ""
    while "Stop with Ctrl-C" not in banner:
        line = server.stdout.readline()
        assert line, f"the server ended: {banner}{server.communicate()[1]}"
        banner += line
    try:
        yield server, banner
    finally:
        server.kill()
        server.communicate()


def told(server: subprocess.Popen[str], number: int) -> int:
    """The exit code after a signal."""
    server.send_signal(number)
    return server.wait(timeout=PATIENCE)


# ------------------------------------------------------------------------------------------------------------- asking


def test_version(environment: dict[str, str]) -> None:
    for asked in ("version", "--version"):
        assert run(environment, asked).stdout.startswith(f"agent-sessions {__version__} (Python 3.")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["serve"],
        ["chat"],
        ["sessions"],
        ["sessions", "list"],
        ["sessions", "show"],
        ["sessions", "end"],
        ["config", "show"],
        ["config", "check"],
        ["db", "upgrade"],
    ],
)
def test_every_command_has_help(environment: dict[str, str], command: list[str]) -> None:
    answer = run(environment, *command, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith("Usage: ")
    assert "Options:" in answer.stdout


def test_config_show_tells_values_and_origins(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("replies:\n  queue_limit: 3\nauth:\n  token: s3cret\n")
    lines = run(environment, "config", "show").stdout.splitlines()
    shown = {line.split()[0]: re.split(r"\s{2,}", line)[1:] for line in lines}
    assert shown["replies.queue_limit"] == ["3", "config.yaml:2"]
    assert shown["server.port"] == [environment["SERVER_PORT"], "environment SERVER_PORT"]
    assert shown["auth.token"] == ["***", "config.yaml:4"]
    assert shown["log.level"] == ["info", "default"]
    as_json = json.loads(run(environment, "config", "show", "--json").stdout)
    assert as_json["replies.queue_limit"] == {"value": "3", "origin": "config.yaml:2"}


def test_config_check_and_sample(environment: dict[str, str], tmp_path: Path) -> None:
    assert run(environment, "config", "sample").stdout == sample()
    (tmp_path / "mine.yaml").write_text(sample())
    answer = run(environment, "config", "check", "--config", "mine.yaml")
    assert (answer.returncode, answer.stdout) == (0, "No mistakes in mine.yaml. Agents: Echo (echo).\n")


@pytest.mark.parametrize(
    ("arguments", "variables", "told", "code"),
    [
        (["serve", "--bogus"], {}, "No such option", 2),
        (["serve", "--port", "x"], {}, "'--port'", 2),
        (["serve", "--port", "99999"], {}, "server.port (command line --port)", 2),
        (["serve", "--config", "no.yaml"], {}, "configuration file no.yaml does not exist", 2),
        (["serve", "--host", "0.0.0.0"], {}, "ELIZA_SERVER_AUTH_TOKEN", 2),
        (["serve", "--database-url", "mysql://h/db"], {}, "sqlite:///", 2),
        (["serve", "--database-url", "postgresql://u:pw@127.0.0.1:1/db"], {}, "cannot be reached", 1),
        (["serve", "--host", "192.0.2.1"], {"ELIZA_SERVER_AUTH_TOKEN": "k"}, "cannot listen on 192.0.2.1", 1),
        (["serve"], {"LOG_LEVEL": "loud"}, "log.level (environment LOG_LEVEL)", 2),
        (["serve"], {"AGENT_SESSIONS_AGENTS": "[{name: A, kind: none-such}]"}, "none-such", 2),
        (["config", "check"], {"AGENT_SESSIONS_AGENTS": "[{name: A, kind: none-such}]"}, "installed: ", 2),
        (["config", "check"], {"AGENT_SESSIONS_AGENTS": "[{name: A, mood: x}]"}, "mood", 2),
        (["config", "check"], agent_a("openai"), AGENT_A + "option 'model': is required", 2),
        (["config", "check"], {"AGENT_SESSIONS_MEMORY_BACKEND": "x"}, "installed: local, none", 2),
        (["config", "check"], {OVER_API: "ecko"}, f"{NO_SUCH_KIND}'ecko'{KINDS}", 2),
        (["config", "check"], {OVER_API: "echo, a, b"}, f"{NO_SUCH_KIND}'a' or 'b'{KINDS}", 2),
        (["serve"], {OVER_API: "ecko"}, f"{NO_SUCH_KIND}'ecko'{KINDS}", 2),
        (["chat"], {OVER_API: "ecko"}, f"{NO_SUCH_KIND}'ecko'{KINDS}", 2),
        (["config", "check"], agent_a("python", callable="none"), "written package.module:function", 2),
        (["config", "check"], agent_a("python", callable="broken:reply"), AGENT_A + "ZeroDivisionError", 2),
        (["sessions", "list"], {}, "no server answers at http://127.0.0.1:", 1),
        (["chat", "--url", "http://127.0.0.1:1"], {}, "no server answers at http://127.0.0.1:1", 1),
        (["chat", "--agent", "Nobody"], {}, "running: Echo", 1),
    ],
)
def test_a_mistake_is_told_in_words(
    environment: dict[str, str], arguments: list[str], variables: dict[str, str], told: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    answer = run({**environment, **variables}, *arguments)
    assert answer.returncode == code, answer.stderr
    assert told in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "pw@" not in answer.stderr


def test_a_callable_beside_the_configuration_is_found(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("async def reply(context):\n    return 'x'\n")
    installed = Path(sys.executable).with_name("agent-sessions")
    answer = subprocess.run(
        [installed, "config", "check"],
        env={**environment, **agent_a("python", callable="beside:reply")},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


def test_db_upgrade_makes_the_database(environment: dict[str, str], tmp_path: Path) -> None:
    for _ in range(2):
        answer = run(environment, "db", "upgrade", "--database-url", "sqlite:///made/here.db")
        assert (answer.returncode, answer.stdout) == (0, "Up to date: sqlite:///made/here.db\n")
    assert (tmp_path / "made" / "here.db").exists()


# ------------------------------------------------------------------------------------------------------------ serving


def test_serve_says_where_it_is_and_stops_when_told(environment: dict[str, str]) -> None:
    with serving(environment) as (server, banner):
        url = f"http://localhost:{environment['SERVER_PORT']}"
        for fact in (__version__, url, "Echo (echo, active)", "SQLite", "agent-sessions.db", "defaults", "open"):
            assert fact in banner
        assert "\x1b" not in banner
        with urlopen(f"{url}/healthz", timeout=PATIENCE) as answer:
            assert json.load(answer)["status"] == "ok"
        assert told(server, signal.SIGTERM) == 0
        assert server.stdout is not None
        assert server.stdout.read().split() == ["Stopping", "...", "Stopped."]


def test_an_open_stream_does_not_keep_it_from_stopping(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import asyncio\nasync def reply(context):\n    yield 'thinking'\n    await asyncio.sleep(600)\n"
    )
    agents = '[{"name": "Slow", "kind": "python", "options": {"callable": "slow:reply"}}]'
    with serving({**environment, "AGENT_SESSIONS_AGENTS": agents, "PYTHONPATH": str(tmp_path)}) as (server, _):
        port = int(environment["SERVER_PORT"])
        session = posted(port, "", {"agentId": string_to_uuid("Slow"), "userId": str_uuid(1)})
        with open_stream(port, session["sessionId"]) as stream:
            assert "thinking" in until(stream, "thinking")
            assert told(server, signal.SIGTERM) == 0
            assert "event: error" in until(stream, "event: error")


def test_a_second_interrupt_ends_it_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import asyncio\nasync def reply(context):\n    await asyncio.sleep(600)\n")
    agents = '[{"name": "Slow", "kind": "python", "options": {"callable": "slow:reply"}}]'
    slow = {
        "AGENT_SESSIONS_AGENTS": agents,
        "PYTHONPATH": str(tmp_path),
        "AGENT_SESSIONS_SHUTDOWN_SECONDS": "600",
    }
    with serving({**environment, **slow}) as (server, _):
        port = int(environment["SERVER_PORT"])
        session = posted(port, "", {"agentId": string_to_uuid("Slow"), "userId": str_uuid(1)})
        posted(port, f"/{session['sessionId']}/messages", {"content": "hi"})
        server.send_signal(signal.SIGINT)
        assert server.stdout is not None
        assert server.stdout.readline() == "\n"
        assert server.stdout.readline() == "Stopping ...\n"
        assert told(server, signal.SIGINT) == 128 + signal.SIGINT


def test_one_port_and_one_database_serve_one_server(environment: dict[str, str]) -> None:
    with serving(environment):
        same_port = run(environment, "serve")
        assert same_port.returncode == 1
        assert f"port {environment['SERVER_PORT']} of 127.0.0.1 is in use" in same_port.stderr
        same_file = run(environment, "serve", "--port", "0")
        assert same_file.returncode == 1
        assert "Another process is using the database file" in same_file.stderr
        assert "Traceback" not in same_port.stderr + same_file.stderr


# ------------------------------------------------------------------------------------------------------------ talking


def test_chat_brings_its_own_server_where_none_runs(environment: dict[str, str]) -> None:
    answer = run(environment, "chat", said="hello\n/renew\n/nonsense\n/help\n/end\nagain\n")
    assert answer.returncode == 0, answer.stderr
    for part in ("No server runs", "You are talking to Echo", "Echo> you said: hello", "The session now ends in"):
        assert part in answer.stdout
    for part in ("you said: /nonsense", "/renew ", "The session is ended", "A new session begins", "said: again"):
        assert part in answer.stdout
    assert answer.stderr == ""


def test_chat_and_sessions_use_the_server_that_runs(environment: dict[str, str]) -> None:
    environment["ELIZA_SERVER_AUTH_TOKEN"] = "key"
    with serving(environment):
        first = run(environment, "chat", "--agent", "echo", said="my name is Ada\n")
        assert "No server runs" not in first.stdout
        session_id = re.findall(r"--session (\S+)", first.stdout)[0]
        again = run(environment, "chat", "--session", session_id, said="I am back\n")
        assert "you said: I am back" in again.stdout

        listed = run(environment, "sessions", "list").stdout
        assert re.search(rf"{session_id}  Echo .* (30:00|29:5\d)", listed)
        shown = run(environment, "sessions", "show", session_id).stdout
        assert shown.index("my name is Ada") < shown.index("you said: I am back")
        assert "Renewals   2" in shown
        refused = run({**environment, "ELIZA_SERVER_AUTH_TOKEN": "wrong"}, "sessions", "list")
        assert refused.returncode == 1
        assert "the server wants its key" in refused.stderr

        assert run(environment, "sessions", "end", session_id).returncode == 0
        gone = run(environment, "sessions", "show", session_id)
        assert gone.returncode == 1
        assert f"Session with ID '{session_id}' not found" in gone.stderr
        assert run(environment, "sessions", "list").stdout == "No live sessions.\n"


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_shows_the_time_left_and_warns(environment: dict[str, str]) -> None:
    import pty  # not on Windows

    short = {"SESSION_DEFAULT_TIMEOUT_MINUTES": "1", "SESSION_WARNING_THRESHOLD_MINUTES": "1"}
    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        [*COMMAND, "chat"], env={**environment, **short}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        assert re.search(r"\[(1:00|0:5\d)\] you> ", seen(ours, "you> "))
        assert re.search(r"This session ends in (1:00|0:5\d)\.", seen(ours, "/renew."))
        os.write(ours, b"hello\n")
        assert "you said: hello" in seen(ours, "you> ")
        os.write(ours, b"/quit\n")
        assert "agent-sessions chat --session" in seen(ours, "--session")
        assert chat.wait(timeout=PATIENCE) == 0
    finally:
        chat.kill()
        chat.wait()
        os.close(ours)


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0:00"), (-5, "0:00"), (59_999, "1:00"), (245_000, "4:05"), (3_845_000, "1:04:05")]
)
def test_spans_read_like_a_clock(milliseconds: int, text: str) -> None:
    assert span(milliseconds) == text


# -------------------------------------------------------------------------------------------------------------- parts


def str_uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def posted(port: int, path: str, body: dict[str, str]) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}/api/messaging/sessions{path}"
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=PATIENCE) as answer:
        content: dict[str, str] = json.load(answer)
        return content


@contextmanager
def open_stream(port: int, session_id: str) -> Iterator[socket.socket]:
    body = json.dumps({"content": "hi", "transport": "sse"})
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(
            f"POST /api/messaging/sessions/{session_id}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
            f"\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        yield connection


def until(stream: socket.socket, text: str) -> str:
    """What comes in until this text has."""
    got = ""
    while text not in got:
        piece = stream.recv(65_536).decode()
        assert piece, f"the stream ended: {got}"
        got += piece
    return got


def seen(terminal: int, text: str) -> str:
    """What the terminal shows until this text has come."""
    shown = ""
    while text not in shown:
        shown += os.read(terminal, 4096).decode()
    return shown
