"""The tables of memory, as the newest migration leaves them. Instants are microseconds since 1970 in UTC.

``number`` counts rows in the order they were made; ``user_number`` says whose a row is, so that a new id of a user
touches one row. Members named so in their description are JSON.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from ..tables import ORDERED_TEXT, big, counted, partial_index, text_column


class UserTable(SQLModel, table=True):
    """One row a user. ``folded_id``: the id without regard to case. ``metadata`` is JSON."""

    __tablename__ = "users"
    __table_args__ = (
        Index("users_by_id", "project", "id", unique=True),
        Index("users_by_creation", "project", "created_at", "number"),
    )

    number: int | None = counted()
    project: str = text_column()
    id: str = text_column()
    folded_id: str = text_column()
    created_at: int = big()
    metadata_: str = Field(sa_column=Column("metadata", Text, nullable=False))
    merge_conflicts: bool | None


class MemoryTable(SQLModel, table=True):
    """One row a version of a memory. ``categories`` and ``sources`` are JSON lists.

    ``replaced_by``: the id of the version that took its place, null for the current one, as ``expired_at`` and
    ``reason`` are. ``lineage``: the id of the first version. ``conflict_id``: the merge conflict that is open about it
    (``conflict_open``), or whose resolution expired it.
    """

    __tablename__ = "memories"
    __table_args__ = (
        Index("memories_by_id", "user_number", "id", unique=True),
        Index("memories_by_lineage", "user_number", "lineage", "version"),
        Index("memories_by_session", "user_number", "session_id"),
        partial_index("memories_current", "user_number", "kind", "created_at", "number", where="expired_at IS NULL"),
    )

    number: int | None = counted()
    user_number: int = big()
    id: str = text_column()
    session_id: str = text_column()
    lineage: str = text_column()
    version: int
    kind: str = text_column()
    content: str = text_column()
    categories: str = text_column()
    sources: str = text_column()
    event_start: int = big()
    event_end: int = big()
    created_at: int = big()
    replaced_by: str | None = text_column()
    expired_at: int | None = big()
    reason: str | None = text_column()
    conflict_id: str | None = text_column()
    conflict_open: bool


class ConnectionTable(SQLModel, table=True):
    """Two lineages that speak of the same (``shared``), as a session (``session_id``) made known."""

    __tablename__ = "memory_connections"
    __table_args__ = (
        Index("connections_by_second", "user_number", "second"),
        {"sqlite_with_rowid": False},
    )

    user_number: int = big(primary_key=True)
    first: str = text_column(primary_key=True)
    second: str = text_column(primary_key=True)
    session_id: str = text_column(primary_key=True)
    shared: str = text_column()


class ConflictTable(SQLModel, table=True):
    """One row a merge conflict. ``proposed``, ``conflicting``, ``questions``, ``answers`` and ``new_memories`` are
    JSON."""

    __tablename__ = "merge_conflicts"
    __table_args__ = (
        Index("conflicts_by_id", "user_number", "id", unique=True),
        Index("conflicts_by_creation", "user_number", "created_at", "number"),
    )

    number: int | None = counted()
    user_number: int = big()
    id: str = text_column()
    session_id: str = text_column()
    status: str = text_column()
    proposed: str = text_column()
    conflicting: str = text_column()
    questions: str = text_column()
    answers: str = text_column()
    new_memories: str = text_column()
    created_at: int = big()
    resolved_at: int | None = big()


class SummaryTable(SQLModel, table=True):
    """One row a processed session that somebody said something in."""

    __tablename__ = "summaries"
    __table_args__ = ({"sqlite_with_rowid": False},)

    user_number: int = big(primary_key=True)
    session_id: str = Field(sa_type=ORDERED_TEXT, primary_key=True)
    text: str = text_column()
    started_at: int = big()
    ended_at: int = big()


class EmbeddingTable(SQLModel, table=True):
    """The vector of a text said in a session or made from it, by one model. ``digest`` is the text's."""

    __tablename__ = "embeddings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    session_id: str = text_column(primary_key=True)
    model: str = text_column(primary_key=True)
    digest: str = text_column(primary_key=True)
    vector: bytes = Field(sa_type=LargeBinary)
