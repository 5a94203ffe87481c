"""The parts of JavaScript that elizaOS's inputs and outputs depend on: coercions, lengths, and how numbers print."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson

NAN = float("nan")

SPACES = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What ECMAScript's ``String.prototype.trim`` removes."""

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INFINITY = re.compile(r"[+-]?Infinity")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_INTEGER_PREFIX = re.compile(r"[+-]?\d+", re.ASCII)

SAFE = 2**53
"""Whole numbers beyond this are doubles in JavaScript, so that their last digits are lost."""
EXPONENT_FROM = 1e21
"""From here on JavaScript prints whole numbers with an exponent."""


def number(value: Any) -> float:
    """``Number(value)`` for a JSON value; NaN where it is not a number."""
    if isinstance(value, list):
        return _number_of_array(value)
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return _double(value)
    return _number_of_text(value) if isinstance(value, str) else NAN


def parse_int(text: str | None) -> int | None:
    """``parseInt(text, 10)``: the whole number the text begins with; None for NaN."""
    found = _INTEGER_PREFIX.match((text or "").lstrip(SPACES))
    return int(found[0][:400]) if found else None


def truthy(value: Any) -> bool:
    """Whether a JSON value counts as true: everything but null, false, 0 and the empty text."""
    return value is not None and (isinstance(value, dict | list) or bool(value))


def type_of(value: Any) -> str:
    """``typeof`` of a JSON value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else "object"


def length(text: str) -> int:
    """``text.length``: UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain_number(value: float) -> int | float | None:
    """What prints, as JSON, like JavaScript prints this number: whole ones without ``.0``, infinite ones as null."""
    double = _double(value)
    if not isfinite(double):
        return None
    if double.is_integer() and abs(double) < 2**63:
        return int(double) if abs(double) <= SAFE else int(Decimal(repr(double)))
    return double


def json_length(value: Any, *, enough: int) -> int:
    """``JSON.stringify(value).length`` for a JSON value whose numbers are plain.

    Below ``enough`` it may be inexact: JavaScript writes no double more than six times as long as we do.
    """
    text = orjson.dumps(value)
    if len(text) * 6 <= enough:
        return len(text)
    return length(text.decode()) + sum(len(_number_text(it)) - len(orjson.dumps(it)) for it in _doubles(value))


def _doubles(value: Any) -> list[float]:
    """Every double within a JSON value."""
    found: list[float] = []
    pending = [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, float):
            found.append(inner)
        elif isinstance(inner, dict):
            pending.extend(inner.values())
        elif isinstance(inner, list):
            pending.extend(inner)
    return found


def _number_text(double: float) -> str:
    """How JavaScript prints a finite double."""
    size = abs(double)
    if double == 0:
        return "0"
    if 1e-6 <= size < EXPONENT_FROM:
        return format(Decimal(repr(double)).normalize(), "f")
    mantissa, _, exponent = format(Decimal(repr(double)).normalize(), "e").partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _number_of_array(array: list[Any]) -> float:
    """An array is first turned into text: its elements joined by commas, null as nothing."""
    value: Any = array
    while isinstance(value, list):
        if len(value) != 1:
            return NAN if value else 0.0
        value = value[0]
    if isinstance(value, bool):
        return NAN
    return number(value)


def _number_of_text(text: str) -> float:
    trimmed = text.strip(SPACES)
    if not trimmed:
        return 0.0
    if _DECIMAL.fullmatch(trimmed):
        return float(trimmed)
    if _RADIX.fullmatch(trimmed):
        return _double(int(trimmed, 0))
    if _INFINITY.fullmatch(trimmed):
        return float(trimmed.replace("Infinity", "inf"))
    return NAN
