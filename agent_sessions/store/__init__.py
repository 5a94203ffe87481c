"""All SQL of the core: sessions with their logs, agents and jobs, in SQLite or PostgreSQL.

``open_store(url, clock=...)`` picks the database; ``await store.open()`` connects and brings the schema up to date.
"""

from .opening import open_store, upgrade

__all__ = ["open_store", "upgrade"]
