"""What people say against what is remembered: precision, recall and junk over the table of sentences.

``sentences.yaml`` is what the engine is tuned on, ``sentences_held.yaml`` is held out. Run with ``-s`` to see the figures
and every entry that goes wrong.
"""

from __future__ import annotations

import pytest

from tests.recall.sentence_table import Tally, entries, judge

LEAST_PRECISION, LEAST_RECALL, MOST_JUNK = 0.90, 0.80, 0.05


@pytest.mark.parametrize("name", ["sentences.yaml", "sentences_held.yaml"])
def test_what_people_say_becomes_the_memories_expected(name: str) -> None:
    tally = Tally()
    for entry in entries(name):
        judge(entry, tally)
    print("\n" + tally.line(name))
    print("\n".join(tally.wrong))
    assert tally.precision >= LEAST_PRECISION
    assert tally.recall >= LEAST_RECALL
    assert tally.junk_rate < MOST_JUNK


def test_the_table_is_as_large_as_promised() -> None:
    assert len(entries("sentences.yaml")) + len(entries("sentences_held.yaml")) >= 220
