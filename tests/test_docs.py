"""The README and the pages of docs: what they show is run, what there is to be told is told, what they link to exists.

A block marked ``python run`` is run to its end, and must print what a ``text`` block after it says. One marked
``python serve`` is run while the ``console run`` blocks after it are; without one, those talk to a server of the
command line. In a console block ``$`` goes before a command and ``…`` stands for anything. Ids, times and ports differ.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from agent_sessions.config import Settings
from agent_sessions.config.declare import settings_of
from agent_sessions.config.show import reference
from agent_sessions.domain.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{13}\b")
PATIENCE = 60
EXTRAS = set(metadata("agent-sessions").get_all("Provides-Extra", []))
EXTRAS_ADDED = re.compile(r"(pip install ['\"]?[\w.-]+\[([\w,]+)\]['\"]?)")
SERVED = {"localhost:3000": ["-m", "agent_sessions", "serve"]}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    mark: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*(part or "" for part in found.groups())) for found in BLOCK.finditer(page.read_text())]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An empty folder to work in, with the commands of this environment."""
    monkeypatch.chdir(tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ.get("HOME", str(tmp_path)), "PYTHONUNBUFFERED": "1"}


# ------------------------------------------------------------------------------------------------------------- running


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.mark for b in blocks(page))], ids=name)
def test_what_a_page_shows_is_so(page: Path, environment: dict[str, str]) -> None:
    shown = blocks(page)
    with ExitStack() as stack:
        console = Console(environment, stack)
        for block, after in zip(shown, [*shown[1:], Block("", "", "")], strict=True):
            match (block.language, block.mark):
                case ("python", "run"):
                    assert printed(block.text, environment) == (after.text if after.language == "text" else "")
                case ("python", "serve"):
                    folder = stack.enter_context(TemporaryDirectory())  # its data are not those of other servers
                    console.serve("localhost:8080", ["-c", block.text.replace("8080", "{port}")], folder=folder)
                case ("console", "run"):
                    console.check(block.text)
                case (_, mark):
                    assert mark == "", f"{name(page)}: unknown mark {mark}"


def printed(program: str, environment: dict[str, str]) -> str:
    """What a Python program prints."""
    with TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            env=environment, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


class Console:
    """Runs the commands of console blocks and compares what they print."""

    def __init__(self, environment: dict[str, str], stack: ExitStack) -> None:
        self._environment = environment
        self._stack = stack
        self._addresses: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def serve(self, address: str, command: list[str], *, folder: str | None = None) -> None:
        """Have this Python command listen where the page says ``address``."""
        port = free_port()
        arguments = [part.replace("{port}", str(port)) for part in command]
        environment = {**self._environment, "SERVER_PORT": str(port)}
        self._stack.enter_context(serving(arguments, port, environment, folder=folder))
        self._addresses[address] = f"localhost:{port}"

    def check(self, text: str) -> None:
        """Run each command; what it prints must be what the page says."""
        for command, expected in commands(text):
            for address, served in SERVED.items():
                if address in command and address not in self._addresses:
                    self.serve(address, served)
            ran = subprocess.run(
                ["bash", "-c", self._translated(command)],
                env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE,
                check=False,
            )  # fmt: skip
            self._compare(expected.strip(), ran.stdout.strip())

    def _translated(self, command: str) -> str:
        for shown, real in {**self._addresses, **self._ids}.items():
            command = command.replace(shown, real)
        return command

    def _compare(self, expected: str, got: str) -> None:
        """``…`` is anything, a time any time, an id not seen before any id, which it stands for from then on."""
        pattern, shown = "", []
        for piece in re.split(f"(…|{UUID.pattern}|{VARYING.pattern})", expected):
            if piece == "…":
                pattern += ".*"
            elif UUID.fullmatch(piece) and self._ids.get(piece, piece) == piece:
                shown.append(piece)
                pattern += f"({UUID.pattern})"
            elif VARYING.fullmatch(piece):
                pattern += f"(?:{VARYING.pattern})"
            else:
                pattern += re.escape(self._ids.get(piece, piece))
        match = re.fullmatch(pattern, got, re.DOTALL)
        assert match, f"the page says\n{expected}\nbut it is\n{got}"
        self._ids.update(zip(shown, match.groups(), strict=True))


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, with its further lines, and what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        ends = next(index for index, line in enumerate(lines) if not line.endswith("\\"))
        yield "\n".join(lines[: ends + 1]), "\n".join(lines[ends + 1 :])


@contextmanager
def serving(arguments: list[str], port: int, environment: dict[str, str], *, folder: str | None) -> Iterator[None]:
    """A Python program that serves, from when it listens until the end. ``folder``: where, None for here."""
    server = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until_listening(server, port)
        yield
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE)


def wait_until_listening(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, server.communicate()[0]
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)  # a process of its own: there is nothing here to wait on
    pytest.fail("the server did not listen in time")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ------------------------------------------------------------------------------------------------------------- telling


def test_every_setting_is_told() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert page == reference()
    for setting in settings_of(Settings):
        assert f"`{setting.path}`" in page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_extras_are_added_with_the_command_that_errors_tell(page: Path) -> None:
    for command, extras in EXTRAS_ADDED.findall(page.read_text()):
        assert command in str(MissingExtra("This", extras)), f"{name(page)} tells {command}"
        assert set(extras.split(",")) <= EXTRAS, f"{name(page)} tells {command}"


def test_every_extra_is_told() -> None:
    page = (ROOT / "docs/how-to/install.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == EXTRAS
    assert EXTRAS_ADDED.search(page)
    assert EXTRAS_ADDED.search((ROOT / "README.md").read_text())


def test_the_command_that_adds_an_extra_means_what_is_installed() -> None:
    """Where nothing can be fetched, and not another project of this name, wherever pip would look for one."""
    told = str(MissingExtra("This", "redis")).partition(": ")[2]
    _, *arguments = shlex.split(told)
    ran = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--no-index", "--dry-run", "--disable-pip-version-check"],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Would install" not in ran.stdout


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{name(page)} links to {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    told = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT)) in told or f"({page.parent.relative_to(ROOT)})" in told, name(page)
