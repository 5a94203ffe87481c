"""Every setting of the server, declared once. Reading them from files and the environment is in ``load``."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Literal, Self

from pydantic import model_validator

from .agents import AgentEntry
from .declare import Section, setting
from .environment import whole_number
from .memory import Extraction, Memory, ProjectEntry
from .values import Bytes, Count, Level, Number, Words
from .webhooks import WebhookEntry


class Server(Section):
    """Where the server listens and what it takes."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 means every network.", env="SERVER_HOST")
    port: Count = setting(
        3000, "Port to listen on; 0 means any free one.", env="SERVER_PORT", at_least=0, at_most=65_535
    )
    allow_open: bool = setting(
        False,
        "Serve other machines although no token is set: everybody who reaches the port may do everything.",
        env="AGENT_SESSIONS_ALLOW_OPEN",
    )
    allow_stop: bool = setting(
        False,
        "Let clients stop the server over HTTP (POST /api/server/stop).",
        env="AGENT_SESSIONS_ALLOW_STOP",
    )
    max_payload: Bytes = setting(
        "2mb",
        "Largest request body; a number of bytes, or with kb, mb.",
        unit="bytes",
        env="EXPRESS_MAX_PAYLOAD",
        at_least=1,
    )
    cors_origins: Words = setting(
        (),
        "Web origins that browsers may call from; none in the list allows each one and answers with its name.",
        env="CORS_ORIGIN",
    )
    stream_ping_seconds: Number = setting(
        15.0,
        "Longest silence of an event stream before a comment is sent.",
        unit="seconds",
        env="AGENT_SESSIONS_STREAM_PING_SECONDS",
        at_least=1,
        at_most=15,
    )
    shutdown_seconds: Number = setting(
        5.0,
        "How long replies under way may take to finish when the server stops.",
        unit="seconds",
        env="AGENT_SESSIONS_SHUTDOWN_SECONDS",
        at_least=1,
        at_most=600,
    )

    @property
    def on_loopback(self) -> bool:
        """Whether only programs on this machine can connect."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


class Auth(Section):
    """Who may call, and what for."""

    token: str | None = setting(
        None,
        "Key that every call must carry (X-API-KEY or Authorization: Bearer); null lets everybody in.",
        env="ELIZA_SERVER_AUTH_TOKEN",
        secret=True,
    )
    agent_kinds_over_api: Words = setting(
        ("companion", "echo"),
        "Kinds of agents that callers may make over the API. Others reach files, code or other machines.",
        env="AGENT_SESSIONS_AGENT_KINDS_OVER_API",
    )


class Database(Section):
    """Where sessions are kept."""

    url: str = setting(
        "sqlite:///data/agent-sessions.db",
        "sqlite:///file.db (made with its folder when missing) or postgresql://user:password@host/name.",
        env=("AGENT_SESSIONS_DATABASE_URL", "POSTGRES_URL"),
        secret=True,
    )


class Redis(Section):
    """How several servers on one database hear of each other's events."""

    url: str | None = setting(
        None,
        "redis://host:6379/0; null keeps events inside this one process.",
        env=("AGENT_SESSIONS_REDIS_URL", "REDIS_URL"),
        secret=True,
    )


class Uploads(Section):
    """Files that are shared in channels."""

    folder: str = setting(
        "data/uploads", "Folder they are kept in; made when the first one comes.", env="AGENT_SESSIONS_UPLOADS_FOLDER"
    )
    max_file: Bytes = setting(
        "50mb",
        "Largest file; a number of bytes, or with kb, mb.",
        unit="bytes",
        env="AGENT_SESSIONS_UPLOADS_MAX_FILE",
        at_least=1,
    )


class Sessions(Section):
    """How long sessions live when neither the session nor its agent says otherwise."""

    default_timeout_minutes: Count = setting(
        30,
        "Idle time after which a session expires.",
        unit="minutes",
        at_least=1,
        at_most=10_080,
        env=("SESSION_DEFAULT_TIMEOUT_MINUTES", "SESSION_TIMEOUT_MINUTES"),
        read=whole_number(fallback=30, low=1, high=10_080),
    )
    min_timeout_minutes: Count = setting(
        5,
        "Shortest timeout a session or an agent may ask for.",
        unit="minutes",
        at_least=1,
        at_most=60,
        env="SESSION_MIN_TIMEOUT_MINUTES",
        read=whole_number(fallback=5, low=1, high=60),
    )
    max_timeout_minutes: Count = setting(
        1440,
        "Longest timeout a session or an agent may ask for; the longest life is twice this.",
        unit="minutes",
        at_least=60,
        at_most=10_080,
        env="SESSION_MAX_TIMEOUT_MINUTES",
        read=whole_number(fallback=1440, low=60, high=10_080),
    )
    max_duration_minutes: Count = setting(
        720,
        "Longest life of a session, renewed or not.",
        unit="minutes",
        at_least=60,
        at_most=20_160,
        env="SESSION_MAX_DURATION_MINUTES",
        read=whole_number(fallback=720, low=60, high=20_160),
    )
    warning_threshold_minutes: Count = setting(
        5,
        "How long before its end a session counts as near its end.",
        unit="minutes",
        at_least=1,
        at_most=60,
        env="SESSION_WARNING_THRESHOLD_MINUTES",
        read=whole_number(fallback=5, low=1, high=60),
    )
    auto_renew: bool = setting(True, "Whether a message or a heartbeat renews a session.", env="SESSION_AUTO_RENEW")
    remember_expired_hours: Number = setting(
        24.0,
        "How long an expired session is told from an unknown one (410, then 404).",
        unit="hours",
        env="AGENT_SESSIONS_REMEMBER_EXPIRED_HOURS",
        at_least=0,
        at_most=87_600,
    )

    @property
    def remember_expired(self) -> timedelta:
        """``remember_expired_hours`` as a span."""
        return timedelta(hours=self.remember_expired_hours)


class Replies(Section):
    """How agents' replies are made."""

    deadline_seconds: Number = setting(
        120.0,
        "How long an agent may take for one reply.",
        unit="seconds",
        env="AGENT_SESSIONS_REPLY_DEADLINE_SECONDS",
        at_least=1,
        at_most=86_400,
    )
    queue_limit: Count = setting(
        16,
        "How many messages of one session may wait for their reply; more are refused with 429.",
        unit="messages",
        env="AGENT_SESSIONS_REPLY_QUEUE_LIMIT",
        at_least=1,
        at_most=10_000,
    )
    cancel_on_disconnect: bool = setting(
        True,
        "Whether a reply stops when the client that streams it goes away and nobody else follows.",
        env="AGENT_SESSIONS_CANCEL_ON_DISCONNECT",
    )
    history_messages: Count = setting(
        32,
        "How many earlier messages an agent is given at most.",
        unit="messages",
        env="AGENT_SESSIONS_HISTORY_MESSAGES",
        at_least=0,
        at_most=10_000,
    )
    history_characters: Count = setting(
        24_000,
        "How many characters of earlier messages an agent is given at most.",
        unit="characters",
        env="AGENT_SESSIONS_HISTORY_CHARACTERS",
        at_least=0,
        at_most=100_000_000,
    )


class RateLimit(Section):
    """How often one caller may call."""

    enabled: bool | None = setting(
        None,
        "Whether calls are limited; null means yes, except when only this machine can connect.",
        env="AGENT_SESSIONS_RATE_LIMIT",
    )
    requests: Count = setting(
        1000,
        "How many calls a key (or an address without one) may make within the window.",
        unit="calls",
        env="AGENT_SESSIONS_RATE_LIMIT_REQUESTS",
        at_least=1,
        at_most=1_000_000_000,
    )
    window_seconds: Count = setting(
        900,
        "Length of the window.",
        unit="seconds",
        env="AGENT_SESSIONS_RATE_LIMIT_WINDOW_SECONDS",
        at_least=1,
        at_most=86_400,
    )


class Console(Section):
    """The web page at / that shows what the server does."""

    enabled: bool = setting(
        True,
        "Whether it is served; what it shows takes the same key as any other call.",
        env="AGENT_SESSIONS_CONSOLE",
    )


class Log(Section):
    """What the server writes about itself, to its standard error."""

    level: Level = setting(
        "info", "Least important line written: debug, info, warning, error or critical.", env="LOG_LEVEL"
    )
    format: Literal["auto", "text", "json"] = setting(
        "auto", "How lines look; auto means text in a terminal and JSON elsewhere.", env="AGENT_SESSIONS_LOG_FORMAT"
    )
    access: bool = setting(
        False,
        "Whether each request gets a line; it takes about half of the server's speed.",
        env="AGENT_SESSIONS_LOG_ACCESS",
    )
    over_sockets: bool | None = setting(
        None,
        "Whether clients of Socket.IO may follow these lines; null means only where anybody on this machine, and "
        "nobody else, can connect.",
        env="AGENT_SESSIONS_LOG_OVER_SOCKETS",
    )


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
