"""Users carried from one database to another: everything arrives, nothing twice, and mistakes are told by line."""

from __future__ import annotations

import json
import tempfile
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent_sessions import Draft, Server, Settings
from agent_sessions.config import AgentEntry, Database
from agent_sessions.config import Memory as MemorySettings
from agent_sessions.domain.errors import AlreadyExists, UserNotFound
from agent_sessions.domain.memory import Role
from agent_sessions.domain.recollection import ConflictAnswer, ConflictStatus
from agent_sessions.domain.session import MemoryStatus
from agent_sessions.ports import MemoryFilter, Owner
from agent_sessions.services.portability import Portability, UnreadableFile
from agent_sessions.testing import FakeClock

from ..store.conftest import postgres_url as postgres_url
from .stage import soon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from pathlib import Path

    from agent_sessions import Services
    from agent_sessions.services.portability import Imported

ANNA = Owner("default", "11111111-1111-4111-8111-111111111111")
TELLING = (
    "I live in Berlin.",
    "I moved to Munich last week.",
    "My birthday is March 15.",
    "My birthday is June 20.",
    "I have a dog called Rex.",
    "My dog Rex is sick. My sister Eva loves Rex.",
    "I'm allergic to peanuts.",
    "Actually I can eat peanuts again.",
    "Thanks, bye!",
    '\u2028 \U0001f40e {"a": 1}',
)


@asynccontextmanager
async def serving(url: str, *, clock: FakeClock | None = None, conflicts: bool = True) -> AsyncIterator[Services]:
    memory = MemorySettings(merge_conflicts=conflicts)
    echo = AgentEntry(name="Echo", kind="echo", options={"prefix": ""})
    async with Server(
        Settings(database=Database(url=url), agents=(echo,), memory=memory), clock=clock or FakeClock()
    ) as services:
        yield services


def in_folder(folder: str | Path, name: str) -> str:
    return f"sqlite:///{folder}/{name}.db"


class Life:
    """What happens to a user, step by step."""

    def __init__(self, services: Services, clock: FakeClock) -> None:
        self._services = services
        self._clock = clock
        self._session = ""

    async def live(self, steps: Sequence[tuple[str, Any]]) -> None:
        for name, about in steps:
            await getattr(self, name)(about)
            await soon(self._processed())

    async def begin(self, _: Any) -> None:
        agent = self._services.agents.all()[0].id
        session = await self._services.sessions.create(
            agent_id=agent, user_id=ANNA.user_id, metadata={"n": 1, "of": ["a"]}
        )
        self._session = session.id

    async def say(self, text: str) -> None:
        if not self._session:
            await self.begin(None)
        exchange = await self._services.conversation.send(self._session, Draft(text, metadata={"mood": "x"}))
        await exchange.turn.outcome()

    async def wait(self, minutes: int) -> None:
        await self._clock.advance(timedelta(minutes=minutes))
        if minutes >= 30:
            self._session = ""

    async def end(self, _: Any) -> None:
        if self._session:
            await self._services.sessions.end(self._session)
        self._session = ""

    async def bring(self, texts: Sequence[str]) -> None:
        """A conversation on the memory wire, processed at once."""
        services = self._services
        try:
            await services.users.get(ANNA)
        except UserNotFound:
            await services.users.create(ANNA, metadata={"plan": "pro"})
        session = await services.memory_sessions.open(
            ANNA, quiet=timedelta(minutes=10), created_at=self._clock.now() - timedelta(days=30)
        )
        for text in texts:
            await services.memory_sessions.add_message(ANNA, session.id, role=Role.USER, text=text)
        await services.memory_sessions.process(ANNA, session.id)

    async def resolve(self, option: int) -> None:
        """Answer the oldest open conflict."""
        try:
            open_ones = await self._services.conflicts.list(
                ANNA, limit=1, status=ConflictStatus.PENDING, ascending=True
            )
        except UserNotFound:
            return
        for told in open_ones.items:
            conflict = told.kept.conflict
            answers = [
                ConflictAnswer(each.question, each.options[option % len(each.options)]) for each in conflict.questions
            ]
            await self._services.conflicts.resolve(ANNA, conflict.id, answers)

    async def forget(self, which: int) -> None:
        try:
            memories = (await self._services.memories.list(ANNA, MemoryFilter(), limit=100)).items
        except UserNotFound:
            return
        if memories:
            chosen = memories[which % len(memories)].kept.memory.id
            await self._services.memories.forget(ANNA, chosen, with_previous=which % 2 == 0)

    async def _processed(self) -> None:
        while True:
            await self._clock.settle()
            try:
                page = await self._services.store.sessions_of(ANNA, limit=1, statuses=[MemoryStatus.PROCESSING])
            except UserNotFound:
                return
            if not page.total:
                return


text = st.sampled_from(TELLING)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), text),
        st.tuples(st.just("bring"), st.lists(text, min_size=1, max_size=3)),
        st.tuples(st.just("wait"), st.sampled_from([1, 11, 31])),
        st.tuples(st.just("end"), st.none()),
        st.tuples(st.just("resolve"), st.integers(0, 3)),
        st.tuples(st.just("forget"), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=8,
).map(lambda them: [("begin", None), *them])


async def exported(services: Services, owner: Owner = ANNA) -> list[str]:
    return [line async for line in Portability(services.store).export(owner)]


async def imported(services: Services, lines: Iterable[str]) -> Imported:
    return await Portability(services.store).import_(lambda: [line.encode() + b"\n" for line in lines])


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.booleans())
@example([("bring", [TELLING[2]]), ("bring", [TELLING[3]]), ("resolve", 1), ("bring", [TELLING[4], TELLING[5]])], True)
@example(
    [("bring", [TELLING[0]]), ("bring", [TELLING[1]]), ("bring", [TELLING[6]]), ("forget", 1), ("say", "a")], False
)
async def test_what_is_exported_is_there_after_the_import_and_a_second_one_changes_nothing(
    life: list[tuple[str, Any]], conflicts: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = FakeClock()
        async with serving(in_folder(folder, "old"), clock=clock, conflicts=conflicts) as old:
            await Life(old, clock).live(life)
            lines = await exported(old)
            assert (await imported(old, lines)).new == 0
        async with serving(in_folder(folder, "new"), clock=clock) as new:
            assert (await imported(new, lines)).new > 0
            assert await exported(new) == lines
            assert (await imported(new, lines)).new == 0
            assert await exported(new) == lines


LIFE = [("bring", list(TELLING[:3])), ("say", TELLING[4]), ("say", TELLING[5]), ("end", None), ("say", TELLING[6])]


@pytest.fixture
async def lines(tmp_path: Path, clock: FakeClock) -> list[str]:
    """An export of a user with two closed sessions, one open, and memories."""
    async with serving(in_folder(tmp_path, "old"), clock=clock) as services:
        await Life(services, clock).live(LIFE)
        return await exported(services)


async def test_a_user_moves_from_sqlite_to_postgresql_and_back(
    lines: list[str], postgres_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    async with serving(postgres_url, clock=clock) as services:
        await imported(services, lines)
        there = await exported(services)
        assert there == lines
        assert (await imported(services, lines)).new == 0
    async with serving(in_folder(tmp_path, "back"), clock=clock) as services:
        await imported(services, there)
        assert await exported(services) == lines


async def test_an_imported_session_goes_on_where_it_was(lines: list[str], tmp_path: Path, clock: FakeClock) -> None:
    async with serving(in_folder(tmp_path, "new"), clock=clock) as services:
        await imported(services, lines)
        (session,) = (await services.sessions.list(user_id=ANNA.user_id)).sessions
        assert (await services.sessions.counts()).active == 1
        exchange = await services.conversation.send(session.id, Draft("Still there?"))
        assert exchange.entry.seq == session.last_seq + 1
        await exchange.turn.outcome()
        await clock.advance(timedelta(minutes=31))
        assert (await services.store.get(session.id)).state == "expired"


async def test_what_is_there_already_stays_as_it_is(lines: list[str], tmp_path: Path, clock: FakeClock) -> None:
    async with serving(in_folder(tmp_path, "old"), clock=clock) as services:
        await Life(services, clock).live([("say", "More since then."), ("end", None)])
        later = await exported(services)
        told = await imported(services, lines)
        assert (told.new, told.known_sessions) == (0, 3)
        assert await exported(services) == [*later[:1], *(await exported(services))[1:]]
        assert len(await exported(services)) == len(later)


async def test_an_import_that_was_broken_off_is_begun_again(lines: list[str], tmp_path: Path, clock: FakeClock) -> None:
    class Broken(Exception):
        pass

    def stop(done: int, _of: int) -> None:
        if done == len(lines) // 2:
            raise Broken

    async with serving(in_folder(tmp_path, "new"), clock=clock) as services:
        with pytest.raises(Broken):
            await Portability(services.store).import_(lambda: [line.encode() for line in lines], progress=stop)
        await imported(services, lines)
        assert await exported(services) == lines


async def test_progress_is_told(lines: list[str], tmp_path: Path, clock: FakeClock) -> None:
    seen: list[tuple[int, int]] = []
    async with serving(in_folder(tmp_path, "new"), clock=clock) as services:
        await Portability(services.store).import_(
            lambda: [line.encode() for line in lines], progress=lambda done, of: seen.append((done, of))
        )
        assert seen[0] == (1, len(lines))
        assert seen[-1] == (len(lines), len(lines))
        seen.clear()
        portability = Portability(services.store)
        assert [line async for line in portability.export(ANNA, progress=lambda done, of: seen.append((done, of)))]
        assert seen[-1] == (3, 3)


def changed(lines: list[str], at: int, **members: Any) -> list[str]:
    """The lines with one of them different."""
    return [*lines[:at], json.dumps({**json.loads(lines[at]), **members}), *lines[at + 1 :]]


def at(lines: list[str], record: str) -> int:
    """The place of the first of these records."""
    return next(place for place, line in enumerate(lines) if json.loads(line)["record"] == record)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda lines: [], "line 1: the file ends before its end"),
        (lambda lines: lines[1:], "line 1: is not the first line of an export"),
        (lambda lines: changed(lines, 0, form=9), "line 1: this version reads exports of form 1, not 9"),
        (lambda lines: lines[:-1], "the file ends before its end; was it written to the end?"),
        (lambda lines: [*lines[:3], "{not json", *lines[4:]], "line 4: "),
        (lambda lines: [*lines[:3], "[]", *lines[4:]], "line 4: "),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3: a row of a log must follow its session"),
        (lambda lines: [*lines[:4], *lines[5:]], "line 5: row 2 of session"),
        (lambda lines: changed(lines, 2, record="sesion"), "line 3: unknown record 'sesion'"),
        (lambda lines: changed(lines, 2, user_id="eve"), "line 3: belongs to another user than the file"),
        (lambda lines: changed(lines, 2, created_at="today"), "line 3: "),
        (lambda lines: changed(lines, 2, state="asleep"), "line 3: 'asleep' is not a valid State"),
        (lambda lines: changed(lines, at(lines, "memory"), content=None), "None is no text"),
        (
            lambda lines: changed(lines, at(lines, "memory"), replaced_by="x", expired_at=1),
            "was replaced by one that is not in the file",
        ),
        (
            lambda lines: changed(
                lines, at(lines, "memory"), replaced_by=json.loads(lines[at(lines, "memory")])["id"], expired_at=1
            ),
            "follows itself",
        ),
        (lambda lines: [*lines, lines[1]], "comes after the end"),
        (
            lambda lines: [lines[0], *lines[2:-1], json.dumps({"record": "end", "lines": len(lines) - 2})],
            "line 2: a session before its user",
        ),
    ],
)
async def test_a_file_that_is_not_right_is_refused_with_the_line_and_nothing_is_written(
    lines: list[str], spoil: Callable[[list[str]], list[str]], told: str, tmp_path: Path, clock: FakeClock
) -> None:
    async with serving(in_folder(tmp_path, "new"), clock=clock) as services:
        with pytest.raises(UnreadableFile) as caught:
            await imported(services, spoil(lines))
        assert told in str(caught.value)
        with pytest.raises(UserNotFound):
            await services.users.get(ANNA)


async def test_a_session_of_somebody_else_is_never_touched(lines: list[str], tmp_path: Path, clock: FakeClock) -> None:
    eve = Owner("default", "eve")
    theirs = [line.replace(ANNA.user_id, eve.user_id) for line in lines]
    async with serving(in_folder(tmp_path, "old"), clock=clock) as services:
        before = await exported(services)
        with pytest.raises(AlreadyExists):
            await imported(services, theirs)
        assert await exported(services) == before


async def test_nobody_cannot_be_exported(tmp_path: Path) -> None:
    async with serving(in_folder(tmp_path, "new")) as services:
        with pytest.raises(UserNotFound):
            await exported(services, Owner("default", "nobody"))
