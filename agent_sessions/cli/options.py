"""Options that several commands have, and the settings they lead to."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ..config import Loaded, load

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration file.  [default: config.yaml, where there is one]"),
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 for any free one.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="sqlite:///file.db or postgresql://user:password@host/name.")
]
RedisUrl = Annotated[str | None, typer.Option("--redis-url", help="redis://host:6379/0, to run beside other servers.")]
ServerUrl = Annotated[
    str | None, typer.Option("--url", help="Address of a running server.  [default: the configured one]")
]


def settings(
    config: Path | None,
    *,
    host: str | None = None,
    port: int | None = None,
    database_url: str | None = None,
    redis_url: str | None = None,
) -> Loaded:
    """The settings of this command. Raises ConfigError."""
    said = {
        "server.host": (host, "--host"),
        "server.port": (port, "--port"),
        "database.url": (database_url, "--database-url"),
        "redis.url": (redis_url, "--redis-url"),
    }
    overrides = {path: (value, option) for path, (value, option) in said.items() if value is not None}
    return load(config, environ=os.environ, overrides=overrides)
