"""Where Socket.IO is put on an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sockets import Sockets

if TYPE_CHECKING:
    from aiohttp import web

    from ...services import Services
    from .options import SocketOptions

PATH = "/socket.io/"
"""Socket.IO's own default."""


def register_sockets(app: web.Application, services: Services, options: SocketOptions, *, prefix: str = "") -> None:
    """Serve Socket.IO below ``prefix``. Open sockets are closed first when the application shuts down."""
    sockets = Sockets(services, options)
    for path in (prefix + PATH, prefix + PATH.rstrip("/")):
        for method in ("GET", "POST", "OPTIONS"):
            app.router.add_route(method, path, sockets.serve)
    app.on_shutdown.append(sockets.close)
