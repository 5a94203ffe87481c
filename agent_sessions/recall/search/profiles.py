"""What each ground weighs, for the two kinds of conversation there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_sessions.recall.search.features import GROUNDS, Weights

if TYPE_CHECKING:
    from agent_sessions.recall.search.shelf import Shelf

MEANING, MEANING_AROUND = 0.8, 0.4
"""Chosen on conversations of three kinds at once; a third more or less of either moves recall by less than a point."""
_STRETCH = 1.35
"""How much wider scores lie with meaning than without, those of answers and those of the rest alike."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Weights in the order of GROUNDS, and the scale on which their sum becomes a similarity.

    ``middle`` is the score of an even chance to be of use, ``width`` the score that moves that chance from a half to
    three quarters; both read off where the labelled answers of real conversations lie.
    """

    weights: Weights
    middle: float
    width: float

    def similarity(self, score: float, *, with_meaning: bool) -> float:
        """A score as a number between 0 and 1 that can be held against a threshold."""
        lexical = score / _STRETCH if with_meaning else score
        return 1 / (1 + math.exp(min(700.0, (self.middle - lexical) / self.width)))


def _weights(**named: float) -> Weights:
    return tuple(named.get(ground.replace(" ", "_"), 0.0) for ground in GROUNDS)


AMONG_PEOPLE = Profile(
    _weights(
        words=4.0,
        previous_turn=1.2,
        two_turns_around=2.6,
        four_turns_around=3.8,
        speaker_named=2.9,
        first_speaker_named=1.0,
        answer_asked_for=2.8,
        date=3.8,
        time_words=2.3,
        asks=-1.2,
        length=2.0,
        meaning=MEANING,
        meaning_around=MEANING_AROUND,
    ),
    middle=3.5,
    width=2.5,
)
"""For chats of two or more named people. Fitted (listwise logistic regression) on conversations between friends, and
flat around here: a third more or less of any weight moves recall by less than a point."""

WITH_ASSISTANT = Profile(
    _weights(
        words=4.0,
        next_turn=1.7,
        four_turns_around=0.8,
        user=1.2,
        assistant_in_overview=1.5,
        answer_asked_for=2.8,
        date=1.0,
        time_words=1.9,
        wish=1.0,
        long=-1.5,
        meaning=MEANING,
        meaning_around=MEANING_AROUND,
    ),
    middle=1.2,
    width=2.0,
)
"""For a user's chats with an assistant, where the user says what matters and the assistant says most."""


def profile_for(shelf: Shelf) -> Profile:
    """Two or more named speakers talk like people do; otherwise a user talks with an assistant."""
    return AMONG_PEOPLE if len(shelf.speakers_now()) > 1 else WITH_ASSISTANT
