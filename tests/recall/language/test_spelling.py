"""Which words count as one slip away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.recall.language.spelling import near_misses, one_slip_apart

WORD = st.text(alphabet="abcdef", min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("one", "other"), [("berlin", "belrin"), ("berlin", "berln"), ("berlin", "berlinn"), ("berlin", "bertin")]
)
def test_one_slip(one: str, other: str) -> None:
    assert one_slip_apart(one, other)
    assert one_slip_apart(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("berlin", "berlin"), ("berlin", "bonn"), ("abcd", "badc"), ("abc", "abcde")]
)
def test_none_or_more_than_one(one: str, other: str) -> None:
    assert not one_slip_apart(one, other)


def test_short_words_and_numbers_are_taken_at_their_word() -> None:
    assert near_misses("cat", ["cut", "car"]) == []
    assert near_misses("20240", ["20241"]) == []


@given(WORD, st.data())
def test_a_letter_taken_out_is_one_slip(word: str, data: st.DataObject) -> None:
    gap = data.draw(st.integers(0, len(word) - 1))
    assert one_slip_apart(word, word[:gap] + word[gap + 1 :])
