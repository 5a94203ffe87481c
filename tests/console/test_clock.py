"""A session's clock on the page: it counts down, warns, is renewed, ends, and survives a lost connection."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from .stage import Console

pytestmark = pytest.mark.asyncio(loop_scope="session")

MINUTE = timedelta(minutes=1)


def timer(stage: Console) -> Locator:
    return stage.page.get_by_role("timer", name="Time left")


def connection(stage: Console) -> Locator:
    return stage.page.locator(".connection")


async def follow(stage: Console, place: str, **timeouts: float) -> str:
    """A session, followed on the page; its id."""
    session = await stage.session(**timeouts)  # type: ignore[arg-type]
    await stage.open(f"{place}/{session.id}")
    await expect(connection(stage)).to_have_text("Live")
    return session.id


async def test_a_session_warns_and_expires_on_the_page(stage: Console) -> None:
    await follow(stage, "playground")
    await expect(timer(stage)).to_have_text(re.compile(r"^(30:00|29:\d\d)$"))
    await stage.clock.advance(25 * MINUTE)
    await expect(stage.page.get_by_text("Ends soon. Anything said renews it.")).to_be_visible()
    await expect(timer(stage)).to_have_text(re.compile(r"^(5:00|4:\d\d)$"))
    await expect(stage.page.locator("#announcements")).to_contain_text("Ends soon")
    await stage.clock.advance(5 * MINUTE)
    await expect(timer(stage)).to_have_text("Expired")
    await expect(stage.page.locator(".note", has_text="Expired. Its time ran out.")).to_be_visible()
    await expect(stage.page.get_by_label("Message to Actor")).to_be_disabled()
    await expect(connection(stage)).to_have_text("No more can come")


async def test_what_is_said_renews_it(stage: Console) -> None:
    await follow(stage, "playground")
    await stage.clock.advance(26 * MINUTE)
    await expect(stage.page.locator(".panel-warning")).to_be_visible()
    await stage.page.get_by_label("Message to Actor").fill("Still here")
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.locator(".panel-warning")).to_be_hidden()
    await expect(timer(stage)).to_have_text(re.compile(r"^(30:00|29:\d\d)$"))
    await expect(stage.page.locator(".facts")).to_contain_text("once")


async def test_renewing_changing_and_ending(stage: Console) -> None:
    session = await follow(stage, "sessions", auto_renew=False)
    await stage.clock.advance(10 * MINUTE)
    await stage.button("Renew").click()
    await expect(stage.page.locator(".row-title", has_text="Renewed")).to_be_visible()
    await expect(timer(stage)).to_have_text(re.compile(r"^(30:00|29:\d\d)$"))
    await stage.button("Timeouts …").click()
    await stage.page.get_by_label("Idle timeout").fill("60")
    await stage.page.get_by_label("Activity renews it").check()
    await stage.button("Change").click()
    await expect(stage.page.get_by_text("idle 1 h, at most 12 h, activity renews it")).to_be_visible()
    await expect(timer(stage)).to_have_text(re.compile(r"^(1 h 00 min|59:\d\d)$"))
    await stage.button("End …").click()
    await stage.page.get_by_role("radio", name=re.compile("Forget")).check()
    await stage.button("End session").click()
    await expect(timer(stage)).to_have_text("Ended")
    found = await stage.page.request.get(f"{stage.url}api/messaging/sessions/{session}")
    assert found.status == 404


async def test_a_refused_change_says_why(stage: Console) -> None:
    await follow(stage, "sessions")
    await stage.button("Timeouts …").click()
    await stage.page.get_by_label("Idle timeout").fill("1")
    await stage.button("Change").click()
    await expect(stage.page.get_by_role("alert")).to_contain_text("Timeout must be between 5 and 1440 minutes")


async def test_the_log_tells_what_happened_and_how_late(stage: Console) -> None:
    session = await follow(stage, "sessions")
    stage.agent.will_say("Hello yourself.")
    await stage.say(session, "Hello")
    await stage.clock.advance(25 * MINUTE)
    rows = stage.page.locator(".timeline .row:visible")
    await expect(rows.locator(".row-seq")).to_have_text(["#1", "#2", "#3", "#4", "#5", "#6"])
    await expect(rows.nth(1)).to_contain_text("Hello")
    await expect(rows.nth(1)).to_contain_text("renewed until 12:30")
    await expect(rows.nth(2)).to_contain_text("ActorHello yourself.")
    await expect(rows.last).to_contain_text("Ends soon0 ms late")
    await stage.clock.advance(5 * MINUTE)
    await expect(rows.last).to_contain_text("Expired")
    await stage.page.reload()
    await expect(stage.page.get_by_role("heading", name="Session that is over")).to_be_visible()
    await expect(rows.first).to_contain_text("Began")


async def test_a_lost_connection_is_caught_up_on(stage: Console) -> None:
    session = await follow(stage, "playground")
    await stage.page.route("**/events", lambda route: route.abort())
    stage.drop_connections()
    await expect(connection(stage)).to_have_text("Connection lost. Reconnecting …")
    await expect(stage.page.get_by_text("The server does not answer. Trying again …")).to_be_visible()
    await stage.say(session, "While you were away")
    await stage.page.unroute("**/events")
    await expect(connection(stage)).to_have_text("Live again, caught up on 2 events")
    await expect(stage.page.locator(".message-text")).to_have_text(["While you were away", "Yes."])
    await expect(stage.page.locator("#banner")).to_be_hidden()
    await stage.say(session, "And now")
    await expect(stage.page.locator(".message-text")).to_have_text(["While you were away", "Yes.", "And now", "Yes."])


async def test_the_list_of_sessions_is_live_filtered_and_paged(stage: Console) -> None:
    for number in range(26):
        await stage.session(minutes=10 + number)
    await stage.open("sessions")
    rows = stage.page.locator(".sessions-table tbody tr")
    await expect(rows).to_have_count(25)
    await expect(rows.first).to_contain_text(re.compile(r"Actor.*11111111.*\d+:\d\d"))
    await stage.button("Next").click()
    await expect(rows).to_have_count(1)
    await stage.button("Previous").click()
    await expect(rows).to_have_count(25)
    await stage.page.get_by_label("Agent").select_option("Echo")
    await expect(stage.page.get_by_text("None found")).to_be_visible()
    await stage.page.get_by_label("Agent").select_option("Actor")
    await expect(rows).to_have_count(25)
    await stage.clock.advance(10 * MINUTE)
    await expect(stage.page.get_by_text("25 sessions found")).to_be_visible()
    await rows.first.get_by_role("link").click()
    await expect(stage.page.get_by_role("heading", name="Session with Actor")).to_be_visible()


async def test_an_unknown_session(stage: Console) -> None:
    await stage.open("sessions/deadbeef-0000-4000-8000-00000000dead")
    await expect(stage.page.get_by_role("alert")).to_contain_text("Not found")
