"""Which server a command talks to."""

from ..config import Loaded
from .client import Client


def connection(loaded: Loaded, url: str | None) -> Client:
    """A client of the server at ``url``, or of the one these settings would serve, with their key."""
    return Client(url or configured_url(loaded), token=loaded.settings.auth.token)


def configured_url(loaded: Loaded) -> str:
    """Where a server with these settings is reached from this machine."""
    server = loaded.settings.server
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - not bound here
    host = everywhere.get(server.host, server.host)
    return f"http://{f'[{host}]' if ':' in host.strip('[]') and not host.startswith('[') else host}:{server.port}"
