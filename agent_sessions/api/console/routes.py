"""How the console is put on an application: the page at ``/``, what it loads under ``/console/``.

Neither needs a key: they are the same for everybody and hold nothing of the server's. The page asks for the key and
shows it with each call it makes. All its addresses are relative, so it works under any prefix, also behind a proxy's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from ..stamp import SECURITY_HEADERS
from .files import PAGE, File, all_files

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICY = (
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';"
    "form-action 'none';frame-ancestors 'none';require-trusted-types-for 'script';trusted-types 'none'"
)
"""Nothing from elsewhere, nothing inline, no text that becomes markup or code, no frame around it."""

HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",  # kept, but asked about each time: a new version is seen at once
    "Vary": "Accept-Encoding",
}


def register(app: web.Application, *, prefix: str = "") -> None:
    """Serve the console under ``prefix``."""
    files = all_files()
    app.router.add_get(f"{prefix}/", partial(send, files[PAGE]))
    for path, file in files.items():
        if path != PAGE:
            app.router.add_get(f"{prefix}/console/{path}", partial(send, file))
    if prefix:
        app.router.add_get(prefix, _add_slash)


async def send(file: File, request: web.Request) -> web.Response:
    """The file, zipped for whoever takes that; only that it is unchanged for whoever has it already."""
    headers = {**HEADERS, "ETag": file.etag}
    if file.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = file.type
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.content, headers=headers)
    return web.Response(body=file.zipped, headers={**headers, "Content-Encoding": "gzip"})


async def _add_slash(request: web.Request) -> web.Response:
    """Relative addresses need the slash at the end. Where we are is told relatively, because of proxies."""
    return web.Response(status=308, headers={"Location": request.path.rpartition("/")[2] + "/"})
