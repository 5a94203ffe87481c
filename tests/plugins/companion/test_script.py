from __future__ import annotations

import re

import pytest

from agent_sessions.domain.errors import ConfigError
from agent_sessions_plugins.companion.clauses import clauses_of, reflected
from agent_sessions_plugins.companion.patterns import Pattern
from agent_sessions_plugins.companion.script import own_script, read_script
from agent_sessions_plugins.companion.skills import SKILLS

SCRIPT = own_script()


def test_the_script_has_much_to_say() -> None:
    assert len(SCRIPT.rules) >= 150
    assert sum(len(rule.say) for _words, rule in SCRIPT.rules) >= 300


def test_every_skill_and_kind_of_note_the_script_names_exists() -> None:
    kinds = {rule.kind for rule in SCRIPT.notes}
    for _words, rule in SCRIPT.rules:
        assert rule.do in {None, "notes", *SKILLS}
        assert set(rule.of) <= kinds
        assert rule.noted is None or rule.noted in kinds
    assert set(SCRIPT.commands.values()) <= set(SKILLS)


def test_every_place_of_a_wording_can_be_filled() -> None:
    known = {"name", "agent", "topic", "said", "stranger", "likes", "dislikes", "plans"}
    for _words, rule in SCRIPT.rules:
        for line in (*rule.say, *rule.empty, *rule.then):
            named = set(re.findall(r"\{,?([^}]+)\}", line))
            captures = min(len(_captures(pattern)) for pattern in rule.patterns)
            assert {place for place in named if not place.isdigit()} <= known, line
            assert all(int(place) <= captures for place in named if place.isdigit()), line


def _captures(pattern: Pattern) -> list[str]:
    return re.findall(r"(?<!\S)(?:[*+_%]|@\w+(?:'s)?)(?!\S)", pattern.source)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- 1", "script"),
        ("[", "not YAML"),
        ("keywords: [{words: [a], rules: [{match: '@nobody'}]}]", "script"),
    ],
)
def test_a_mistake_in_a_script_is_named(content: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_script(content)


@pytest.mark.parametrize(
    ("pattern", "clause", "captures"),
    [
        ("i like +", "I like green tea", ("green tea",)),
        ("* i like +", "because I like tea", ("because", "tea")),
        ("i like *", "i like", ("",)),
        ("i like +", "i like", None),
        ("i (really|) like _", "I really like tea", ("tea",)),
        ("i (really|) like _", "I really like green tea", None),
        ("i am %", "I am Anna Lee", ("Anna Lee",)),
        ("i am %", "I am tired", None),
        ("my @pet is called _", "my dog is called Rex", ("dog", "Rex")),
        ("my @pet's name is _", "my dog's name is Rex", ("dog", "Rex")),
    ],
)
def test_patterns(pattern: str, clause: str, captures: tuple[str, ...] | None) -> None:
    assert Pattern(pattern, {"pet": ["cat", "dog"]}).match(clause) == captures


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("my mother and me", "your mother and you"),
        ("I am sure you like me", "you are sure I like you"),
        ("I like you", "you like me"),
        ("you are my friend", "I am your friend"),
        ("our house", "your house"),
        ("Anna", "Anna"),
    ],
)
def test_words_are_turned_to_the_other_side(said: str, turned: str) -> None:
    assert reflected(said, SCRIPT.reflections) == turned


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("I'm Sam.", ["I am Sam"]),
        ("Hi, I'm Sam and I like tea", ["Hi", "I am Sam", "I like tea"]),
        ("I like tea, coffee and cake", ["I like tea, coffee and cake"]),
        ("It costs 3.50 at 12:30. Really?", ["It costs 3.50 at 12:30", "Really"]),
        ("I went home because I was tired", ["I went home", "because I was tired"]),
        ("hello my name is Sam", ["hello", "my name is Sam"]),
        ("I don’t know", ["I do not know"]),
        ("?!", []),
    ],
)
def test_messages_are_taken_apart(text: str, clauses: list[str]) -> None:
    assert [clause.text for clause in clauses_of(text, SCRIPT.contractions)] == clauses


def test_a_question_is_known_by_its_mark() -> None:
    assert [clause.question for clause in clauses_of("Is it? It is.", {"x'y": "x y"})] == [True, False]
