"""The settings of keeping: the database, what is uploaded, and how servers on one database hear of each other."""

from __future__ import annotations

from .declare import Section, setting
from .values import Bytes


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
