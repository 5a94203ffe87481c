"""New ids."""

from __future__ import annotations

from os import urandom

_VARIANTS = "89ab"


def new_id() -> str:
    """A random UUID (version 4, RFC 9562) as text: what ``uuid.uuid4`` makes, without the object, in a third of the
    time. A message and its reply need one each."""
    digits = urandom(16).hex()
    variant = _VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
