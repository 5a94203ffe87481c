class ConnectionRefusedError(Exception): ...  # noqa: A001 - its name
class ConnectionError(Exception): ...  # noqa: A001 - its name
