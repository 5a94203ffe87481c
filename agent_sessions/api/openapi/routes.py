"""How the OpenAPI document and its page are put on an application: ``/openapi.json`` and ``/docs``.

Neither needs a key: they are the same for everybody and tell nothing of what the server holds.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import orjson

from ..console.files import STATIC, File, all_files
from ..console.routes import send
from .everything import everything
from .page import FROM_CONSOLE, HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web


def register(app: web.Application, *, version: str, prefix: str = "", keyed: bool = False) -> None:
    """Serve the document and the page under ``prefix``. ``keyed``: whether calls need a key."""
    told = orjson.dumps(everything(version=version, server=prefix or "/", keyed=keyed))
    document = File.of(told, ".json")
    app.router.add_get(f"{prefix}/openapi.json", partial(send, document))
    for path, file in _files():
        app.router.add_get(f"{prefix}/{path}", partial(send, file))


def _files() -> Iterator[tuple[str, File]]:
    """The page at ``docs`` and what it loads, by their addresses."""
    ours = all_files(HERE)
    yield "docs", ours.pop("docs.html")
    for path, file in ours.items():
        yield f"docs/{path}", file
    shared = all_files(STATIC)
    for path in FROM_CONSOLE:
        yield f"docs/shared/{path}", shared[path]
