"""Whether a text speaks of time or of a lasting wish, however it does."""

from __future__ import annotations

import pytest

from agent_sessions.recall.search.traits import read_traits, speaks_of_time, wishes


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "Tonight!", "tomorrow", "two ages ago", "recently", "since then", "on weekends", "a month off"),
        *(
            "Years",
            "On Fridays",
            "see you in JANUARY",
            "february",
            "March",
            "april",
            "in may",
            "June",
            "july",
            "August",
        ),
        *(
            "september",
            "October",
            "november",
            "December",
            "last night",
            "this morning",
            "next afternoon",
            "this evening",
        ),
        *(
            "last summer",
            "next winter",
            "this spring",
            "last fall",
            "next autumn",
            "in 1987",
            "the 3rd",
            "at 5 pm",
            "7am",
        ),
    ],
)
def test_a_text_that_names_a_time_speaks_of_time(text: str) -> None:
    assert speaks_of_time(read_traits(text))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Always use tabs",
            "never do that",
            "from now on",
            "Whenever",
            "every time",
            "when I ask",
            "I'd much prefer tea",
        ),
        *(
            "I would rather walk",
            "that is my preference",
            "she prefers to walk",
            "I like it short",
            "I don't want sugar",
        ),
        *("i do not like it", "I want you to be brief", "please keep it short", "make sure to ask", "Remember that"),
        "keep in mind",
    ],
)
def test_a_text_that_asks_for_something_for_good_wishes(text: str) -> None:
    assert wishes(read_traits(text))


@pytest.mark.parametrize("text", ["My dog is called Rex", "He is a member of the chess club", "", "Ich mag Käse"])
def test_other_texts_do_neither(text: str) -> None:
    assert read_traits(text) == 0
