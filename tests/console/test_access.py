"""The console for everybody, everywhere: behind a key, below a prefix, on a phone, in the dark, for a screen reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from .stage import ANNA, KEY, PHONE, axe, console

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Console

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_key_is_asked_for_once(
    tmp_path: Path, context: BrowserContext, clock: FakeClock, agent: ScriptedAgent
) -> None:
    async with console(tmp_path, context, clock, agent, key=KEY, prefix="/deep/agents") as stage:
        await stage.open()
        key = stage.page.get_by_role("dialog").get_by_label("Key")
        await key.fill("not this one")
        await stage.button("Continue").click()
        await expect(stage.page.get_by_role("dialog", name="That key was not accepted")).to_be_visible()
        await key.fill(KEY)
        await stage.button("Continue").click()
        await stage.button("Begin").click()
        await stage.page.get_by_label("Message to Actor").fill("Hello")
        await stage.page.keyboard.press("Enter")
        await expect(stage.page.locator(".message-text")).to_have_text(["Hello", "Yes."])
        await expect(stage.page.locator(".connection")).to_have_text("Live")
        await stage.page.reload()
        await expect(stage.page.locator(".message-text")).to_have_text(["Hello", "Yes."])
        await stage.page.get_by_role("link", name="Memory", exact=True).click()
        await expect(stage.page.locator(".card-title")).to_have_count(1)
        assert await context.cookies() == []
        assert KEY not in await stage.page.evaluate("JSON.stringify(localStorage) + location.href")
        await stage.button("Forget key").click()
        await expect(stage.page.get_by_role("dialog", name="Key")).to_be_visible()
        assert stage.trouble == []


async def test_the_page_is_kept_and_asked_about(stage: Console) -> None:
    request = stage.page.request
    page = await request.get(stage.url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "'unsafe" not in page.headers["content-security-policy"]
    again = await request.get(stage.url, headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, await again.body()) == (304, b"")
    script = await request.get(f"{stage.url}console/js/main.js")
    assert script.headers["content-encoding"] == "gzip"
    assert (await request.get(f"{stage.url}console/js/none.js")).status == 404


async def test_the_way_to_a_prefix_without_its_slash(
    tmp_path: Path, context: BrowserContext, clock: FakeClock, agent: ScriptedAgent
) -> None:
    async with console(tmp_path, context, clock, agent, prefix="/deep/agents") as stage:
        await stage.page.goto(stage.url.rstrip("/"))
        assert stage.page.url == stage.url
        await expect(stage.page.get_by_role("heading", name="Talk to an agent")).to_be_visible()


async def test_the_theme_is_the_systems_until_chosen(stage: Console) -> None:
    async def ground() -> str:
        colour: str = await stage.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        return colour

    await stage.open()
    light = await ground()
    await stage.page.emulate_media(color_scheme="dark")
    dark = await ground()
    assert light != dark
    await stage.button("Light theme").click()
    assert await ground() == light
    await stage.page.reload()
    assert await ground() == light
    await stage.button("Dark theme").click()
    assert await ground() == dark
    await stage.page.emulate_media(color_scheme="light")
    assert await ground() == light  # what the system had was chosen, so that the system is followed again


async def test_the_server_at_a_glance(stage: Console) -> None:
    session = await stage.session()
    await stage.say(session.id, "Hello")
    await stage.open("server")
    await expect(stage.page.locator(".tile", has_text="Database")).to_contain_text("Answers")
    await expect(stage.page.locator(".chart", has_text="Messages")).to_contain_text("1 since the start")
    await expect(stage.page.locator(".chart", has_text="Live sessions")).to_contain_text("1")
    await stage.button("Stop Echo").click()
    await expect(stage.button("Start Echo")).to_be_visible()


async def test_a_server_that_is_down_is_told_and_comes_back(stage: Console) -> None:
    await stage.open("sessions")
    await expect(stage.page.get_by_text("No session lives")).to_be_visible()
    await stage.page.route("**/api/**", lambda route: route.abort())
    await expect(stage.page.get_by_text("The server does not answer. Trying again …")).to_be_visible()
    await stage.page.unroute("**/api/**")
    await expect(stage.page.locator("#banner")).to_be_hidden()
    await expect(stage.page.get_by_text("No session lives")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_is_in_anybodys_way(stage: Console, theme: Any) -> None:
    await stage.page.emulate_media(color_scheme=theme)
    for place, shown in (await _places(stage)).items():
        await stage.open(place)
        await expect(stage.page.locator(shown).first).to_be_visible()
        assert await _found_by_axe(stage) == [], place


async def test_everything_fits_a_phone(
    browser: Browser, tmp_path: Path, clock: FakeClock, agent: ScriptedAgent
) -> None:
    context = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    async with console(tmp_path, context, clock, agent) as stage:
        for place, shown in (await _places(stage)).items():
            await stage.open(place)
            await expect(stage.page.locator(shown).first).to_be_visible()
            assert await stage.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        await stage.page.get_by_role("link", name="Playground").click()
        await stage.button("Begin").click()
        await stage.page.get_by_label("Message to Actor").fill("Hello")
        await stage.button("Send").tap()
        await expect(stage.page.locator(".message-text")).to_have_text(["Hello", "Yes."])
        await expect(stage.page.get_by_label("Message to Actor")).to_be_in_viewport()
    await context.close()


async def _places(stage: Console) -> dict[str, str]:
    """Every place, with something in it, and what is there to see."""
    await stage.remember("My sister Clara lives in Berlin.", "I moved to Bergen.")
    await stage.remember("I moved to Oslo.")
    session = await stage.session()
    await stage.say(session.id, "Hello")
    return {
        "playground": ".agent-card",
        f"playground/{session.id}": ".message[data-kind=replied]",
        "sessions": ".sessions-table tbody tr",
        f"sessions/{session.id}": ".row[data-kind=replied]",
        "sessions/deadbeef-0000-4000-8000-00000000dead": ".trouble",
        "memory": ".card-title",
        f"memory/{ANNA}": ".memory",
        f"memory/{ANNA}?show=search": ".search-form",
        f"memory/{ANNA}?show=conflicts": ".notice",
        "server": ".chart",
    }


async def _found_by_axe(stage: Console) -> list[str]:
    """What axe objects to, in words."""
    await stage.page.evaluate(axe())
    found = await stage.page.evaluate("axe.run().then(({violations}) => violations)")
    return [json.dumps([each["id"], [node["html"] for node in each["nodes"]]]) for each in found]
