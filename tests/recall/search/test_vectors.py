"""Vectors of one index: exact, replaceable, removable."""

from __future__ import annotations

from datetime import UTC, datetime
from math import acos, cos, sin
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numpy", reason="the extra 'embeddings' is not installed")

from agent_sessions.recall.search.document import Document, Kind
from agent_sessions.recall.search.index import RecallIndex
from agent_sessions.recall.search.vectors import Vectors, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

NORTH, EAST, BETWEEN = (0.0, 2.0, 0.0), (3.0, 0.0, 0.0), (1.0, 1.0, 0.0)


def shelf(**vectors: Sequence[float]) -> Vectors:
    kept = Vectors()
    for document_id, vector in vectors.items():
        kept.add(document_id, packed(vector))
    return kept


def nearest(vectors: Vectors, question: Sequence[float]) -> list[str]:
    likeness = vectors.likeness(question)
    return [] if likeness is None else list(likeness.nearest)


def test_two_bytes_a_dimension() -> None:
    assert len(packed(NORTH)) == 6


def test_the_most_alike_come_first() -> None:
    likeness = shelf(north=NORTH, east=EAST, between=BETWEEN).likeness((0.0, 5.0, 0.0))
    assert likeness is not None
    assert list(likeness.nearest) == ["north", "between", "east"]
    assert likeness.of("north") > likeness.of("between") > 0 > likeness.of("east")


def test_what_has_no_vector_is_neither_alike_nor_unlike() -> None:
    likeness = shelf(north=NORTH, east=EAST).likeness(NORTH)
    assert likeness is not None
    assert likeness.of("unknown") == 0
    assert likeness.of("north") == pytest.approx(-likeness.of("east"))


def test_how_far_a_model_spreads_its_cosines_makes_little_difference() -> None:
    """A model whose vectors all point nearly the same way tells as much as one that uses the whole sphere."""

    def seen(least: float, most: float) -> list[float]:
        angles = {f"m{place}": acos(least + (most - least) * place / 400) for place in range(401)}
        likeness = shelf(**{each: (cos(angle), sin(angle), 0.0) for each, angle in angles.items()}).likeness((1, 0, 0))
        assert likeness is not None
        return [likeness.of(each) for each in ("m0", "m200", "m400")]

    assert seen(0.7, 0.8) == pytest.approx(seen(0.1, 0.7), abs=0.4)


def test_ties_are_in_order_of_id() -> None:
    assert nearest(shelf(b=NORTH, c=NORTH, a=NORTH), NORTH) == ["a", "b", "c"]


def test_a_vector_added_again_replaces() -> None:
    vectors = shelf(a=NORTH, b=BETWEEN)
    vectors.add("a", packed(EAST))
    assert len(vectors) == 2
    assert nearest(vectors, NORTH) == ["b", "a"]


def test_an_empty_text_may_have_no_direction() -> None:
    assert nearest(shelf(a=(0.0, 0.0, 0.0)), NORTH) == ["a"]


def test_nothing_is_alike_where_there_is_nothing_to_compare() -> None:
    assert Vectors().likeness(NORTH) is None
    assert shelf(a=NORTH).likeness((1.0, 0.0)) is None


def test_vectors_of_another_length_take_the_place_of_all() -> None:
    vectors = shelf(a=NORTH, b=EAST)
    vectors.add("c", packed((1.0, 0.0)))
    assert ("a" in vectors, "c" in vectors, len(vectors)) == (False, True, 1)


IDS = st.sets(st.integers(0, 200).map(str), max_size=120)


@given(IDS, IDS)
def test_what_was_removed_was_never_there(kept: set[str], passing: set[str]) -> None:
    def direction(document_id: str) -> tuple[float, float, float]:
        return (float(document_id), 50.0, 1.0)

    one = shelf(**{each: direction(each) for each in sorted(kept)})
    other = shelf(**{each: direction(each) for each in sorted(kept | passing, reverse=True)})
    for each in [*sorted(passing - kept), "unknown"]:
        other.remove(each)
    assert nearest(one, NORTH) == nearest(other, NORTH)
    one_like, other_like = one.likeness(NORTH), other.likeness(NORTH)
    assert [one_like and one_like.of(each) for each in kept] == [other_like and other_like.of(each) for each in kept]


def test_an_index_finds_what_means_alike_and_forgets_what_is_gone() -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC)

    def turn(name: str, text: str) -> Document:
        return Document(id=name, kind=Kind.MESSAGE, session_id=name, at=at, text=text)

    index = RecallIndex(vectors=Vectors())
    index.add([turn("hamster", "Our hamster escaped"), turn("stocks", "Prices fell"), turn("tea", "I had some tea")])
    index.mean([("hamster", packed(NORTH)), ("stocks", packed(EAST)), ("unknown", packed(NORTH))])
    assert index.search("zoology", now=at, limit=1, vector=NORTH)[0].id == "hamster"
    assert index.search("zoology", now=at, limit=5) == []
    index.add([turn("hamster", "Never mind")])  # another text, of which nobody has said what it means
    assert [hit.id for hit in index.search("zoology", now=at, limit=5, vector=NORTH)] == ["stocks"]
    index.remove(["stocks"])
    assert index.search("zoology", now=at, limit=5, vector=NORTH) == []
