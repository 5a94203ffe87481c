"""Signatures of webhooks, as standardwebhooks.com specifies them (version ``v1``, symmetric)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, by the specification."""


def read_secret(text: str) -> bytes:
    """The bytes of a secret as it is written: ``whsec_`` and base64. Raises ValueError with the rule it breaks."""
    if not text.startswith(PREFIX):
        raise ValueError(f"must begin with {PREFIX}")
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"must be base64 after {PREFIX}") from error
    if not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError(f"must hold {SHORTEST} to {LONGEST} bytes in base64")
    return secret


def signatures(secrets: Iterable[bytes], *, message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one for each secret, so that a receiver may know either while they change.

    ``timestamp``: seconds since 1970, when it is sent.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in made)
