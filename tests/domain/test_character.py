from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.domain.character import character_from, merged_document, system_prompt, timeout_overrides
from agent_sessions.domain.errors import InvalidInput
from agent_sessions.domain.timeouts import LONGEST, TimeoutOverrides, Unusable

WHOLE = {
    "name": "Eliza",
    "username": "eliza",
    "system": "You are Eliza, a guide.",
    "bio": ["Knows the museum", "Has worked there for years"],
    "templates": {"reply": "..."},
    "messageExamples": [
        [
            {"name": "{{user1}}", "content": {"text": "Where is the Vermeer?"}},
            {"name": "Eliza", "content": {"text": "Second floor, {{user1}}."}},
        ]
    ],
    "postExamples": ["Open till nine."],
    "topics": ["paintings", "opening hours"],
    "adjectives": ["patient", "precise"],
    "knowledge": ["The house was built in 1885", {"path": "plan.md", "shared": True}, {"directory": "catalogue"}],
    "plugins": ["@elizaos/plugin-sql"],
    "settings": {"SESSION_TIMEOUT_MINUTES": "45", "secrets": {"INNER": "1"}},
    "secrets": {"OUTER": "2"},
    "style": {"all": ["Be short"], "chat": ["Ask back"], "post": []},
}


def test_every_member_of_the_form_is_taken() -> None:
    character = character_from(WHOLE)
    assert character.name == "Eliza"
    assert character.bio == ("Knows the museum", "Has worked there for years")
    assert character.system == "You are Eliza, a guide."
    assert character.document["style"] == WHOLE["style"]


def test_secrets_are_kept_apart_from_what_may_be_shown() -> None:
    character = character_from(WHOLE)
    assert character.secrets == {"INNER": "1", "OUTER": "2"}
    assert character.settings == {"SESSION_TIMEOUT_MINUTES": "45"}
    assert character.document["settings"] == {"SESSION_TIMEOUT_MINUTES": "45"}
    assert "secrets" not in character.document
    assert "INNER" not in str(character.document)


def test_the_id_is_elizaos_own_unless_given() -> None:
    assert character_from({"name": "Probe", "bio": "x"}).id == "1a1a99d7-ad68-05f6-ae15-6a7d20336009"
    given_id = "c28ad8ba-81d1-0f6a-a8a9-5d4975a69efa"
    assert character_from({"id": given_id, "name": "Probe", "bio": "x"}).id == given_id


def test_a_bio_may_be_one_text_and_null_counts_as_missing() -> None:
    character = character_from({"name": "A", "bio": "One line", "system": None, "settings": None})
    assert character.bio == ("One line",)
    assert character.system is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": 5}, "name"),
        ({"bio": None}, "bio"),
        ({"bio": [1]}, "bio"),
        ({"id": "not-a-uuid"}, "id"),
        ({"description": "x"}, "description"),
        ({"clients": []}, "clients"),
        ({"system": ["x"]}, "system"),
        ({"style": {"all": "x"}}, "style"),
        ({"style": {"loud": []}}, "style"),
        ({"topics": "x"}, "topics"),
        ({"adjectives": [1]}, "adjectives"),
        ({"postExamples": {}}, "postExamples"),
        ({"plugins": "x"}, "plugins"),
        ({"templates": []}, "templates"),
        ({"messageExamples": [{"name": "A"}]}, "messageExamples"),
        ({"messageExamples": [[{"name": "A"}]]}, "messageExamples"),
        ({"knowledge": [{"path": "a", "directory": "b"}]}, "knowledge"),
        ({"knowledge": [{"url": "a"}]}, "knowledge"),
        ({"knowledge": [5]}, "knowledge"),
        ({"settings": []}, "settings"),
        ({"settings": {"secrets": "x"}}, "settings"),
        ({"secrets": "x"}, "secrets"),
    ],
)
def test_a_broken_rule_is_named_with_its_member(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        character_from({**WHOLE, **changes})
    assert caught.value.field == field
    assert caught.value.rule


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_a_character_is_an_object(document: object) -> None:
    with pytest.raises(InvalidInput, match="character: must be an object"):
        character_from(document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WHOLE, "x"]), inner, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_is_given_is_a_character_or_names_its_mistake(document: object) -> None:
    with suppress(InvalidInput):
        assert system_prompt(character_from(document))


def test_changes_replace_members_and_settings_change_key_by_key() -> None:
    before = character_from(WHOLE)
    changes = {
        "bio": "New",
        "system": None,
        "settings": {"SESSION_AUTO_RENEW": False, "SESSION_TIMEOUT_MINUTES": None, "secrets": {"INNER": "3"}},
        "secrets": {"OUTER": None, "MORE": "4"},
    }
    after = character_from(merged_document(before, changes))
    assert after.bio == ("New",)
    assert after.system is None
    assert after.settings == {"SESSION_AUTO_RENEW": False}
    assert after.secrets == {"INNER": "3", "MORE": "4"}
    assert after.document["topics"] == WHOLE["topics"]


def test_no_change_is_no_change() -> None:
    before = character_from({"id": "c28ad8ba-81d1-0f6a-a8a9-5d4975a69efa", **WHOLE})
    assert character_from(merged_document(before, {})) == before


def test_a_new_name_keeps_the_id() -> None:
    before = character_from(WHOLE)
    after = character_from(merged_document(before, {"name": "Liza"}))
    assert (after.id, after.name) == (before.id, "Liza")


@pytest.mark.parametrize("changes", [{"settings": {"secrets": "x"}}, {"secrets": "x"}, {"settings": "x"}])
def test_a_change_keeps_to_the_rules(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        character_from(merged_document(character_from(WHOLE), changes))


@pytest.mark.parametrize(
    ("value", "minutes"),
    [(45, 45), (7.5, 7.5), ("45", 45), (" 45 ", 45), ("7.5", 7.5), (0, 0), (-3, -3), ("1e2", 100)],
)
def test_minutes_are_numbers_or_numbers_in_a_string(value: object, minutes: float) -> None:
    assert timeout_overrides({"SESSION_TIMEOUT_MINUTES": value}).timeout == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "value", ["abc", "", " ", "NaN", "Infinity", float("inf"), "1_000", "1,000", True, [], {}, "12.3.4"]
)
def test_minutes_without_sense_fall_to_the_next_level(value: object) -> None:
    assert timeout_overrides({"SESSION_MAX_DURATION_MINUTES": value}).max_duration is Unusable.VALUE


@pytest.mark.parametrize("value", [10**400, 1e300, -1e300])
def test_no_span_leaves_the_calendar(value: float) -> None:
    asked = timeout_overrides({"SESSION_WARNING_THRESHOLD_MINUTES": value}).warning_threshold
    assert asked is Unusable.VALUE or (isinstance(asked, timedelta) and abs(asked) <= LONGEST)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("FALSE", False),
        ("Yes", True),
        (" no ", False),
        ("1", True),
        ("0", False),
        (1, True),
        (0, False),
        ("maybe", Unusable.VALUE),
        ("", Unusable.VALUE),
        (2, Unusable.VALUE),
        ([], Unusable.VALUE),
    ],
)
def test_yes_and_no_have_many_forms(value: object, meant: object) -> None:
    assert timeout_overrides({"SESSION_AUTO_RENEW": value}).auto_renew is meant


def test_settings_that_are_not_there_ask_for_nothing() -> None:
    assert timeout_overrides({"OTHER": 1, "SESSION_TIMEOUT_MINUTES": None}) == TimeoutOverrides()


def test_the_prompt_tells_a_model_who_it_is() -> None:
    assert system_prompt(character_from(WHOLE)) == (
        "You are Eliza, a guide.\n\n"
        "About Eliza:\n- Knows the museum\n- Has worked there for years\n\n"
        "Topics you know well: paintings, opening hours.\n\n"
        "You are: patient, precise.\n\n"
        "How you write:\n- Be short\n- Ask back\n\n"
        "How Eliza talks, by example:\n\n"
        "User: Where is the Vermeer?\nEliza: Second floor, User."
    )


def test_a_bare_character_has_a_short_prompt() -> None:
    assert system_prompt(character_from({"name": "Ada", "bio": []})) == "You are Ada."
