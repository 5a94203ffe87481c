"""The agents routes, as the official client and the web UI use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain.agent import string_to_uuid

from .stage import ACTOR, ECHO, ECHO_TWO, UNKNOWN, Api, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

AGENTS = "/api/agents"
SERVER = "00000000-0000-0000-0000-000000000000"
ADA: dict[str, Any] = {"name": "Ada", "bio": ["Counts.", "Thinks."], "topics": ["engines"]}
ADA_ID = string_to_uuid("Ada")


async def made(api: Api, **members: Any) -> Any:
    """Make Ada; what the server tells of her."""
    created = await api.ask("POST", AGENTS, {"characterJson": {**ADA, **members}})
    assert created.status == 201, created.text
    return created.json["data"]


async def test_agents_are_listed_active_first_then_by_name(api: Api) -> None:
    await made(api, name="Aaron")
    listed = await api.ask("GET", AGENTS)
    agents = listed.json["data"]["agents"]
    assert listed.json["success"] is True
    assert [(agent["name"], agent["status"]) for agent in agents] == [
        ("Actor", "active"),
        ("echo-agent", "active"),
        ("echo-agent-two", "active"),
        ("Aaron", "inactive"),
    ]
    assert agents[3] == {
        "id": string_to_uuid("Aaron"),
        "name": "Aaron",
        "characterName": "Aaron",
        "bio": "Counts.",
        "status": "inactive",
    }


async def test_an_agent_is_told_whole_with_times_in_milliseconds(api: Api) -> None:
    shown = (await api.ask("GET", f"{AGENTS}/{ECHO_TWO}")).json["data"]
    now = 1767268800000
    assert shown["id"] == ECHO_TWO
    assert (shown["name"], shown["kind"], shown["status"], shown["enabled"]) == (
        "echo-agent-two",
        "echo",
        "active",
        True,
    )
    assert shown["settings"]["SESSION_TIMEOUT_MINUTES"] == "60"
    assert (shown["createdAt"], shown["updatedAt"]) == (now, now)


@pytest.mark.parametrize("method_and_path", ["GET {}", "PATCH {}", "DELETE {}", "POST {}/start", "GET {}/runs"])
@pytest.mark.parametrize(
    ("agent_id", "status", "error"),
    [
        ("nonsense", 400, {"code": "INVALID_ID", "message": "Invalid agent ID format"}),
        (UNKNOWN, 404, {"code": "NOT_FOUND", "message": "Agent not found"}),
        (ECHO.upper(), 404, {"code": "NOT_FOUND", "message": "Agent not found"}),
    ],
)
async def test_ids_that_lead_nowhere(api: Api, method_and_path: str, agent_id: str, status: int, error: object) -> None:
    method, path = method_and_path.split()
    reply = await api.ask(method, f"{AGENTS}/{path.format(agent_id)}")
    assert (reply.status, reply.json) == (status, {"success": False, "error": error})


# --------------------------------------------------------------------------------------------------------------- making


@pytest.mark.parametrize("member", ["characterJson", "agent"])
async def test_an_agent_is_made_and_not_started(api: Api, member: str) -> None:
    exported = {**ADA, "enabled": True, "status": "active", "createdAt": 5, "updatedAt": 6}
    created = await api.ask("POST", AGENTS, {member: exported})
    assert created.status == 201
    assert created.json == {"success": True, "data": {"id": ADA_ID, "character": {"id": ADA_ID, **ADA}}}
    assert (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).json["data"]["status"] == "inactive"
    assert (await api.create(ADA_ID)).status == 404, "it does not take messages yet"


async def test_making_an_agent_again_tells_the_one_that_is_there(api: Api) -> None:
    first = await made(api)
    assert await made(api, bio=["Somebody else."]) == first


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "No character configuration provided"),
        ([], "No character configuration provided"),
        ({"name": "Ada", "description": "as the README of elizaOS has it"}, "No character configuration provided"),
        ({"characterPath": "/etc/passwd"}, "characterPath names a file of the server"),
        ({"characterJson": "Ada"}, "must be an object"),
        ({"characterJson": {"name": "Ada"}}, "bio: is required"),
        ({"characterJson": {"bio": "Ada"}}, "name: is required"),
        ({"characterJson": {**ADA, "colour": "blue"}}, "colour: is not a member of a character"),
        ({"characterJson": ADA, "kind": 7}, "kind: must be a string"),
        ({"characterJson": ADA, "options": "loud"}, "options: must be an object"),
        ({"characterJson": ADA, "kind": "python", "options": {"callable": "os:system"}}, "in config.yaml only"),
    ],
)
async def test_what_makes_no_agent(api: Api, body: object, said: str) -> None:
    reply = await api.ask("POST", AGENTS, body)
    assert (reply.status, reply.code) == (400, "CREATE_ERROR")
    assert said in reply.message
    assert reply.json["error"]["details"] == reply.message
    assert "root:" not in reply.text, "the server's files stay its own"


async def test_kind_and_options_say_how_an_agent_answers(api: Api) -> None:
    body = {"characterJson": ADA, "kind": "echo", "options": {"prefix": "Ada says "}}
    await api.ask("POST", AGENTS, body)
    assert (await api.ask("POST", f"{AGENTS}/{ADA_ID}/start")).status == 200
    answer = await api.say(await api.session(ADA_ID), "hello")
    assert answer.json["agentResponse"]["text"] == "Ada says hello"
    assert (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).json["data"]["kind"] == "echo"


async def test_an_agent_that_says_no_kind_is_a_companion(api: Api) -> None:
    await made(api)
    assert (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).json["data"]["kind"] == "companion"


async def test_secrets_go_in_and_never_come_out(api: Api) -> None:
    settings = {
        "secrets": {"A": "hunter2"},
        "OPENAI_API_KEY": "hunter2",
        "discord": {"botToken": "hunter2", "server": "main"},
        "options": {"prefix": "hunter2"},
        "MAX_TOKENS": 5,
    }
    created = await api.ask("POST", AGENTS, {"agent": {**ADA, "secrets": {"B": "hunter2"}, "settings": settings}})
    assert created.json["data"]["character"]["settings"] == {"discord": {"server": "main"}, "MAX_TOKENS": 5}
    changed = await api.ask("PATCH", f"{AGENTS}/{ADA_ID}", {"secrets": {"C": "hunter2"}, "bio": "New."})
    shown = await api.ask("GET", f"{AGENTS}/{ADA_ID}")
    for reply in (
        created,
        changed,
        shown,
        await api.ask("GET", AGENTS),
        await api.ask("GET", "/api/server/debug/servers"),
    ):
        assert reply.status in {200, 201}
        assert "hunter2" not in reply.text
    kept = api.services.agents.get(ADA_ID).character.secrets
    assert kept == {"A": "hunter2", "B": "hunter2", "C": "hunter2"}


# ------------------------------------------------------------------------------------------------------------- changing


async def test_a_change_replaces_what_it_names_and_keeps_the_rest(api: Api, clock: FakeClock) -> None:
    await made(api, settings={"SESSION_TIMEOUT_MINUTES": "60", "mood": "calm"})
    body = {"bio": "Computes.", "settings": {"mood": None, "pace": "slow"}, "topics": None}
    changed = await api.ask("PATCH", f"{AGENTS}/{ADA_ID}", body)
    data = changed.json["data"]
    assert changed.status == 200
    assert (data["id"], data["name"], data["bio"]) == (ADA_ID, "Ada", "Computes.")
    assert data["settings"] == {"SESSION_TIMEOUT_MINUTES": "60", "pace": "slow"}
    assert "topics" not in data
    assert (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).json["data"] == data


async def test_an_agent_keeps_its_id_when_it_is_renamed(api: Api) -> None:
    await made(api)
    renamed = await api.ask("PATCH", f"{AGENTS}/{ADA_ID}", {"name": "Lady Ada"})
    assert (renamed.json["data"]["id"], renamed.json["data"]["name"]) == (ADA_ID, "Lady Ada")


async def test_what_was_read_can_be_written_back(api: Api) -> None:
    await made(api)
    before = (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).json["data"]
    changed = await api.ask("PATCH", f"{AGENTS}/{ADA_ID}", {**before, "name": "Lady Ada", "metadata": {"a": 1}})
    assert changed.status == 200
    after = changed.json["data"]
    assert after == {**before, "name": "Lady Ada", "updatedAt": after["updatedAt"]}


@pytest.mark.parametrize(
    "body", [{"bio": 5}, {"id": UNKNOWN}, {"colour": "blue"}, {"kind": "python"}, {"kind": 5}, {"name": None}, []]
)
async def test_a_change_that_breaks_a_rule_changes_nothing(api: Api, body: object) -> None:
    await made(api)
    before = await api.ask("GET", f"{AGENTS}/{ADA_ID}")
    reply = await api.ask("PATCH", f"{AGENTS}/{ADA_ID}", body)
    assert (reply.status, reply.code) == (400, "UPDATE_ERROR")
    assert (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).text == before.text


async def test_a_running_agent_answers_the_new_way(api: Api) -> None:
    session = await api.session(ECHO)
    await api.say(session, "one")
    await api.ask("PATCH", f"{AGENTS}/{ECHO}", {"kind": "echo", "options": {"prefix": "now: "}})
    assert (await api.say(session, "two")).json["agentResponse"]["text"] == "now: two"


# ----------------------------------------------------------------------------------------- starting, stopping, deleting


async def test_starting_and_stopping_can_be_said_twice(api: Api) -> None:
    await made(api)
    path = f"{AGENTS}/{ADA_ID}"
    for _ in range(2):
        started = await api.ask("POST", f"{path}/start")
        assert started.json == {"success": True, "data": {"id": ADA_ID, "name": "Ada", "status": "active"}}
    assert (await api.create(ADA_ID)).status == 201

    stopped = await api.ask("POST", f"{path}/stop")
    assert stopped.json["data"] == {"message": "Agent stopped", "id": ADA_ID, "name": "Ada", "status": "inactive"}
    again = await api.ask("POST", f"{path}/stop")
    assert (again.status, again.code) == (404, "NOT_FOUND")
    assert (await api.create(ADA_ID)).code == "AGENT_NOT_FOUND"


async def test_a_deleted_agent_is_gone(api: Api) -> None:
    await made(api)
    deleted = await api.ask("DELETE", f"{AGENTS}/{ADA_ID}")
    assert (deleted.status, deleted.text) == (204, "")
    assert (await api.ask("DELETE", f"{AGENTS}/{ADA_ID}")).status == 404
    assert (await api.ask("GET", f"{AGENTS}/{ADA_ID}")).status == 404


async def test_agents_made_over_the_api_survive_a_restart(
    tmp_path: Path, clock: FakeClock, actor: ScriptedAgent
) -> None:
    async with serving(tmp_path, clock, actor) as api:
        await api.ask("POST", AGENTS, {"characterJson": ADA, "kind": "echo"})
        await api.ask("POST", f"{AGENTS}/{ADA_ID}/start")
        await api.ask("POST", f"{AGENTS}/{ACTOR}/stop")
    async with serving(tmp_path, clock, actor) as api:
        agents = (await api.ask("GET", AGENTS)).json["data"]["agents"]
        status = {agent["name"]: agent["status"] for agent in agents}
        assert (status["Ada"], status["Actor"]) == ("active", "inactive")
        assert (await api.say(await api.session(ADA_ID), "hi")).json["agentResponse"]["text"] == "echo: hi"


# ---------------------------------------------------------------------------------------------- what is served as empty


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (f"{ECHO}/panels", []),
        (f"{ECHO}/logs?count=5&excludeTypes=a", []),
        (f"{ECHO}/runs?limit=5", {"runs": [], "total": 0, "hasMore": False}),
    ],
)
async def test_panels_logs_and_runs_are_empty(api: Api, path: str, content: object) -> None:
    reply = await api.ask("GET", f"{AGENTS}/{path}")
    assert (reply.status, reply.json) == (200, {"success": True, "data": content})


async def test_single_runs_and_log_entries_are_not_there(api: Api) -> None:
    run = await api.ask("GET", f"{AGENTS}/{ECHO}/runs/{UNKNOWN}")
    assert (run.status, run.message) == (404, "Run not found")
    assert (await api.ask("GET", f"{AGENTS}/{ECHO}/runs/5")).code == "INVALID_ID"
    assert (await api.ask("DELETE", f"{AGENTS}/{ECHO}/logs/{UNKNOWN}")).status == 204
    assert (await api.ask("DELETE", f"{AGENTS}/{ECHO}/logs/5")).code == "INVALID_ID"


async def test_an_agent_is_in_the_world_of_its_server_and_those_it_was_put_in(api: Api) -> None:
    [own] = [world for world in await worlds(api) if world["agentId"] == ECHO]
    assert (own["name"], own["messageServerId"], own["metadata"]) == ("Default Server", SERVER, {"settings": {}})
    joined = await api.ask("POST", f"{AGENTS}/{ECHO}/worlds", {"name": "Harbour"})
    assert (joined.status, joined.json["data"]["world"]["name"]) == (201, "Harbour")
    path = f"{AGENTS}/{ECHO}/worlds/{joined.json['data']['world']['id']}"
    await api.ask("PATCH", path, {"settings": {"loud": True}})
    changed = await api.ask("PATCH", path, {"name": "Port", "settings": {"open": 9}})
    world = changed.json["data"]["world"]
    assert (world["name"], world["metadata"]) == ("Port", {"settings": {"loud": True, "open": 9}})
    assert world in await worlds(api)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{ECHO}/worlds", {}, 400),
        ("POST", f"{ECHO}/worlds", {"name": ""}, 400),
        ("POST", f"{UNKNOWN}/worlds", {"worldId": UNKNOWN}, 404),
        ("PATCH", f"{ECHO}/worlds/{UNKNOWN}", {"settings": {}}, 404),
        ("PATCH", f"{ECHO}/worlds/5", {"settings": {}}, 400),
    ],
)
async def test_bad_calls_about_worlds_change_nothing(
    api: Api, method: str, path: str, body: object, status: int
) -> None:
    before = await worlds(api)
    assert (await api.ask(method, f"{AGENTS}/{path}", body)).status == status
    assert await worlds(api) == before


async def worlds(api: Api) -> list[dict[str, Any]]:
    """The worlds of all agents."""
    found: list[dict[str, Any]] = (await api.ask("GET", f"{AGENTS}/worlds")).json["data"]["worlds"]
    return found


async def test_an_agent_belongs_to_the_one_message_server_until_it_is_taken_out(api: Api) -> None:
    path = f"/api/messaging/message-servers/{SERVER}/agents"
    listed = (await api.ask("GET", path)).json["data"]
    assert listed["messageServerId"] == SERVER
    assert set(listed["agents"]) == {ECHO, ECHO_TWO, ACTOR}
    added = await api.ask("POST", path, {"agentId": ECHO})
    assert (added.status, added.json["data"]["agentId"]) == (201, ECHO)
    mine = await api.ask("GET", f"/api/messaging/agents/{ECHO}/message-servers")
    assert mine.json["data"] == {"agentId": ECHO, "messageServers": [SERVER]}
    removed = await api.ask("DELETE", f"{path}/{ECHO}")
    assert (removed.status, removed.json["data"]["agentId"]) == (200, ECHO)
    assert ECHO not in (await api.ask("GET", path)).json["data"]["agents"]
    await api.ask("POST", path, {"agentId": ECHO})
    assert ECHO in (await api.ask("GET", path)).json["data"]["agents"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "message-servers/5/agents", None, 400, "Invalid messageServerId format"),
        ("GET", f"message-servers/{UNKNOWN}/agents", None, 404, "Message server not found"),
        (
            "POST",
            f"message-servers/{SERVER}/agents",
            {},
            400,
            "Invalid agentId format",
        ),
        ("GET", f"agents/{UNKNOWN}/message-servers", None, 404, "Agent not found"),
    ],
)
async def test_message_servers_that_lead_nowhere(
    api: Api, method: str, path: str, body: object, status: int, error: str
) -> None:
    reply = await api.ask(method, f"/api/messaging/{path}", *(() if body is None else (body,)))
    assert (reply.status, reply.json) == (status, {"success": False, "error": error})
