"""JavaScript's coercions and lengths, against values that a JavaScript engine gives."""

from __future__ import annotations

from math import inf, isnan
from typing import Any

import pytest

from agent_sessions.api.eliza import javascript


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("", 0.0), (" \t\n\ufeff\u00a0", 0.0), (None, 0.0), (False, 0.0), (True, 1.0), ([], 0.0), ([None], 0.0)),
        *(("1e400", inf), ("-Infinity", -inf), ("+Infinity", inf), (10**400, inf), ("1.", 1.0), (".5", 0.5)),
        *(("0XfF", 255.0), ("0b101", 5.0), ("0o17", 15.0), ([[["7"]]], 7.0), ("-1.5E-1", -0.15), ("007", 7.0)),
    ],
)
def test_number(value: Any, expected: float) -> None:
    assert javascript.number(value) == expected


@pytest.mark.parametrize(
    "value",
    ["x", "1x", "1 2", ".", "e5", "-0x1", "0b2", "infinity", "inf", "nan", "١", {}, [1, 2], [True], [{}], "1_0"],
)
def test_what_is_no_number(value: Any) -> None:
    assert isnan(javascript.number(value))


def test_an_array_nested_to_the_bottom_is_still_read() -> None:
    deep: Any = 5
    for _ in range(5000):
        deep = [deep]
    assert javascript.number(deep) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5abc", 5),
        ("5.9", 5),
        (" -7", -7),
        ("+3", 3),
        ("", None),
        ("abc", None),
        (None, None),
        ("1e3", 1),
        (".5", None),
    ],
)
def test_parse_int(text: str | None, expected: int | None) -> None:
    assert javascript.parse_int(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("abc", 3), ("é", 1), ("😀", 2), ("a😀é", 4), ("", 0)])
def test_length_counts_utf16_units(text: str, expected: int) -> None:
    assert javascript.length(text) == expected


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        *((1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e300, "1.5e+300"), (1e-6, "0.000001"), (1e-7, "1e-7")),
        *((1.25e-9, "1.25e-9"), (0.1, "0.1"), (-2.5, "-2.5"), (123456.789, "123456.789"), (-1e-7, "-1e-7")),
    ],
)
def test_length_of_printed_numbers(value: float, printed: str) -> None:
    assert javascript.json_length([value], enough=0) == len(printed) + 2


@pytest.mark.parametrize(
    ("value", "plain"), [(1.0, "1"), (-0.0, "0"), (2.5, "2.5"), (1e18, "1000000000000000000"), (inf, "None")]
)
def test_plain_numbers(value: float, plain: str) -> None:
    assert repr(javascript.plain_number(value)) == plain


def test_truth_and_types() -> None:
    nothing: list[Any] = [None, 0, "", False]
    something: list[Any] = [[], {}, "false", -1]
    assert list(map(javascript.truthy, nothing)) == [False] * 4
    assert list(map(javascript.truthy, something)) == [True] * 4
    kinds: list[Any] = [None, [], {}, True, 1, 1.5, "x"]
    expected = ["object", "object", "object", "boolean", "number", "number", "string"]
    assert list(map(javascript.type_of, kinds)) == expected
