"""A server that listens: bound, served, and stopped within seconds, whatever streams are open."""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from ..config import Settings
from ..domain.errors import AgentSessionsError
from ..services import Services

T = TypeVar("T")

BACKLOG = 1024
"""How many connections may wait to be taken up while the server is busy."""

GARBAGE_THRESHOLDS = (50_000, 20, 100)
"""How seldom Python's collector looks for cycles; its own (700, 10, 10) suits programs with few living objects."""


class CannotListen(AgentSessionsError):
    """The address cannot be listened on."""

    code = "CANNOT_LISTEN"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run this in an event loop, the quick one where it is installed."""
    with asyncio.Runner(loop_factory=quick_loop()) as runner:
        return runner.run(work)


def quick_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's event loop; None where the extra ``speed`` is not installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextlib.asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[tuple[Services, str]]:
    """Serve while inside; gives the services and the URL. Raises CannotListen, ConfigError, StoreInUse ..."""
    from ..app import SERVICES, create_app  # takes most of a second, which only those who serve shall wait

    app = create_app(settings)
    sockets = await _bound(settings.server.host, settings.server.port)
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=_access_log() if settings.log.access else None,
        shutdown_timeout=settings.server.shutdown_seconds / 2,
    )
    try:
        await runner.setup()
        for bound in sockets:
            await web.SockSite(runner, bound, backlog=BACKLOG).start()
        yield app[SERVICES], _url(settings.server.host, sockets)
    finally:
        await runner.cleanup()
        for bound in sockets:
            bound.close()


async def until_told_to_stop(on_signal: Callable[[], None]) -> None:
    """Return at SIGTERM or Ctrl-C, having called ``on_signal``; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def stop(number: int) -> None:
        if told.is_set():
            os._exit(128 + number)
        told.set()
        on_signal()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await told.wait()


def spare_the_collector() -> None:
    """What lives now lives as long as the server: take it out of garbage collection, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address the host has, all on one port. Raises CannotListen."""
    bound: list[socket.socket] = []
    try:
        for family, _, _, _, address in await _addresses(host, port):
            bound.append(_bind(family, (address[0], port, *address[2:])))
            port = bound[0].getsockname()[1]
    except OSError as error:
        for each in bound:
            each.close()
        raise CannotListen(_why(error, host, port)) from error
    return bound


async def _addresses(host: str, port: int) -> list[tuple[Any, ...]]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))


def _bind(family: int, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is in use. Stop the program that uses it (perhaps another agent-sessions), or "
            f"choose another port with --port or SERVER_PORT"
        )
    if error.errno == errno.EACCES:
        return f"port {port} of {host} may not be listened on by this user; ports below 1024 are for administrators"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"


def _url(host: str, sockets: list[socket.socket]) -> str:
    port = sockets[0].getsockname()[1]
    shown = {"127.0.0.1": "localhost", "::1": "localhost", "0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def _access_log() -> Any:
    import logging

    log = logging.getLogger("agent_sessions.access")
    log.setLevel(logging.INFO)
    return log
