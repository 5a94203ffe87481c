"""The life of sessions: begun, kept alive, changed, ended, and still there tomorrow."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from agent_sessions.domain.errors import (
    AgentNotFound,
    SessionExpired,
    SessionNotFound,
    StoreUnavailable,
)
from agent_sessions.domain.log import Created, Ended, Reconfigured, Renewed
from agent_sessions.domain.session import State
from agent_sessions.domain.timeouts import TimeoutOverrides, Unusable
from agent_sessions.services.agents import AgentSpec

from .stage import POLICY, REMEMBER, crash, locked, on_stage, soon, undeletable

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.domain.session import Session
    from agent_sessions.testing import FakeClock

    from .stage import Stage

MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
USER = "11111111-1111-4111-8111-111111111111"


async def begin(stage: Stage, *, user_id: str = USER, **wishes: object) -> Session:
    return await stage.sessions.create(agent_id=stage.agent_id, user_id=user_id, timeouts=TimeoutOverrides(**wishes))  # type: ignore[arg-type]


async def talk(stage: Stage, session: Session, *texts: str) -> None:
    for text in texts:
        await soon((await stage.send(session, text)).turn.outcome())


# ------------------------------------------------------------------------------------------------------------ beginning


async def test_a_session_begins_now_with_the_servers_timeouts(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.sessions.create(agent_id=stage.agent_id, user_id=USER, metadata={"from": "test"})
        assert session.created_at == session.last_activity == clock.now()
        assert session.expires_at == clock.now() + 30 * MINUTE
        assert session.timeout == POLICY.defaults
        assert (session.metadata, session.renewal_count, session.state) == ({"from": "test"}, 0, State.ACTIVE)
        assert len({session.id, session.channel_id}) == 2
        assert await stage.sessions.get(session.id) == session
        assert [entry.fact for entry in await stage.log(session)] == [Created(session.expires_at, session.timeout)]


async def test_timeouts_come_from_the_session_then_its_agent_then_the_server(tmp_path: Path, clock: FakeClock) -> None:
    settings = {"SESSION_TIMEOUT_MINUTES": "60", "SESSION_AUTO_RENEW": "false"}
    spec = AgentSpec({"name": "Hourly", "settings": settings})
    async with on_stage(tmp_path, clock, agents=[spec]) as stage:
        agents = await begin(stage)
        assert (agents.timeout.timeout, agents.timeout.auto_renew) == (60 * MINUTE, False)
        assert agents.timeout.max_duration == POLICY.defaults.max_duration
        own = await begin(stage, timeout=45 * MINUTE, auto_renew=True)
        assert (own.timeout.timeout, own.timeout.auto_renew) == (45 * MINUTE, True)
        unusable = await begin(stage, timeout=Unusable.VALUE)
        assert unusable.timeout.timeout == 60 * MINUTE


async def test_wishes_are_moved_inside_the_limits(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        assert (await begin(stage, timeout=MINUTE)).timeout.timeout == 5 * MINUTE
        assert (await begin(stage, timeout=timedelta(days=30))).timeout.timeout == timedelta(days=1)
        long = await begin(stage, timeout=timedelta(days=1))
        assert long.expires_at == clock.now() + timedelta(hours=12), "never beyond the maximum duration"


async def test_only_a_running_agent_takes_sessions(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        with pytest.raises(AgentNotFound):
            await stage.sessions.create(agent_id=str(uuid4()), user_id=USER)
        await stage.agents.stop(stage.agent_id)
        with pytest.raises(AgentNotFound):
            await begin(stage)
        assert (await stage.sessions.counts()).active == 0


async def test_the_same_key_gives_the_same_session(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:

        async def keyed(key: str) -> Session:
            return await stage.sessions.create(agent_id=stage.agent_id, user_id=USER, idempotency_key=key)

        first, second = await soon(asyncio.gather(keyed("k1"), keyed("k1")))
        assert first == second == await keyed("k1")
        assert (await keyed("k2")).id != first.id
        assert (await stage.sessions.counts()).active == 2


# -------------------------------------------------------------------------------------------------------------- the end


async def test_an_expired_session_is_told_as_such_and_then_forgotten(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        await clock.advance(30 * MINUTE - MILLISECOND)
        assert await stage.sessions.get(session.id) == session
        await clock.advance(MILLISECOND)
        for call in (stage.sessions.get, stage.sessions.renew, stage.sessions.heartbeat):
            with pytest.raises(SessionExpired) as expired:
                await call(session.id)
            assert expired.value.expired_at == session.expires_at
        with pytest.raises(SessionExpired):
            await stage.sessions.reconfigure(session.id, TimeoutOverrides(timeout=60 * MINUTE))
        with pytest.raises(SessionExpired):
            await stage.sessions.history(session.id, limit=10)
        await clock.advance(REMEMBER)
        with pytest.raises(SessionNotFound):
            await stage.sessions.get(session.id)


async def test_an_ended_session_is_gone_and_its_log_stays(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        await talk(stage, session, "hi")
        ended = await stage.sessions.end(session.id)
        assert (ended.state, ended.closed_at) == (State.ENDED, clock.now())
        for call in (stage.sessions.get, stage.sessions.renew, stage.sessions.heartbeat, stage.sessions.end):
            with pytest.raises(SessionNotFound):
                await call(session.id)
        log = await stage.log(session)
        assert isinstance(log[-1].fact, Ended)
        assert await stage.said(session) == ["hi", "echo: hi"]


async def test_an_expired_session_can_be_ended_while_it_is_remembered(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        first, second = await begin(stage), await begin(stage)
        await clock.advance(60 * MINUTE)
        assert (await stage.sessions.end(first.id)).state is State.ENDED
        await clock.advance(REMEMBER)
        with pytest.raises(SessionNotFound):
            await stage.sessions.end(second.id)


async def test_two_ends_at_once_are_one(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        ends = await asyncio.gather(*(stage.sessions.end(session.id) for _ in range(5)), return_exceptions=True)
        assert [type(end) for end in ends].count(SessionNotFound) == 4
        assert [type(entry.fact) for entry in await stage.log(session)] == [Created, Ended]


# ----------------------------------------------------------------------------------------------------------- kept alive


async def test_a_heartbeat_renews_only_what_activity_renews(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        renewing, fixed = await begin(stage), await begin(stage, auto_renew=False)
        await clock.advance(10 * MINUTE)
        after = await stage.sessions.heartbeat(renewing.id)
        assert (after.expires_at, after.renewal_count) == (clock.now() + 30 * MINUTE, 1)
        after = await stage.sessions.heartbeat(fixed.id)
        assert (after.expires_at, after.renewal_count) == (fixed.expires_at, 0)
        assert after.last_activity == clock.now()


async def test_renewing_by_hand_renews_any_session(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        fixed = await begin(stage, auto_renew=False)
        await clock.advance(10 * MINUTE)
        after = await stage.sessions.renew(fixed.id)
        assert (after.expires_at, after.renewal_count) == (clock.now() + 30 * MINUTE, 1)
        assert after.timeout.auto_renew is False


async def test_no_renewal_outlives_the_maximum_duration(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage, max_duration=60 * MINUTE)
        for _ in range(5):
            await clock.advance(11 * MINUTE)
            after = await stage.sessions.renew(session.id)
        assert (after.expires_at, after.renewal_count) == (session.created_at + 60 * MINUTE, 5)
        await clock.advance(5 * MINUTE)
        with pytest.raises(SessionExpired):
            await stage.sessions.renew(session.id)


async def test_renewals_are_in_the_log_within_a_second(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        for _ in range(3):
            told = await stage.sessions.heartbeat(session.id)
        await clock.advance(timedelta(seconds=1))
        log = await stage.log(session)
        renewals = [entry.fact.renewal for entry in log if isinstance(entry.fact, Renewed)]
        assert renewals[-1].count == told.renewal_count == 3
        assert [entry.seq for entry in log] == list(range(1, len(log) + 1))


# -------------------------------------------------------------------------------------------------------------- changed


async def test_a_change_keeps_what_it_does_not_name(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage, timeout=45 * MINUTE, auto_renew=False)
        changed = await stage.sessions.reconfigure(session.id, TimeoutOverrides(warning_threshold=10 * MINUTE))
        assert changed.timeout == replace(session.timeout, warning_threshold=10 * MINUTE)
        assert changed.expires_at == session.expires_at
        unusable = TimeoutOverrides(timeout=Unusable.VALUE)
        assert (await stage.sessions.reconfigure(session.id, unusable)).timeout.timeout == 30 * MINUTE
        facts = [entry.fact for entry in await stage.log(session)]
        assert [type(fact) for fact in facts] == [Created, Reconfigured, Reconfigured]


async def test_a_change_can_end_a_session_at_once(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        await clock.advance(20 * MINUTE)
        changed = await stage.sessions.reconfigure(session.id, TimeoutOverrides(timeout=10 * MINUTE))
        assert changed.expires_at == session.created_at + 10 * MINUTE
        with pytest.raises(SessionExpired):
            await stage.sessions.get(session.id)


# ------------------------------------------------------------------------------------------------------------- tomorrow


async def test_sessions_survive_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage, timeout=45 * MINUTE)
        await talk(stage, session, "hi")
        await clock.advance(10 * MINUTE)
        told = await stage.sessions.heartbeat(session.id)
        ended = await begin(stage)
        await stage.sessions.end(ended.id)
    async with on_stage(tmp_path, clock) as stage:
        found = await stage.sessions.get(session.id)
        assert found.expires_at >= told.expires_at
        assert (found.renewal_count, found.timeout, found.metadata) == (told.renewal_count, told.timeout, told.metadata)
        assert await stage.said(session) == ["hi", "echo: hi"]
        await talk(stage, session, "again")
        assert await stage.said(session) == ["hi", "echo: hi", "again", "echo: again"]
        with pytest.raises(SessionNotFound):
            await stage.sessions.get(ended.id)


async def test_no_session_ends_earlier_than_was_told_after_a_crash(tmp_path: Path, clock: FakeClock) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    async with on_stage(before, clock) as stage:
        session = await begin(stage)
        told = session
        for _ in range(20):
            clock.step(timedelta(milliseconds=130))
            told = await stage.sessions.heartbeat(session.id)
        crash(before, after)
    async with on_stage(after, clock) as stage:
        assert (await stage.sessions.get(session.id)).expires_at >= told.expires_at


async def test_what_the_store_cannot_take_did_not_happen(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        with locked(tmp_path):
            for call in (
                begin(stage),
                stage.sessions.end(session.id),
                stage.sessions.reconfigure(session.id, TimeoutOverrides(timeout=60 * MINUTE)),
            ):
                with pytest.raises(StoreUnavailable):
                    await call
        assert await stage.sessions.get(session.id) == session
        assert (await stage.sessions.counts()).active == 1
        assert len(await stage.log(session)) == 1


async def test_a_session_that_cannot_be_erased_has_not_ended(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        with undeletable(tmp_path), pytest.raises(StoreUnavailable):
            await stage.sessions.end(session.id, forget=True)
        assert await stage.sessions.get(session.id) == session
        assert (await stage.sessions.end(session.id, forget=True)).state is State.ENDED
        with pytest.raises(SessionNotFound):
            await stage.store.get(session.id)
        assert (await stage.sessions.counts()).active == 0
