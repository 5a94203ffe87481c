"""Facts of a log as the database keeps them: a kind and the members as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain import log
from ..domain.encoding import fact_from_plain, fact_to_plain, kind_of
from ..domain.errors import StoreUnavailable
from . import jsontext

if TYPE_CHECKING:
    from ..domain.log import Fact


def encode(fact: Fact) -> tuple[str, str]:
    """The fact's kind and its members. Raises InvalidInput for what JSON cannot say."""
    kind = kind_of(fact)
    return kind, jsontext.dumps(fact_to_plain(fact), name=kind)


def decode(kind: str, payload: str) -> Fact:
    """The fact again. Raises StoreUnavailable for one that only a later version of this program can read."""
    try:
        return fact_from_plain(kind, jsontext.loads(payload))
    except (ValueError, KeyError) as error:
        raise StoreUnavailable(f"The log holds a row of kind '{kind}' that this version cannot read") from error


def concludes(fact: Fact) -> str | None:
    """The id of the message that this fact answers or leaves unanswered."""
    return fact.in_reply_to if isinstance(fact, (log.Message, log.ReplyMissing)) else None
