"""Vectors of one index: exact, replaceable, removable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numpy", reason="the extra 'embeddings' is not installed")

from agent_sessions.recall.search.embed import Vectors, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

NORTH, EAST, BETWEEN = (0.0, 2.0, 0.0), (3.0, 0.0, 0.0), (1.0, 1.0, 0.0)


def shelf(**vectors: Sequence[float]) -> Vectors:
    kept = Vectors(3)
    for document_id, vector in vectors.items():
        kept.add(document_id, packed(vector))
    return kept


def test_two_bytes_a_dimension() -> None:
    assert len(packed(NORTH)) == 6


def test_the_nearest_come_first_with_their_cosine() -> None:
    near = shelf(north=NORTH, east=EAST, between=BETWEEN).nearest((0.0, 5.0, 0.0), limit=2)
    assert list(near) == ["north", "between"]
    assert near["north"] == pytest.approx(1, abs=1e-3)
    assert near["between"] == pytest.approx(2**-0.5, abs=1e-3)


def test_ties_are_in_order_of_id() -> None:
    assert list(shelf(b=NORTH, c=NORTH, a=NORTH).nearest(NORTH, limit=2)) == ["a", "b"]


def test_a_vector_added_again_replaces() -> None:
    vectors = shelf(a=NORTH)
    vectors.add("a", packed(EAST))
    assert len(vectors) == 1
    assert vectors.nearest(EAST, limit=1)["a"] == pytest.approx(1, abs=1e-3)


def test_an_empty_text_may_have_no_direction() -> None:
    assert shelf(a=(0.0, 0.0, 0.0)).nearest(NORTH, limit=1) == {"a": 0.0}


def test_nothing_is_near_where_there_is_nothing() -> None:
    assert Vectors(3).nearest(NORTH, limit=3) == {}


IDS = st.sets(st.integers(0, 200).map(str), max_size=120)


@given(IDS, IDS)
def test_what_was_removed_was_never_there(kept: set[str], passing: set[str]) -> None:
    def direction(document_id: str) -> tuple[float, float, float]:
        return (float(document_id), 50.0, 1.0)

    one = shelf(**{each: direction(each) for each in sorted(kept)})
    other = shelf(**{each: direction(each) for each in sorted(kept | passing, reverse=True)})
    other.remove([*sorted(passing - kept), "unknown"])
    assert one.nearest(NORTH, limit=30) == other.nearest(NORTH, limit=30)
