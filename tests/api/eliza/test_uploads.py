"""Shared files: what is taken, what is refused, and how they are given out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import FormData

from agent_sessions.testing import FakeClock
from agent_sessions.testing.agents import ScriptedAgent

from .stage import ECHO, UNKNOWN, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from .stage import Api, Reply

LIMIT = 100_000
TO_AGENT = f"/api/media/agents/{ECHO}/upload-media"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    folder = tmp_path / "uploads"
    async with serving(tmp_path, FakeClock(), ScriptedAgent(), uploads=folder, upload_limit=LIMIT, token="k") as api:
        yield api


async def share(api: Api, path: str, content: bytes, *, kind: str = "image/png", name: str = "a.png") -> Reply:
    form = FormData()
    form.add_field("more", "ignored")
    form.add_field("file", content, filename=name, content_type=kind)
    return await api.ask("POST", path, data=form, headers={"X-API-KEY": "k"})


def kept(tmp_path: Path) -> list[Path]:
    return [each for each in (tmp_path / "uploads").rglob("*") if each.is_file()]


async def test_a_picture_is_given_out_as_it_came_without_a_key(api: Api, tmp_path: Path) -> None:
    content = bytes(range(256)) * 300
    told = (await share(api, TO_AGENT, content, name="../../etc/päss wd.png")).json["data"]
    assert told["url"].startswith(f"/media/uploads/agents/{ECHO}/")
    assert (told["type"], told["size"], told["url"].rsplit("/", 1)[1]) == ("image/png", len(content), told["filename"])
    assert "/" not in told["originalName"]
    (file,) = kept(tmp_path)
    assert file == tmp_path / "uploads" / "agents" / ECHO / told["filename"]
    async with api.http.get(api.base + told["url"]) as response:
        assert await response.read() == content
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Disposition"].startswith("inline")
        assert "sandbox" in response.headers["Content-Security-Policy"]
    async with api.http.get(api.base + told["url"], headers={"Range": "bytes=1-3"}) as response:
        assert (response.status, await response.read()) == (206, b"\x01\x02\x03")


async def test_what_is_no_picture_is_given_out_to_be_saved(api: Api) -> None:
    told = (await share(api, TO_AGENT, b"<script>", kind="text/plain", name="x.html")).json["data"]
    assert told["filename"].endswith(".txt")
    async with api.http.get(api.base + told["url"]) as response:
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"x", "text/html", 400, "INVALID_FILE_TYPE"),
        (b"x", "image/svg+xml", 400, "INVALID_FILE_TYPE"),
        (b"x", "application/octet-stream", 400, "INVALID_FILE_TYPE"),
        (b"", "image/png", 400, "NO_FILE"),
        (b"x" * (LIMIT + 1), "image/png", 413, "FILE_TOO_LARGE"),
    ],
)
async def test_what_is_not_taken_leaves_nothing(
    api: Api, tmp_path: Path, content: bytes, kind: str, status: int, code: str
) -> None:
    reply = await share(api, TO_AGENT, content, kind=kind)
    assert (reply.status, reply.json["error"]["code"]) == (status, code)
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"file": "x"}},
        {"data": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"data": b"no form", "headers": {"Content-Type": "multipart/form-data"}},
        {"data": {"other": "x"}},
    ],
    ids=["json", "broken", "no boundary", "no file"],
)
async def test_what_is_no_form_with_a_file_is_refused(api: Api, options: dict[str, Any]) -> None:
    options["headers"] = {**options.get("headers", {}), "X-API-KEY": "k"}
    assert (await api.ask("POST", TO_AGENT, **options)).status == 400


async def test_files_go_with_their_channel(api: Api, tmp_path: Path) -> None:
    key = {"X-API-KEY": "k"}
    made = await api.ask("POST", "/api/messaging/channels", {"name": "x"}, headers=key)
    channel = f"/api/messaging/channels/{made.json['data']['id']}"
    told = (await share(api, f"{channel}/upload-media", b"x")).json["data"]
    assert len(kept(tmp_path)) == 1
    await api.ask("DELETE", channel, headers=key)
    assert kept(tmp_path) == []
    assert (await api.ask("GET", told["url"])).status == 404
    assert (await share(api, f"{channel}/upload-media", b"x")).status == 404


NOBODY_S = "5b0f6a52-6d0b-4b8e-9d0c-3c1f0b7a2e11"


@pytest.mark.parametrize(
    "path",
    [
        f"/media/uploads/agents/{ECHO}/{NOBODY_S}.png",
        f"/media/uploads/agents/{ECHO}/..%2f..%2fsessions.db",
        f"/media/uploads/agents/..%2f..%2f/{NOBODY_S}.png",
        f"/media/uploads/..%2f/{ECHO}/{NOBODY_S}.png",
        f"/media/uploads/agents/{ECHO}/{NOBODY_S}.db",
    ],
)
async def test_nothing_else_is_given_out(api: Api, path: str) -> None:
    async with api.http.get(api.base + path) as response:
        assert response.status == 404


async def test_only_holders_of_a_key_share_files_with_those_who_are_there(api: Api) -> None:
    assert (await api.ask("POST", TO_AGENT, data={"x": "y"})).status == 401
    assert (await share(api, f"/api/media/agents/{UNKNOWN}/upload-media", b"x")).status == 404
    assert (await share(api, f"/api/messaging/channels/{UNKNOWN}/upload-media", b"x")).status == 404
