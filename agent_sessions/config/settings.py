"""All settings of the server in their groups, and what must hold between them.

Each group is declared in a file by its subject. Reading them from files and the environment is in ``load``.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from .agents import AgentEntry
from .conversing import Replies, Sessions
from .declare import Section, setting
from .keeping import Database, Redis, Uploads
from .log import Log
from .memory import Extraction, Memory, ProjectEntry
from .serving import Auth, Console, RateLimit, Server
from .webhooks import WebhookEntry


class Settings(Section):
    """All settings. Each has a default, so ``Settings()`` is a server on this machine that keeps its data in data/."""

    server: Server = Server()
    auth: Auth = Auth()
    database: Database = Database()
    redis: Redis = Redis()
    sessions: Sessions = Sessions()
    replies: Replies = Replies()
    memory: Memory = Memory()
    extraction: Extraction = Extraction()
    uploads: Uploads = Uploads()
    rate_limit: RateLimit = RateLimit()
    console: Console = Console()
    log: Log = Log()
    webhooks: tuple[WebhookEntry, ...] = setting(
        (),
        "Who is told over HTTP of what happens in sessions: a name, the url, secrets to sign with (or the environment "
        "variables that hold them), and which events, of which project or agent. None in the list: nobody.",
        env="AGENT_SESSIONS_WEBHOOKS",
        nested=True,
        secret=True,
    )
    projects: tuple[ProjectEntry, ...] = setting(
        (),
        "Projects on the memory wire: an id, its keys (or the environment variables that hold them), and what differs "
        "from memory: above. None in the list: one project for all, with the server's token for a key if there is one.",
        env="AGENT_SESSIONS_PROJECTS",
        nested=True,
        secret=True,
    )
    agents: tuple[AgentEntry, ...] = setting(
        (AgentEntry(name="Companion", kind="companion"),),
        "The agents that run: a character each (name, bio, system, ...) or the path of a character file, with its "
        "kind and the options of that kind.",
        env="AGENT_SESSIONS_AGENTS",
        nested=True,
    )

    @model_validator(mode="after")
    def _webhooks_apart(self) -> Self:
        names = [webhook.name for webhook in self.webhooks]
        if twice := sorted({each for each in names if names.count(each) > 1}):
            raise ValueError(f"webhooks: {', '.join(twice)} is there more than once")
        return self

    @model_validator(mode="after")
    def _projects_apart(self) -> Self:
        ids = [project.id for project in self.projects]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"projects: {', '.join(twice)} is there more than once")
        return self

    @model_validator(mode="after")
    def _agents_apart(self) -> Self:
        names: dict[str, str] = {}
        for agent in self.agents:
            if agent.id in names:
                raise ValueError(f"agents: '{agent.name}' and '{names[agent.id]}' have the same id {agent.id}")
            names[agent.id] = agent.name
        return self

    @model_validator(mode="after")
    def _not_open_by_accident(self) -> Self:
        if not (self.server.on_loopback or self.auth.token or self.server.allow_open):
            raise ValueError(
                f"server.host is {self.server.host}, which other machines can reach, and no auth.token is set: anybody "
                "could read and end every session. Set a token (ELIZA_SERVER_AUTH_TOKEN), listen on 127.0.0.1, or set "
                "server.allow_open (AGENT_SESSIONS_ALLOW_OPEN) to true if that is what you want"
            )
        return self
