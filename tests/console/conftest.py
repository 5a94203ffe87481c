"""One browser for all tests of a process; a server, a clock and a clean page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from agent_sessions.testing import FakeClock
from agent_sessions.testing.agents import ScriptedAgent

from .stage import DESK, chromium, console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext

    from .stage import Console


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=DESK, locale="en-GB", timezone_id="UTC", reduced_motion="reduce")
    yield context
    await context.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def agent() -> ScriptedAgent:
    return ScriptedAgent()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    tmp_path: Path, context: BrowserContext, clock: FakeClock, agent: ScriptedAgent
) -> AsyncIterator[Console]:
    """The console of an open server. Whatever was wrong on the page fails the test at its end."""
    async with console(tmp_path, context, clock, agent) as shown:
        yield shown
        assert shown.trouble == []
