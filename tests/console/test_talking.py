"""Talking to an agent: replies as they are made, what goes wrong with them, with and without a mouse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from agent_sessions import AgentFailed, ReplyPart

if TYPE_CHECKING:
    from .stage import Console

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def begin(stage: Console) -> str:
    """Begin a session with the actor from the page; its id."""
    await stage.open()
    await stage.page.get_by_role("radio", name="Actor").check()
    await stage.button("Begin").click()
    await expect(stage.page.get_by_label("Message to Actor")).to_be_focused()
    return stage.page.url.rpartition("/")[2]


async def write(stage: Console, text: str) -> None:
    await stage.page.get_by_label("Message to Actor").fill(text)
    await stage.page.keyboard.press("Enter")


async def test_a_reply_appears_as_it_is_made(stage: Console) -> None:
    more = asyncio.Event()
    stage.agent.will_say(
        "Bergen is ", more, ReplyPart(text="rainy.", thought="They should pack a coat.", actions=("PACK",))
    )
    await begin(stage)
    await write(stage, "How is Bergen?")
    reply = stage.page.locator(".message[data-kind=replied]")
    await expect(reply.locator(".message-text")).to_have_text("Bergen is ")
    await expect(reply).to_have_attribute("aria-busy", "true")
    more.set()
    await expect(reply.locator(".message-text")).to_have_text("Bergen is rainy.")
    await expect(reply).not_to_have_attribute("aria-busy", "true")
    await expect(reply.get_by_text("PACK", exact=True)).to_be_visible()
    await expect(reply.get_by_text("They should pack a coat.")).to_be_hidden()
    await reply.get_by_text("Thought").click()
    await expect(reply.get_by_text("They should pack a coat.")).to_be_visible()
    await expect(stage.page.locator(".message")).to_have_count(2)
    await expect(stage.page.locator("#announcements")).to_have_text("Actor: Bergen is rainy.")


async def test_a_conversation_is_there_again_after_a_reload(stage: Console) -> None:
    session = await begin(stage)
    stage.agent.will_say("First.")
    await write(stage, "One")
    await expect(stage.page.locator(".message")).to_have_count(2)
    await stage.page.reload()
    await expect(stage.page.locator(".message-text")).to_have_text(["One", "First."])
    stage.agent.will_say("Second.")
    await stage.say(session, "Two")  # from elsewhere
    await expect(stage.page.locator(".message-text")).to_have_text(["One", "First.", "Two", "Second."])


async def test_it_is_told_when_there_is_no_reply(stage: Console) -> None:
    stage.agent.will_fail(AgentFailed("The model refused"))
    await begin(stage)
    await write(stage, "Hello?")
    await expect(stage.page.get_by_text("No reply: The model refused")).to_be_visible()
    await write(stage, "And now?")
    await expect(stage.page.locator(".message[data-kind=replied]")).to_have_text("Actor12:00Yes.")


async def test_what_could_not_be_sent_is_sent_again_once(stage: Console) -> None:
    session = await begin(stage)
    await stage.page.route("**/messages", lambda route: route.abort())
    await write(stage, "Are you there?")
    await expect(stage.page.get_by_text("Not sent: The server does not answer.")).to_be_visible()
    await stage.page.unroute("**/messages")
    await stage.button("Send again").click()
    await expect(stage.page.locator(".message-text")).to_have_text(["Are you there?", "Yes."])
    assert await stage.said(session) == ["Are you there?"]


async def test_markup_is_text(stage: Console) -> None:
    text = "<img src=x onerror=alert(1)> & <b>bold</b>"
    stage.agent.will_say(text)
    await begin(stage)
    await write(stage, text)
    await expect(stage.page.locator(".message-text")).to_have_text([text, text])


async def test_a_conversation_by_keyboard_alone(stage: Console) -> None:
    keyboard = stage.page.keyboard
    await stage.open("server")
    await expect(stage.page.get_by_role("heading", name="Server")).to_be_visible()
    await keyboard.press("g")
    await keyboard.press("p")
    actor = stage.page.get_by_role("radio", name="Actor")
    await expect(actor).to_be_checked()
    for _ in range(20):
        if await actor.evaluate("radio => radio === document.activeElement"):
            break
        await keyboard.press("Tab")
    await expect(actor).to_be_focused()
    await keyboard.press("ArrowDown")
    await expect(stage.page.get_by_role("radio", name="Echo")).to_be_checked()
    await keyboard.press("Enter")
    await expect(stage.page.get_by_label("Message to Echo")).to_be_focused()
    await keyboard.type("Two")
    await keyboard.press("Shift+Enter")
    await keyboard.type("lines")
    await keyboard.press("Enter")
    await expect(stage.page.locator(".message[data-kind=replied] .message-text")).to_have_text("echo: Two\nlines")
    await keyboard.press("Tab")  # out of the field: letters are shortcuts again
    await keyboard.press("?")
    await expect(stage.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await keyboard.press("Escape")
    await expect(stage.page.get_by_role("dialog")).to_have_count(0)


async def test_no_agent_runs(stage: Console) -> None:
    for agent in stage.services.agents.all():
        await stage.services.agents.stop(agent.id)
    await stage.open()
    await expect(stage.page.get_by_text("No agent runs")).to_be_visible()
    await stage.page.get_by_role("link", name="Agents").click()
    await stage.button("Start Actor").click()
    await expect(stage.button("Stop Actor")).to_be_visible()
    await stage.page.get_by_role("link", name="Playground").click()
    await expect(stage.page.get_by_role("radio", name="Actor")).to_be_checked()
