"""A title for a conversation, made by rule: what it began with, in a few words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...domain.log import Author

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...domain.log import Message

FEWEST = 4
"""Messages without which there is no title, as on the elizaOS server."""
WORDS = 7
LONGEST = 60

_SENTENCE = re.compile(r"[^.!?\n]+")


def title_of(messages: Sequence[Message]) -> str | None:
    """The first thing that a person said in more than a word or two, cut to a title; None while little was said."""
    if len(messages) < FEWEST:
        return None
    said = [each.text.strip() for each in messages if each.author is Author.USER and each.text.strip()]
    if not said:
        return None
    first = next((text for text in said if len(text.split()) > 2), said[0])
    sentence = _SENTENCE.search(first)
    words = (sentence[0] if sentence else first).split()
    title = " ".join(words[:WORDS])[:LONGEST].rstrip(" ,;:-")
    return title[:1].upper() + title[1:]
