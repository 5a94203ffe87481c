"""Talks to the memory wire of a running server."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .client import Client

USERS = "/api/v1/users"


class MemoryClient(Client):
    """Calls one server about the users of one project. Raises ServerUnreachable and Refused."""

    def __init__(self, url: str, *, project: str, key: str | None) -> None:
        super().__init__(url)
        self._headers = {"X-Recallr-Project-Id": project, **({"X-Recallr-Api-Key": key} if key else {})}

    async def memories(self, user_id: str, *, limit: int) -> Mapping[str, Any]:
        """The newest memories, with how many there are."""
        wanted = "include_previous_versions=false&include_connected_memories=false"
        return await self._call("GET", f"{_user(user_id)}/memories?limit={limit}&{wanted}")

    async def memory(self, user_id: str, memory_id: str) -> Mapping[str, Any]:
        """One memory with its earlier versions and what is connected with it."""
        return await self._call("GET", f"{_user(user_id)}/memory/{quote(memory_id, safe='')}")

    async def search(self, user_id: str, query: str, *, limit: int) -> list[Mapping[str, Any]]:
        """What was found, best first, each with why."""
        answer = await self._call("GET", f"{_user(user_id)}/search?query={quote(query, safe='')}&limit={limit}")
        found: list[Mapping[str, Any]] = answer["items"]
        return found

    async def forget_memory(self, user_id: str, memory_id: str, *, with_previous: bool) -> None:
        """Forget a memory, or it and all versions before it."""
        flag = "true" if with_previous else "false"
        path = f"{_user(user_id)}/memory/{quote(memory_id, safe='')}?delete_previous_versions={flag}"
        await self._call("DELETE", path)

    async def forget_session(self, user_id: str, session_id: str) -> None:
        """Erase a session with everything made from it."""
        await self._call("DELETE", f"{_user(user_id)}/sessions/{quote(session_id, safe='')}")

    async def forget_user(self, user_id: str) -> None:
        """Erase a user with everything."""
        await self._call("DELETE", _user(user_id))


def _user(user_id: str) -> str:
    return f"{USERS}/{quote(user_id, safe='')}"
