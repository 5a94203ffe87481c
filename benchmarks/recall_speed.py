"""How fast users' memory answers, at 10,000 turns of one user and at 1,000,000 turns of 500 users."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from agent_sessions.domain import session as rules
from agent_sessions.domain.agent import Character
from agent_sessions.domain.context_request import ContextRequest, Strategy
from agent_sessions.domain.log import Author, Message
from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import Question
from agent_sessions.domain.session import Change
from agent_sessions.ports import Owner
from agent_sessions.services.context import ContextBuilder
from agent_sessions.services.recalling import Recalling
from agent_sessions.testing.store_samples import open_session, saying

from .remembering import remembering

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agent_sessions.domain.log import LogEntry
    from agent_sessions.domain.session import Session

    from .remembering import Remembering

TURNS_A_SESSION = 25
QUIET = timedelta(minutes=10)
ASKED = 200
AT_ONCE = 64
VOCABULARY = 12_000
KNOWN = ("work", "home", "family", "weekend", "trip", "book", "movie", "food", "friend", "doctor", "birthday", "dog")
LETTERS = ("ka", "ri", "mo", "ten", "sul", "vi", "dor", "pan", "lek", "shi", "bu", "na", "gor", "fe", "wim", "zet")
TOLD = ("I live in {}", "I have a dog called {}", "I work at {}", "My sister {} visited last week", "I love {}")


async def print_speed(*, million: bool) -> None:
    """A table for each size."""
    await _print(users=1, turns=10_000)
    if million:
        await _print(users=500, turns=2_000)


async def _print(*, users: int, turns: int) -> None:
    words = Words(random.Random(7))
    async with remembering() as services:
        owners = [Owner("default", f"user-{number}") for number in range(users)]
        began = time.perf_counter()
        for owner in owners:
            await _talk(services, owner, turns, words, processed=users == 1)
        taken = time.perf_counter() - began
        print(f"\n{users * turns:,} turns of {users} users (12 to 35 words, word frequencies as in English)")
        made = "said and made memories at" if users == 1 else "said at                  "
        print(f"  {made} {users * turns / taken:8,.0f} turns/s")
        await _print_first_touch(services, owners, turns=users * turns)
        for name, ask in (await _ways(services, owners, words)).items():
            print(f"  {name:24s}  {await _timed(ask)}")


async def _print_first_touch(services: Remembering, owners: list[Owner], *, turns: int) -> None:
    """What it takes to know a user again after a restart, and what knowing all of them holds."""
    before = psutil.Process().memory_info().rss
    spent = [await _seconds(services.indexes.ask(owner, len)) for owner in owners]
    held = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"  read and indexed at       {turns / sum(spent):8,.0f} turns/s")
    print(f"  first question of a user  {_percentiles(spent)}")
    print(f"  {services.indexes.documents:,} documents in memory: {held:,.0f} MB", flush=True)


async def _seconds(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _talk(services: Remembering, owner: Owner, turns: int, words: Words, *, processed: bool) -> None:
    """Sessions in which so much was said, made into memories where that is ``processed``."""
    await services.users.create(owner)
    for first in range(0, turns, TURNS_A_SESSION * AT_ONCE):
        count = min(AT_ONCE, (turns - first) // TURNS_A_SESSION)
        sessions = await asyncio.gather(*(_session(services, owner, words) for _ in range(count)))
        if processed:
            await asyncio.gather(*(services.sessions.process(owner, session.id) for session in sessions))
            await services.processor.settled()


async def _session(services: Remembering, owner: Owner, words: Words) -> Session:
    session = await services.sessions.open(owner, quiet=QUIET)
    said = [words.message(Role.ASSISTANT if number % 2 else Role.USER) for number in range(TURNS_A_SESSION)]
    return await services.store.change(session.id, partial(_spoken, said=said, services=services))


def _spoken(session: Session, *, said: list[Message], services: Remembering) -> Change:
    """All of a session's messages as one change, which only the benchmark is in such a hurry for."""
    entries: list[LogEntry] = []
    for message in said:
        change = rules.noted(session, message, now=services.clock.now())
        session = change.session
        entries += change.entries
    return Change(session, tuple(entries))


async def _ways(services: Remembering, owners: list[Owner], words: Words) -> dict[str, Callable[[], Awaitable[object]]]:
    """The ways in which memory is asked, each for a random user and question."""
    rng = random.Random(11)
    recalling = Recalling(services.backends, clock=services.clock)
    builder = ContextBuilder(services.store, services.recent, clock=services.clock, memory=recalling)
    who = Character(id="11111111-1111-4111-8111-111111111111", name="Ada")

    async def recall() -> object:
        question = Question(text=words.question(), now=services.clock.now(), limit=50)
        return await services.memory.recall(rng.choice(owners), question)

    async def agent() -> object:
        owner = rng.choice(owners)
        session = await open_session(services.store, services.clock.now(), user_id=owner.user_id)
        message = Message(id=str(uuid4()), author=Author.USER, author_id=owner.user_id, text=words.question())
        await services.store.change(session.id, saying(message, services.clock.now(), room=1))
        return partial(builder.build, session.id, who, message)

    async def context(strategy: Strategy) -> object:
        owner = rng.choice(owners)
        session = await services.sessions.open(owner, quiet=QUIET)
        await services.sessions.add_message(owner, session.id, role=Role.USER, text=words.question())
        return partial(services.contexts.context, owner, session.id, ContextRequest(strategy=strategy))

    return {
        "recall": recall,
        "agent's context": agent,
        **{f"context, {strategy.value}": partial(context, strategy) for strategy in Strategy},
    }


async def _timed(ask: Callable[[], Awaitable[object]]) -> str:
    """Milliseconds; of a way that first has something said, only what comes after.

    CPU: of the whole process, which tells what it would take on a machine that does nothing else.
    """
    spent, computed = [], []
    for _ in range(ASKED):
        began = time.perf_counter(), time.process_time()
        prepared = await ask()
        if callable(prepared):
            began = time.perf_counter(), time.process_time()
            await prepared()
        spent.append(time.perf_counter() - began[0])
        computed.append(time.process_time() - began[1])
    return f"{_percentiles(spent)}; CPU {_percentiles(computed)}"


def _percentiles(seconds: list[float]) -> str:
    ordered = sorted(1e3 * each for each in seconds)
    return f"p50 {statistics.median(ordered):6.1f} ms, p95 {ordered[int(0.95 * len(ordered))]:6.1f} ms"


class Words:
    """Made-up talk: words by Zipf's law, as people use them, and now and then a fact."""

    def __init__(self, rng: random.Random) -> None:
        made = sorted({"".join(rng.choices(LETTERS, k=rng.randint(2, 4))) for _ in range(VOCABULARY)})
        rng.shuffle(made)
        self._rng = rng
        self._words = [*KNOWN, *made]

    def message(self, role: Role) -> Message:
        """12 to 35 words; every tenth message of the user begins with a fact."""
        rng = self._rng
        text = " ".join(self._picked(rng.randint(8, 25)) + ["i went to the"] * 2)
        if role is Role.USER and rng.random() < 0.1:
            text = f"{rng.choice(TOLD).format(self._picked(1)[0].capitalize())}. {text}"
        author = Author.USER if role is Role.USER else Author.AGENT
        return Message(id=str(uuid4()), author=author, author_id="", text=text)

    def question(self) -> str:
        """Three to eight words in a question."""
        return f"When did I {' '.join(self._picked(self._rng.randint(3, 8)))}?"

    def _picked(self, count: int) -> list[str]:
        return [self._words[int(len(self._words) ** self._rng.random()) - 1] for _ in range(count)]
