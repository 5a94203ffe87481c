"""Who may connect, and as whom."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from socketio.exceptions import ConnectionRefusedError as Refusal

from ...domain.agent import UUID_SHAPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiohttp import web

INVALID_KEY = "Invalid or missing API Key"
INVALID_ENTITY = "Valid entityId required"


def admit(request: web.Request, auth: object, *, token: str | None) -> str | None:
    """Let a client in that shows the token, wherever it does; anybody when there is none.

    Returns who it says it is; None when it does not say. Raises what the library tells clients as ``connect_error``.
    """
    shown = auth if isinstance(auth, dict) else {}
    if token is not None and not any(_is(token, key) for key in _keys(request, shown)):
        raise Refusal(INVALID_KEY)
    entity_id = shown.get("entityId")
    if entity_id is None:
        return None
    if not isinstance(entity_id, str) or not UUID_SHAPE.fullmatch(entity_id):
        raise Refusal(INVALID_ENTITY)
    return entity_id


def _keys(request: web.Request, shown: Mapping[str, Any]) -> Iterator[object]:
    yield shown.get("apiKey")
    yield shown.get("token")
    yield request.headers.get("X-API-KEY")
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    yield key if scheme.lower() == "bearer" else None


def _is(token: str, key: object) -> bool:
    if not isinstance(key, str):
        return False
    given = key.removeprefix("Bearer ").strip()
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
