"""What the companion can do besides asking back, by the words the script uses for it.

Each skill takes the talk and what the rule captured, and answers with a sentence, or None when it has nothing to say.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

from . import almanac, arithmetic, recollection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .talk import Talk

Skill: TypeAlias = "Callable[[Talk, Sequence[str]], str | None]"


def a_coin(talk: Talk, _captures: Sequence[str]) -> str:
    """Heads or tails. The id of the message decides, so that the same log always gives the same fall."""
    return f"{('Heads', 'Tails')[_chance(talk, 2)]}. (I draw it from your message's id, so it cannot be argued with.)"


def a_die(talk: Talk, _captures: Sequence[str]) -> str:
    """A number from one to six, by the id of the message."""
    return f"You rolled a {_chance(talk, 6) + 1}."


def _chance(talk: Talk, sides: int) -> int:
    return hashlib.sha256(talk.context.message.id.encode()).digest()[0] % sides


def a_sum(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What a sum comes to."""
    return arithmetic.answer(talk.context.message.text)


def the_help(talk: Talk, _captures: Sequence[str]) -> str:
    """What can be asked of it."""
    return " ".join(talk.script.lines["help"])


def the_bio(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What the character says of itself."""
    bio = " ".join(line.strip() for line in talk.context.character.bio if line.strip())
    return f"I am {talk.context.character.name}. {bio}" if bio else None


SKILLS: Mapping[str, Skill] = {
    "asker": recollection.the_asker,
    "bio": the_bio,
    "coin": a_coin,
    "date": almanac.the_date,
    "die": a_die,
    "first words": recollection.the_first_words,
    "help": the_help,
    "last person": recollection.the_last_person,
    "last words": recollection.the_last_words,
    "length": almanac.the_length,
    "name": recollection.the_name,
    "nearest": recollection.the_nearest,
    "notes": recollection.the_notes,
    "own words": recollection.the_own_words,
    "person": recollection.the_person,
    "session": almanac.the_session,
    "sum": a_sum,
    "summary": recollection.the_summary,
    "time": almanac.the_time,
    "topic": recollection.the_topic,
}
"""The words of the script's ``do``."""
