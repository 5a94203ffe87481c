"""Keys and projects of the memory wire: who gets in, where, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.config import Auth, ProjectEntry, RateLimit

from .stage import serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock

TOKEN, SHOP, LAB = "the-server's", "rai_shop", "lab-key"
PROJECTS = (ProjectEntry(id="shop", keys=(SHOP, "rai_second")), ProjectEntry(id="lab", keys=(LAB,), categories=("x",)))
REFUSED = "Invalid API key or project id"


def showing(key: str | None, project: str | None = None, *, header: str = "X-Recallr-Api-Key") -> dict[str, str]:
    headers = {} if key is None else {header: key}
    return headers if project is None else {**headers, "X-Recallr-Project-Id": project}


@pytest.mark.parametrize(
    ("sections", "headers", "status"),
    [
        ({}, showing(None), 200),
        ({}, showing("rai_any", "anything"), 200),
        ({"auth": Auth(token=TOKEN)}, showing(None), 401),
        ({"auth": Auth(token=TOKEN)}, showing("rai_wrong", "p"), 401),
        ({"auth": Auth(token=TOKEN)}, showing(TOKEN), 200),
        ({"auth": Auth(token=TOKEN)}, showing(f"rai_{TOKEN}", "p"), 200),
        ({"auth": Auth(token=TOKEN)}, showing(f"rai_rai_{TOKEN}", "p"), 401),
        ({"auth": Auth(token=TOKEN)}, showing(f"rai_{TOKEN}", header="x-recallr-API-KEY"), 200),
        ({"auth": Auth(token=TOKEN)}, showing(TOKEN, header="X-API-KEY"), 200),
        ({"auth": Auth(token=TOKEN)}, showing(f"Bearer {TOKEN}", header="Authorization"), 200),
        ({"auth": Auth(token=TOKEN)}, showing(f"Basic {TOKEN}", header="Authorization"), 401),
        ({"projects": PROJECTS}, showing(SHOP, "shop"), 200),
        ({"projects": PROJECTS}, showing("rai_second", "shop"), 200),
        ({"projects": PROJECTS}, showing(LAB, "lab"), 200),
        ({"projects": PROJECTS}, showing(f"rai_{LAB}", "lab"), 200),
        ({"projects": PROJECTS}, showing(SHOP, "lab"), 401),
        ({"projects": PROJECTS}, showing(SHOP, "other"), 401),
        ({"projects": PROJECTS}, showing(SHOP), 401),
        ({"projects": PROJECTS}, showing(None, "shop"), 401),
        ({"projects": PROJECTS}, showing("", "shop"), 401),
        ({"projects": PROJECTS, "auth": Auth(token=TOKEN)}, showing(TOKEN, "shop"), 401),
        ({"projects": PROJECTS, "auth": Auth(token=TOKEN)}, showing(TOKEN, "other"), 200),
    ],
)
async def test_keys_open_what_they_should(
    tmp_path: Path, clock: FakeClock, sections: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    async with serving(tmp_path, clock, **sections) as api:
        for path in ("/users", "/system-prompt"):
            reply = await api.ask("GET", path, headers=headers)
            assert reply.status == status
        if status == 401:
            assert reply.json == {"detail": REFUSED}
            made = await api.ask("POST", "/users", {"custom_user_id": "anna"}, headers=headers)
            assert made.status == 401


async def test_projects_share_nothing(tmp_path: Path, clock: FakeClock) -> None:
    async with serving(tmp_path, clock, projects=PROJECTS, auth=Auth(token=TOKEN)) as api:
        api.headers = showing(SHOP, "shop")
        user = await api.user(metadata={"of": "shop"})
        session = await api.remember(user, "I moved to Oslo.")
        for headers in (showing(LAB, "lab"), showing(TOKEN, "any")):
            api.headers = headers
            assert await api.get("/users") == {"users": [], "total": 0, "has_more": False}
            assert (await api.ask("GET", session)).detail == "User anna not found"
            await api.user(metadata={"of": "another"})
            assert (await api.ask("GET", session)).detail.startswith("Session ")
            assert await api.memories(user) == []
        api.headers = showing(SHOP, "shop")
        assert (await api.get(user))["user"]["metadata"] == {"of": "shop"}
        assert len(await api.memories(user)) == 1


async def test_categories_are_those_of_the_project(tmp_path: Path, clock: FakeClock) -> None:
    async with serving(tmp_path, clock, projects=PROJECTS) as api:
        for headers, taken, refused in ((showing(LAB, "lab"), "x", "food"), (showing(SHOP, "shop"), "food", "x")):
            api.headers = headers
            user = await api.user()
            assert await api.memories(user, f"?categories={taken}") == []
            assert (await api.ask("GET", f"{user}/memories?categories={refused}")).status == 400


async def test_who_asks_too_often_is_told_so(tmp_path: Path, clock: FakeClock) -> None:
    async with serving(tmp_path, clock, projects=PROJECTS, rate_limit=RateLimit(enabled=True, requests=3)) as api:
        shop, lab = showing(SHOP, "shop"), showing(LAB, "lab")
        replies = [await api.ask("GET", "/users", headers=shop) for _ in range(4)]
        assert [reply.status for reply in replies] == [200, 200, 200, 429]
        assert isinstance(replies[3].detail, str)
        assert (await api.ask("GET", "/users", headers=lab)).status == 200
