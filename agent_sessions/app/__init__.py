"""The composition root: the only place that chooses implementations and puts the parts together.

Three ways in: :class:`Server` for a program that wants the services and no HTTP, :func:`setup` to mount the wires on
an aiohttp application there is, :func:`create_app` for an application of its own.
"""

from .server import SERVICES, Server, check, create_app, setup

__all__ = ["SERVICES", "Server", "check", "create_app", "setup"]
