class ConnectionRefusedError(Exception): ...  # noqa: A001 - its name
