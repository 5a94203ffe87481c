"""Promises about agents and jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..domain.agent import AgentStatus, Character
from ..domain.errors import AgentNotFound, JobNotFound
from ..domain.job import JobAnswer, JobStatus
from ..domain.timeouts import TimeoutOverrides, Unusable
from .store_promises import Promises
from .store_samples import HOUR, MINUTE, SECOND, definition, job

if TYPE_CHECKING:
    from ..ports import Store
    from .clock import FakeClock


class RecordPromises(Promises):
    """Agents and jobs."""

    async def test_agents_are_read_back_by_name(self, store: Store, clock: FakeClock) -> None:
        character = Character(
            id="c",
            name="Ada",
            document={"name": "Ada", "bio": "Counts."},
            settings={"SESSION_TIMEOUT_MINUTES": "60"},
            secrets={"KEY": "hidden"},
            system="You are Ada.",
            bio=("Counts.", "Thinks."),
        )
        wishes = TimeoutOverrides(timeout=Unusable.VALUE, auto_renew=True, warning_threshold=MINUTE)
        ada = definition("Ada", clock.now(), character=character, timeouts=wishes, options={})
        bob, eve = definition("Bob", clock.now()), definition("Eve", clock.now(), timeouts=TimeoutOverrides())
        for one in (eve, ada, bob):
            await store.put_agent(one)
        assert await store.agents() == [ada, bob, eve]
        again = await self.reopened(store, clock)
        assert await again.agents() == [ada, bob, eve]
        await again.close()

    async def test_an_agent_replaces_the_one_of_its_id(self, store: Store, clock: FakeClock) -> None:
        first = definition("Ada", clock.now())
        await store.put_agent(first)
        second = replace(first, status=AgentStatus.INACTIVE, kind="openai", updated_at=clock.now() + HOUR)
        await store.put_agent(second)
        assert await store.agents() == [second]

    async def test_every_change_of_an_agent_leaves_another_mark(self, store: Store, clock: FakeClock) -> None:
        assert await store.agent_marks() == {}
        ada = definition("Ada", clock.now())
        for one in (ada, replace(ada, status=AgentStatus.INACTIVE), replace(ada, updated_at=clock.now() + SECOND)):
            await store.put_agent(one)
            assert await store.agent_marks() == {ada.id: (one.status, one.updated_at)}

    async def test_an_agent_is_forgotten(self, store: Store, clock: FakeClock) -> None:
        one = definition("Ada", clock.now())
        await store.put_agent(one)
        await store.remove_agent(one.id)
        assert await store.agents() == []
        with pytest.raises(AgentNotFound):
            await store.remove_agent(one.id)

    async def test_a_job_is_read_back(self, store: Store, clock: FakeClock) -> None:
        asked = job(clock.now(), metadata={"from": "test"})
        await store.put_job(asked)
        assert await store.job(asked.id) == asked
        answer = JobAnswer(
            message_id="m", text="Noon", author_id="a", created_at=clock.now() + SECOND, metadata={"thought": "easy"}
        )
        done = replace(asked, status=JobStatus.COMPLETED, answer=answer, finished_at=clock.now() + SECOND)
        await store.put_job(done)
        assert await store.job(asked.id) == done
        failed = replace(asked, status=JobStatus.FAILED, error="no agent")
        await store.put_job(failed)
        assert await store.job(asked.id) == failed

    async def test_an_unknown_job_is_not_found(self, store: Store) -> None:
        with pytest.raises(JobNotFound):
            await store.job("nothing")

    async def test_jobs_are_listed_newest_first(self, store: Store, clock: FakeClock) -> None:
        jobs = [job(clock.now() + turn * SECOND, status=status) for turn, status in enumerate([*JobStatus] * 2)]
        for one in jobs:
            await store.put_job(one)
        assert await store.jobs(limit=100) == jobs[::-1]
        assert await store.jobs(limit=3) == jobs[:-4:-1]
        assert await store.jobs(status="failed", limit=100) == [jobs[8], jobs[3]]
        assert dict(await store.job_counts()) == {status.value: 2 for status in JobStatus}

    async def test_jobs_that_expired_are_forgotten(self, store: Store, clock: FakeClock) -> None:
        old, new = job(clock.now() - HOUR), job(clock.now())
        for one in (old, new):
            await store.put_job(one)
        assert await store.forget_jobs(before=clock.now()) == 1
        assert await store.jobs(limit=10) == [new]

    async def test_the_store_answers_and_says_where_it_is(self, store: Store) -> None:
        await store.check()
        assert store.description
