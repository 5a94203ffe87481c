"""The tables of channels, as the newest migration leaves them. Instants are microseconds since 1970 in UTC."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from ..tables import big, counted, text_column


class ChannelTable(SQLModel, table=True):
    """One row a channel that somebody made or described. ``number`` counts them in that order; ``metadata`` is JSON."""

    __tablename__ = "channels"
    __table_args__ = (
        Index("channels_by_id", "id", unique=True),
        Index("channels_of_server", "server_id", "number"),
    )

    number: int | None = counted()
    id: str = text_column()
    session_id: str = text_column()
    server_id: str = text_column()
    name: str = text_column()
    type: str = text_column()
    source_type: str | None = text_column()
    source_id: str | None = text_column()
    topic: str | None = text_column()
    metadata_: str = Field(sa_column=Column("metadata", Text, nullable=False))
    created_at: int = big()
    updated_at: int = big()


class ParticipantTable(SQLModel, table=True):
    """Who is in a channel. ``place``: the order in which they came."""

    __tablename__ = "channel_participants"
    __table_args__ = (
        Index("channels_of_participant", "entity_id", "channel_id"),
        {"sqlite_with_rowid": False},
    )

    channel_id: str = text_column(primary_key=True)
    entity_id: str = text_column(primary_key=True)
    place: int
