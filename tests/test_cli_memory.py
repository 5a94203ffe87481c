"""``agent-sessions memory``, ``export`` and ``import`` as people use them."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from .test_cli import PATIENCE, run, serving, told
from .test_cli import environment as environment

if TYPE_CHECKING:
    from pathlib import Path

API = "/api/v1/users"


def call(environment: dict[str, str], path: str, body: Any = None, *, key: str = "rai_x", project: str = "p") -> Any:
    """A request of the memory wire."""
    request = Request(
        f"http://127.0.0.1:{environment['SERVER_PORT']}{API}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-Recallr-Api-Key": key, "X-Recallr-Project-Id": project, "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def tell(environment: dict[str, str], user: str, *texts: str, **way: str) -> str:
    """A user says this in a session that is then processed; returns its id once it is."""
    session_id: str = call(environment, f"/{user}/sessions", {}, **way)["session"]["session_id"]
    path = f"/{user}/sessions/{session_id}"
    for text in texts:
        call(environment, f"{path}/add-message", {"message": text, "role": "user"}, **way)
    call(environment, f"{path}/process", {}, **way)
    deadline = time.monotonic() + PATIENCE
    while call(environment, path, **way)["session"]["status"] != "processed":
        assert time.monotonic() < deadline
        time.sleep(0.02)  # a process of its own: there is nothing here to wait on
    return session_id


@pytest.mark.parametrize("command", [["memory"], ["memory", "list"], ["memory", "forget"], ["export"], ["import"]])
def test_every_command_has_help(environment: dict[str, str], command: list[str]) -> None:
    answer = run(environment, *command, "--help")
    assert (answer.returncode, answer.stdout[:7]) == (0, "Usage: ")


def test_memory_is_listed_looked_up_shown_and_forgotten(environment: dict[str, str]) -> None:
    with serving(environment):
        call(environment, "", {"custom_user_id": "anna b"})
        assert run(environment, "memory", "list", "anna b").stdout == "Nothing is remembered.\n"
        tell(environment, "anna%20b", "I live in Berlin.", "My birthday is on March 15.")
        session_id = tell(environment, "anna%20b", "I moved to Munich last week.")

        listed = run(environment, "memory", "list", "anna b")
        assert listed.returncode == 0
        lines = listed.stdout.splitlines()
        assert len(lines) == 2
        moved = next(line for line in lines if "Munich" in line)
        assert re.match(r"[0-9a-f-]{36}  \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d  User moved to Munich", moved)
        assert "... 1 of 2; more with --limit" in run(environment, "memory", "list", "anna b", "--limit", "1").stdout

        found = run(environment, "memory", "search", "anna b", "Where do I live?").stdout
        assert "User moved to Munich" in found
        assert re.search(r"\n   (memory|message, user|summary), \d{4}-\d\d-\d\d, similarity 0\.\d\d, ", found)

        memory_id = moved[:36]
        shown = run(environment, "memory", "show", "anna b", memory_id).stdout
        assert shown.startswith("User moved to Munich")
        assert "Version    2 of 2" in shown
        assert "User lives in Berlin\nBecause    TEMPORAL_CONFLICT" in shown

        assert run(environment, "memory", "forget", "anna b", "--memory", memory_id).stdout == f"Forgot {memory_id}.\n"
        assert "User lives in Berlin" in run(environment, "memory", "list", "anna b").stdout
        assert run(environment, "memory", "forget", "anna b", "--session", session_id).returncode == 0
        assert run(environment, "memory", "forget", "anna b", "--everything").stdout == "Forgot everything of anna b.\n"
        gone = run(environment, "memory", "list", "anna b")
        assert (gone.returncode, gone.stderr) == (1, "Error: User anna b not found\n")


def test_what_to_forget_must_be_said(environment: dict[str, str]) -> None:
    for arguments in ([], ["--everything", "--memory", "x"], ["--everything", "--with-previous"]):
        answer = run(environment, "memory", "forget", "anna", *arguments)
        assert answer.returncode == 2
        assert answer.stderr.startswith("Error: ")


def test_a_project_is_entered_with_its_key(environment: dict[str, str]) -> None:
    projects = "[{id: shop, keys_env: [SHOP_KEY]}]"
    environment |= {"AGENT_SESSIONS_PROJECTS": projects, "SHOP_KEY": "rai_s3cret"}
    with serving(environment):
        call(environment, "", {"custom_user_id": "anna"}, key="rai_s3cret", project="shop")
        assert run(environment, "memory", "list", "anna", "--project", "shop").returncode == 0
        refused = run(environment, "memory", "list", "anna")
        assert refused.returncode == 1
    missing = run({**environment, "SHOP_KEY": ""}, "config", "check")
    assert (missing.returncode, missing.stderr) == (2, "Error: projects: 'shop': the environment has no SHOP_KEY\n")


def test_a_user_is_exported_and_imported_elsewhere(environment: dict[str, str], tmp_path: Path) -> None:
    with serving(environment) as (server, _):
        call(environment, "", {"custom_user_id": "anna"})
        tell(environment, "anna", "I live in Berlin.", "I have a dog called Rex.")
        busy = run(environment, "export", "anna")
        assert busy.returncode == 1
        assert "Stop the server before" in busy.stderr
        assert told(server, 15) == 0
    file = tmp_path / "anna.jsonl"
    exported = run(environment, "export", "anna")
    assert exported.returncode == 0
    assert exported.stderr == f"Exported anna: {len(exported.stdout.splitlines())} lines.\n"
    file.write_text(exported.stdout)

    other = ["--database-url", f"sqlite:///{tmp_path}/other.db"]
    assert run(environment, "import", str(file), *other).stdout == (
        "Imported anna: 1 sessions, 3 memories and what belongs to them.\n"
    )
    assert run(environment, "import", str(file), *other).stdout == "Nothing new: all of anna is there already.\n"
    assert run(environment, "export", "anna", *other).stdout == exported.stdout
    with serving(environment, *other):
        assert "User lives in Berlin" in run(environment, "memory", "list", "anna").stdout


def test_mistakes_of_moving_are_told_in_a_line(environment: dict[str, str], tmp_path: Path) -> None:
    nobody = run(environment, "export", "nobody")
    assert (nobody.returncode, nobody.stdout, nobody.stderr) == (1, "", "Error: User nobody not found\n")
    missing = run(environment, "import", "missing.jsonl")
    assert (missing.returncode, missing.stderr) == (2, "Error: there is no file missing.jsonl\n")
    (tmp_path / "other.jsonl").write_text('{"some": "thing"}\n')
    other = run(environment, "import", "other.jsonl")
    assert (other.returncode, other.stderr) == (1, "Error: line 1: has no member 'record'\n")
