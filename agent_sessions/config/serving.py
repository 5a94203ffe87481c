"""The settings of serving: where the server listens, who may call, how often, and what they find at /."""

from __future__ import annotations

import ipaddress

from .declare import Section, setting
from .values import Bytes, Count, Number, Words


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
