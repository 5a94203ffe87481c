"""The forms of an English word lead to one stem."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.recall.language.stems import stem


@pytest.mark.parametrize(
    "forms",
    [
        "run runs running ran",
        "swim swims swimming swam swum",
        "write writes writing wrote written",
        "go goes going went gone",
        "child children kid kids",
        "woman women",
        "good better best",
        "hope hopes hoped hoping",
        "hop hops hopped hopping",
        "city cities",
        "happy happiness",
        "relation relations relational relate",
        "organize organized organizing",
        "adopt adopted adopting adoption adoptions",
        "cry cries cried crying",
        "tie ties tying",
        "live lives lived living",
        "leave leaves left leaving",
        "plan plans planned planning",
        "agree agrees agreed agreeing",
        "hobby hobbies",
        "mom mother mum",
        "movie film movies",
        "october oct",
        "three 3 third",
    ],
)
def test_forms_of_one_word_share_a_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("hope", "hop"), ("new", "news"), ("policy", "police"), ("organ", "organic"), ("university", "universe")],
)
def test_different_words_keep_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["кошка", "日本", "3.14", "🎸", "v2", "is", "a"])
def test_what_is_not_an_english_word_passes_unchanged(word: str) -> None:
    assert stem(word) == word


@given(st.from_regex(r"[a-z']{1,30}", fullmatch=True))
def test_every_word_has_a_stem(word: str) -> None:
    assert stem(word)
