"""A process to be killed: it uses a SQLite store and tells, line by line, what it was told.

``python -m tests.store.victim <url> <what>``, where ``what`` names one of the functions below.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from agent_sessions.clock import SystemClock
from agent_sessions.domain.encoding import to_micros
from agent_sessions.domain.session import renewed
from agent_sessions.store import open_store
from agent_sessions.testing.store_samples import message, open_session, saying

if TYPE_CHECKING:
    from agent_sessions.ports import Store

CLOCK = SystemClock()


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def quiet(store: Store) -> None:
    """One session with a message that waits for its reply."""
    session = await open_session(store, CLOCK.now())
    session = await store.change(session.id, saying(message(), CLOCK.now(), room=1))
    tell("told", session.id, to_micros(session.expires_at))


async def load(store: Store) -> None:
    """Eight sessions that speak and renew as fast as they can."""
    await asyncio.gather(*(_speak_and_renew(store) for _ in range(8)))


async def _speak_and_renew(store: Store) -> None:
    session = await open_session(store, CLOCK.now())
    while True:
        said = message()
        session = await store.change(session.id, saying(said, CLOCK.now()))
        tell("message", session.id, said.id)
        for _ in range(3):
            session = await store.change(session.id, lambda known: renewed(known, now=CLOCK.now()), behind=True)
            tell("told", session.id, to_micros(session.expires_at))
            await asyncio.sleep(0)


async def main(url: str, what: str) -> None:
    store = open_store(url, clock=CLOCK)
    await store.open()
    await {"quiet": quiet, "load": load}[what](store)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
