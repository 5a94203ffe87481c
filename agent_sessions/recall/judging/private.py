"""Keeps secrets out of memory: passwords, keys, tokens, card and social security numbers."""

from __future__ import annotations

import re

_NAMED = re.compile(
    r"\b(?:pass(?:word|code|phrase)|pin(?: code| number)?|cvv|cvc|(?:secret|api|access|private|encryption|"
    r"license|my)[ _-]?key|(?:access |auth |bearer )?token|"
    r"seed phrase|recovery (?:phrase|code)s?|security (?:code|answer)|ssn|social security(?: number)?|"
    r"(?:credit |debit )?card number|account number|"
    r"routing number|passport number|login)\b[^.!?]{0,40}?(?:\bis\b|\bare\b|\bwas\b|'s\b|=|:|#)\s*\S",
    re.IGNORECASE,
)
_SHAPED = re.compile(
    r"\b(?:sk|pk|rk|rai)[-_][\w-]{12,}|\bAKIA[A-Z0-9]{12,}|\bgh[pousr]_\w{20,}|\bglpat-[\w-]{16,}|"
    r"\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{20,}|"
    r"\beyJ[\w-]{10,}\.[\w-]{10,}|-----BEGIN [A-Z ]+-----|\b\d{3}-\d{2}-\d{4}\b|"
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b"
)
_TOKEN = re.compile(r"[\w+/=-]{24,}")
_NAMES = ("pass", "pin", "cv", "key", "token", "phrase", "recovery", "security", "ssn", "number", "login")
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def holds_secret(text: str) -> bool:
    """Whether a text tells a secret that must not be kept. A number is a card's when its check digit is right."""
    lowered = text.lower()
    if any(name in lowered for name in _NAMES) and _NAMED.search(text):
        return True
    if not any(map(str.isdigit, text)):
        return "private key" in lowered
    if _SHAPED.search(text) or any(_is_random(match[0]) for match in _TOKEN.finditer(text)):
        return True
    return any(_is_card(match[0]) for match in _CARD.finditer(text))


def _is_random(token: str) -> bool:
    """Whether a long run of letters and digits looks made by a machine: all three kinds of signs, or hexadecimal."""
    mixed = any(map(str.isdigit, token)) and any(map(str.islower, token)) and any(map(str.isupper, token))
    return mixed or (len(token) >= 32 and all(sign in "0123456789abcdef" for sign in token))


def _is_card(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit if at % 2 == 0 else digit * 2 - 9 * (digit > 4) for at, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
