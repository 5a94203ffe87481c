"""Memory on the page: what is remembered and why, its versions and sources, contradictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from agent_sessions.config import Memory
from agent_sessions.ports import Owner

from .stage import ANNA, console

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Console

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_from_the_users_to_a_memory_its_versions_and_its_source(stage: Console) -> None:
    await stage.remember("I moved to Bergen.", "I have a dog called Fjord.")
    await stage.remember("I moved to Oslo.")
    await stage.open("memory")
    await stage.page.get_by_role("link", name="11111111").click()
    cards = stage.page.locator(".memory")
    await expect(cards).to_have_count(2)
    home = cards.filter(has_text="User moved to Oslo")
    await home.get_by_text("2 versions").click()
    await expect(home.locator(".versions")).to_contain_text("User moved to Bergen")
    await expect(home.locator(".versions")).to_contain_text("it changed")
    await home.get_by_text("Sources").click()
    await expect(home.locator("blockquote")).to_have_text(["I moved to Oslo."])
    await stage.page.get_by_label("Category").select_option("pets")
    await expect(cards).to_have_count(1)
    await expect(cards).to_contain_text("User has a dog called Fjord")


async def test_forgetting_a_memory_brings_back_the_version_before(stage: Console) -> None:
    await stage.remember("I moved to Bergen.")
    await stage.remember("I moved to Oslo.")
    await stage.open(f"memory/{ANNA}")
    await stage.button("Forget …").click()
    await stage.button("Forget").click()
    await expect(stage.page.locator(".memory > .memory-text")).to_have_text(["User moved to Bergen"])


async def test_searching_says_why(stage: Console) -> None:
    await stage.remember("My sister Clara lives in Berlin.", "I like rye bread.")
    await stage.open(f"memory/{ANNA}?show=search")
    await stage.page.get_by_label("What would you ask?").fill("Where does my sister live?")
    await stage.page.keyboard.press("Enter")
    first = stage.page.locator(".result").first
    await expect(first).to_contain_text("Clara")
    await expect(first).to_contain_text("Has in it:")
    await expect(first.get_by_label("Grounds")).to_contain_text("words +")
    await expect(first.get_by_label("Similarity")).to_be_visible()


async def test_settling_a_contradiction(
    tmp_path: Path, context: BrowserContext, clock: FakeClock, agent: ScriptedAgent
) -> None:
    async with console(tmp_path, context, clock, agent, memory=Memory(merge_conflicts=True)) as stage:
        await stage.remember("My birthday is March 15.")
        await stage.remember("My birthday is June 20.")
        await stage.open(f"memory/{ANNA}")
        await expect(stage.page.get_by_text("contradicted")).to_be_visible()
        await stage.page.get_by_role("link", name="Conflicts 1").click()
        await stage.page.get_by_role("radio", name="June 20").check()
        await stage.button("Settle").click()
        await expect(stage.page.get_by_text("Nothing to settle")).to_be_visible()
        await stage.page.get_by_role("link", name="Memories").click()
        await expect(stage.page.locator(".memory > .memory-text")).to_have_text(["User's birthday is June 20"])
        kept = await stage.services.conflicts.list(Owner("default", ANNA), limit=1)
        assert kept.total == 1
        assert stage.trouble == []


async def test_nobody_and_nothing(stage: Console) -> None:
    await stage.open("memory")
    await expect(stage.page.get_by_text("Nobody yet")).to_be_visible()
    await stage.session()
    await stage.open(f"memory/{ANNA}")
    await expect(stage.page.get_by_text("Nothing remembered yet")).to_be_visible()
    await stage.open("memory/nobody")
    await expect(stage.page.get_by_role("alert")).to_contain_text("User nobody not found")
