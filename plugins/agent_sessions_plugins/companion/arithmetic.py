"""Small sums as people type them: "what is 12 * (3 + 4)?", "15% of 80", "7 times 8". Exact where the result is."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt
from typing import Final

LARGEST_POWER = 64
LARGEST: Final = Fraction(10**30)

WORDS = {
    r"\bplus\b": "+",
    r"\bminus\b": "-",
    r"\b(?:times|multiplied by)\b": "*",
    r"\b(?:divided by|over)\b": "/",
    r"\bto the power of\b": "^",
    r"\bsquared\b": "^2",
    r"\bcubed\b": "^3",
    r"(?:%|\bpercent)\s+of\b": "%*",
    r"\bpercent\b": "%",
    r"\b(?:the )?square root of\b": "r",
    r"(?<=\d)\s*x\s*(?=\d)": "*",
    "×": "*",
    "÷": "/",
    "−": "-",
    r"\*\*": "^",
    r"(?<=\d),(?=\d{3}\b)": "",
}
ASKED = re.compile(
    r"^(?:(?:and|so|hey|please)\s+)*(?:what is|what's|whats|how much is|calculate|compute|/calc)?\s*", re.IGNORECASE
)
SUM = re.compile(r"[\d.\s+\-*/^%()r]+")
TOKEN = re.compile(r"\d+(?:\.\d+)?|\.\d+|[+\-*/^%()r]")


class NoSum(ValueError):
    """The text is no sum, or one whose result has no place in a conversation; the message says why."""


def answer(text: str) -> str | None:
    """What the sum in the text comes to, as a sentence; None when the text is not a sum."""
    expression = _expression(text)
    if expression is None:
        return None
    try:
        result = _Reader(expression).result()
    except ZeroDivisionError:
        return "Nothing can be divided by zero, not even by me."
    except NoSum as reason:
        return str(reason) or None
    return f"{_shown_expression(text)} {_shown(result)}"


def _expression(text: str) -> list[str] | None:
    plain = ASKED.sub("", text.strip(), count=1).rstrip("?!. =")
    for word, sign in WORDS.items():
        plain = re.sub(word, sign, plain, flags=re.IGNORECASE)
    if not SUM.fullmatch(plain) or not re.search(r"\d", plain) or not re.search(r"[+*/^%r]|\d\s*-\s*[\d(-]", plain):
        return None
    if re.fullmatch(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|[\d\s()+-]{9,}", plain) and " " not in plain.strip():
        return None  # a date or a telephone number
    return TOKEN.findall(plain)


class _Reader:
    """Reads a sum from left to right by the usual order of operations."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._depth = 0

    def result(self) -> Fraction:
        """The value of the whole. Raises NoSum, ZeroDivisionError."""
        value = self._total()
        if self._tokens:
            raise NoSum
        return value

    def _total(self) -> Fraction:
        value = self._product()
        while self._next_is("+", "-"):
            value = value + self._product() if self._take() == "+" else value - self._product()
        return _bounded(value)

    def _product(self) -> Fraction:
        value = self._signed()
        while self._next_is("*", "/"):
            value = value * self._signed() if self._take() == "*" else value / self._signed()
            value = _bounded(value)
        return value

    def _signed(self) -> Fraction:
        if self._next_is("-"):
            self._take()
            return -self._signed()
        return self._power()

    def _power(self) -> Fraction:
        value = self._atom()
        if not self._next_is("^"):
            return value
        self._take()
        return _raised(value, self._signed())

    def _atom(self) -> Fraction:
        sign = self._take()
        if sign == "(":
            value = self._inside()
        elif sign == "r":
            value = _root(self._signed())
        elif sign[0].isdigit() or sign[0] == ".":
            value = _bounded(Fraction(sign))
        else:
            raise NoSum
        while self._next_is("%"):
            self._take()
            value /= 100
        return value

    def _inside(self) -> Fraction:
        self._depth += 1
        if self._depth > 20:
            raise NoSum("That sum has more brackets than I can hold in my head.")
        value = self._total()
        if self._take() != ")":
            raise NoSum
        self._depth -= 1
        return value

    def _next_is(self, *signs: str) -> bool:
        return bool(self._tokens) and self._tokens[0] in signs

    def _take(self) -> str:
        if not self._tokens:
            raise NoSum
        return self._tokens.pop(0)


def _bounded(value: Fraction) -> Fraction:
    if abs(value) > LARGEST or value.denominator > LARGEST:
        raise NoSum("That number is too big for me.")
    return value


def _raised(value: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > LARGEST_POWER:
        raise NoSum("I only raise numbers to small whole powers.")
    return _bounded(value ** int(exponent))


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise NoSum("A negative number has no square root I could show you.")
    scale = 10**12
    return Fraction(isqrt(value.numerator * scale * scale // value.denominator), scale)


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        return f"= {value.numerator}"
    decimals = f"{float(value):.10g}"
    return f"= {decimals}" if Fraction(decimals) == value else f"≈ {float(value):.6g}"


def _shown_expression(text: str) -> str:
    return " ".join(ASKED.sub("", text.strip(), count=1).rstrip("?!. =").split())
