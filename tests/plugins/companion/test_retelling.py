from __future__ import annotations

import pytest

from agent_sessions_plugins.companion.retelling import SPEAKER, SPOKEN_TO, retold


@pytest.mark.parametrize(
    ("memory", "told", "own"),
    [
        ("User lives in Oslo", "you live in Oslo", "I live in Oslo"),
        ("User is vegetarian.", "you are vegetarian", "I am vegetarian"),
        ("User isn't a morning person", "you aren't a morning person", "I am not a morning person"),
        ("User was born in Lagos", "you were born in Lagos", "I was born in Lagos"),
        ("User has two kids", "you have two kids", "I have two kids"),
        ("User doesn't eat meat", "you don't eat meat", "I don't eat meat"),
        ("User can't eat gluten", "you can't eat gluten", "I can't eat gluten"),
        ("User went to Japan", "you went to Japan", "I went to Japan"),
        ("User will be in Rome", "you will be in Rome", "I will be in Rome"),
        ("User never drinks coffee", "you never drink coffee", "I never drink coffee"),
        ("User currently studies law", "you currently study law", "I currently study law"),
        ("User watches birds", "you watch birds", "I watch birds"),
        ("User goes to the gym", "you go to the gym", "I go to the gym"),
        ("User misses home", "you miss home", "I miss home"),
        ("User lies awake", "you lie awake", "I lie awake"),
        ("User likes tea and hates coffee", "you like tea and hate coffee", "I like tea and hate coffee"),
        ("User likes cats and dogs", "you like cats and dogs", "I like cats and dogs"),
        ("User quit their job", "you quit your job", "I quit my job"),
        ("User and their wife are moving", "you and your wife are moving", "I and my wife are moving"),
        ("User's name is Sam", "your name is Sam", "my name is Sam"),
        ("User's sister lives in Rome", "your sister lives in Rome", "my sister lives in Rome"),
        ("User's sister visits User's mother", "your sister visits your mother", "my sister visits my mother"),
        ("User's parents don't speak English", "your parents don't speak English", "my parents don't speak English"),
    ],
)
def test_a_memory_is_turned_to_the_user_and_into_their_words(memory: str, told: str, own: str) -> None:
    assert retold(memory, SPOKEN_TO) == told
    assert retold(memory, SPEAKER) == own


@pytest.mark.parametrize(
    "memory", ["Sam likes tea", "", "User", "User likes cats because they are quiet", "Users like it"]
)
def test_what_might_be_told_wrongly_is_not(memory: str) -> None:
    assert retold(memory, SPOKEN_TO) is None
