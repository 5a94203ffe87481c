"""The numbered migrations lead to the tables that are declared, and running them again changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from agent_sessions.store.migrating import alembic_config, migrate

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection


def differences(connection: Connection) -> list[Any]:
    """What alembic would change to reach the declared tables."""
    dialect = connection.dialect.name

    def is_here(declared: Any, *_: Any) -> bool:
        return declared.info.get("only_on") in {None, dialect}

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_here})
    return list(compare_metadata(context, SQLModel.metadata))


def test_an_empty_sqlite_file_gets_the_declared_tables(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        migrate(connection)
        assert differences(connection) == []
    engine.dispose()


async def test_an_empty_postgres_schema_gets_the_declared_tables(postgres_url: str) -> None:
    address, _, schema = postgres_url.rpartition("?search_path=")
    engine = create_async_engine(
        address.replace("postgresql://", "postgresql+asyncpg://"),
        connect_args={"server_settings": {"search_path": schema}},
    )
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    for _ in range(2):
        with engine.begin() as connection:
            migrate(connection)
            schema = connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY name").all()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY name").all() == schema
    engine.dispose()


def test_every_step_can_be_taken_back(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        migrate(connection)
        command.downgrade(alembic_config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        migrate(connection)
    engine.dispose()


def test_the_steps_are_numbered_in_one_line(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        steps = ScriptDirectory.from_config(alembic_config(connection)).walk_revisions()
        numbers = [step.revision for step in steps][::-1]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    engine.dispose()
