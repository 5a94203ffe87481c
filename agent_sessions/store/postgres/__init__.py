"""The store in a PostgreSQL database, which several server processes may share. Needs the extra ``postgres``."""
