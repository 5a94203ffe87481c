"""The numbered steps from an empty database to the newest schema, as alembic runs them."""
