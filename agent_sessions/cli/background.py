"""An event loop in a thread of its own, so that the terminal can be read while it goes on."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractAsyncContextManager
from typing import Any, Self, TypeVar

from .running import quick_loop

T = TypeVar("T")


class BackgroundLoop:
    """Runs coroutines for a thread that waits. Use in ``with``; every task is ended before it is left."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=quick_loop())
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agent-sessions loop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it and return what it returns. Interrupted by Ctrl-C, it is cancelled, and has ended when this raises."""
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_announced(work, ended), self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            ended.wait(timeout=5)
            raise
        except CancelledError as error:
            raise KeyboardInterrupt from error

    @contextlib.contextmanager
    def inside(self, manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """An ``async with`` of the loop as a ``with`` of the waiting thread."""
        entered = self.wait_for(_entering(manager))
        try:
            yield entered
        finally:
            self.wait_for(_leaving(manager))

    def _run(self) -> None:
        with self._runner as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._ready.set()
        await self._stop.wait()


async def _announced(work: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await work
    finally:
        ended.set()


async def _entering(manager: AbstractAsyncContextManager[T]) -> T:
    return await manager.__aenter__()


async def _leaving(manager: AbstractAsyncContextManager[Any]) -> None:
    await manager.__aexit__(None, None, None)
