"""What PostgreSQL's errors mean to people. Its own texts never leave here.

Codes are those of appendix A of PostgreSQL's manual; the first two characters name the class.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError

from ...domain.errors import AgentSessionsError, InvalidInput, StoreUnavailable
from ..failures import Collision, OutOfReach

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREACHABLE = "cannot be reached"

OUT_OF_REACH = {
    "08": UNREACHABLE,
    "25006": "is read-only",
    "28": "refuses this user or password",
    "3D000": "does not exist",
    "53": "has no room left (disk, memory or connections)",
    "57P": "is shutting down or starting",
}
STORE_FAILED = {
    "40": "was busy with conflicting changes",
    "42501": "may not be accessed by this user",
    "53100": "is full: no space is left on its disk",
    "55P03": "is locked by somebody else",
    "57014": "took too long",
}


@contextmanager
def translated(description: str) -> Iterator[None]:
    """Turn errors of asyncpg (bare, or in SQLAlchemy's wrapping) and of the network into the project's own."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise _meaning(error, description) from error
    except DBAPIError as error:
        raise _meaning(_cause(error), description) from error
    except UnicodeEncodeError as error:
        raise InvalidInput("text", "holds characters that cannot be stored (a lone surrogate)") from error


def _cause(error: DBAPIError) -> BaseException | None:
    """What asyncpg raised, which SQLAlchemy's adapter wraps once more."""
    return error.orig.__cause__ if error.orig is not None and error.orig.__cause__ is not None else error.orig


def _meaning(error: BaseException | None, description: str) -> AgentSessionsError:
    if isinstance(error, TimeoutError):
        return OutOfReach(f"{description} does not answer")
    code: str | None = getattr(error, "sqlstate", None)
    if code is None:
        return OutOfReach(f"{description} {UNREACHABLE}")
    if code == "23505":
        return Collision("A record with this identity exists already")
    if code in {"22021", "22P05"}:
        return InvalidInput("text", "holds the character U+0000, which PostgreSQL cannot store")
    if code.startswith("22"):  # also what asyncpg refuses by itself
        return InvalidInput("value", "cannot be stored: a number is too large, or a text holds a lone surrogate")
    if meaning := _looked_up(code, STORE_FAILED):
        return StoreUnavailable(f"{description} {meaning}")
    if meaning := _looked_up(code, OUT_OF_REACH):
        return OutOfReach(f"{description} {meaning}")
    return StoreUnavailable(f"{description} failed (error {code})")


def _looked_up(code: str, meanings: dict[str, str]) -> str | None:
    return meanings.get(code) or meanings.get(code[:3]) or meanings.get(code[:2])
