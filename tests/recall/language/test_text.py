"""What text is cut into: the same term for the forms of a word, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.recall.language.text import OPENING, fold, opening_and_rest, query_terms, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Caroline's kids went swimming", ["carolin", "child", "go", "swim"]),
        ("I don’t think so, isn't it?", ["think"]),
        ("We'll visit O'Brien", ["visit", "obrien"]),
        ("on the 7th of May, 5,000 times at 10:30", ["7", "5000", "time", "10:30"]),
        ("version 2.3.1 of user_id", ["version", "2.3.1", "user", "id"]),
        ("de-stress by e-mail", ["de", "stress", "mail", "destress", "email"]),
        ("two cats, 2 dogs", ["2", "cat", "2", "dog"]),
    ],
)
def test_english_words_become_stems(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café", "CAFE"),
        ("naïve", "naive"),
        ("Ångström", "angstrom"),
        ("ﬁne Ｗｏｒｄ", "fine word"),
        ("Straße", "strasse"),
    ],
)
def test_accents_case_and_compatibility_forms_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_japanese_voicing_marks_are_kept() -> None:
    assert fold("がぎ") != fold("かき")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("東京に住んでいます", "東京"),
        ("我昨天去了北京大学", "北京"),
        ("猫が好きです", "猫"),
        ("ฉันชอบแมวมาก", "แมว"),
        ("저는 학교에 갔어요", "학교"),
        ("ខ្ញុំចូលចិត្តឆ្មា", "ឆ្មា"),
    ],
)
def test_scripts_without_spaces_are_found_by_a_part(text: str, asked: str) -> None:
    assert set(query_terms(asked)) <= set(terms(text))


def test_words_with_vowel_signs_stay_whole() -> None:
    assert words("हिन्दी में लिखना") == ["हिन्दी", "में", "लिखना"]


def test_scripts_may_be_mixed_in_one_text() -> None:
    assert terms("Tokyo東京 trip") == ["tokyo", "東京", "東", "京", "trip"]


def test_emoji_are_terms_and_skin_tones_are_not() -> None:
    assert terms("great gig 🎸👍🏽") == ["great", "gig", "🎸", "👍"]


def test_a_question_looks_for_each_term_once() -> None:
    assert query_terms("dog, dogs and a dog's dog") == ["dog"]


def test_what_a_long_text_repeats_late_counts_once() -> None:
    opening, rest = opening_and_rest("alpha " * OPENING + "omega " * 50)
    assert (len(opening), rest) == (OPENING, ["omega"])


def test_code_is_found_but_does_not_open_a_text() -> None:
    opening, rest = opening_and_rest(
        "Here is the loop you asked about.\n```python\n" + "for turtle in pond: pass\n" * 9 + "```"
    )
    assert "turtl" not in opening
    assert rest.count("turtl") == 1


@given(st.text())
def test_any_text_is_cut_without_error_into_terms_worth_keeping(text: str) -> None:
    assert all(term and len(term) <= 40 for term in terms(text))


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FFF)))
def test_case_does_not_matter(text: str) -> None:
    assert terms(fold(text)) == terms(text)
