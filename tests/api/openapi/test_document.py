"""The document is whole, and what it names is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, web

from agent_sessions.api.eliza.routes import ROUTES as ELIZA
from agent_sessions.api.openapi.everything import everything
from agent_sessions.api.recallr.routes import ROUTES as RECALLR
from agent_sessions.api.recallr.routes import VERSION
from agent_sessions.app import create_app, setup
from agent_sessions.config import Auth, Database, Settings

from ..recallr.stage import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENT = everything(version="1", server="/", keyed=True)


def test_every_route_of_both_wires_is_told() -> None:
    told = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    served = {(route.method, route.path) for route in ELIZA} | {(r.method, VERSION + r.path) for r in RECALLR}
    assert served <= told


def test_every_name_of_an_operation_is_its_own() -> None:
    names = [operation["operationId"] for operation in _operations(DOCUMENT)]
    assert len(names) == len(set(names))


def test_every_operation_belongs_to_a_subject() -> None:
    subjects = {tag["name"] for tag in DOCUMENT["tags"]}
    assert {tag for operation in _operations(DOCUMENT) for tag in operation["tags"]} == subjects


def test_what_is_referred_to_is_there() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert set(_references(DOCUMENT)) <= {f"#/components/schemas/{name}" for name in schemas}


async def test_it_is_served_with_its_page(tmp_path: Path) -> None:
    async with listening(create_app(_settings(tmp_path))) as runner, ClientSession() as http:
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with http.get(f"{base}/openapi.json") as answer:
            told = json.loads(await answer.text())
        assert (answer.status, told["openapi"], told["servers"]) == (200, "3.1.0", [{"url": "/"}])
        assert "securitySchemes" not in told["components"] or not told["components"]["securitySchemes"]
        await _page_loads(http, base)


async def test_below_a_prefix_and_with_a_key_it_says_so(tmp_path: Path) -> None:
    app = web.Application()
    setup(app, _settings(tmp_path, auth=Auth(token="secret")), prefix="/bots")
    async with listening(app) as runner, ClientSession() as http:
        base = f"http://127.0.0.1:{runner.addresses[0][1]}/bots"
        async with http.get(f"{base}/openapi.json") as answer:
            told = json.loads(await answer.text())
        assert told["servers"] == [{"url": "/bots"}]
        assert told["paths"]["/api/agents"]["get"]["security"] == [{"Key": []}, {"Bearer": []}]
        assert "security" not in told["paths"]["/healthz"]["get"]
        await _page_loads(http, base)


async def _page_loads(http: ClientSession, base: str) -> None:
    """The page and every file it names are there."""
    async with http.get(f"{base}/docs") as answer:
        page = await answer.text()
    assert answer.status == 200
    for name in (part.split('"')[0] for mark in ('href="docs/', 'src="docs/') for part in page.split(mark)[1:]):
        async with http.get(f"{base}/docs/{name}") as answer:
            assert answer.status == 200, name


def _settings(folder: Path, **sections: Any) -> Settings:
    return Settings(database=Database(url=f"sqlite:///{folder}/x.db"), **sections)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from (told for method, told in item.items() if method != "parameters")


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == "$ref")
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
