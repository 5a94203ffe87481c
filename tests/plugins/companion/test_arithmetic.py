from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions_plugins.companion.arithmetic import answer


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2+2", "2+2 = 4"),
        ("What's 12 * (3+4)?", "12 * (3+4) = 84"),
        ("what is 7 times 8", "7 times 8 = 56"),
        ("how much is 100 / 8?", "100 / 8 = 12.5"),
        ("15% of 80", "15% of 80 = 12"),
        ("20 percent of 50", "20 percent of 50 = 10"),
        ("2^10 =", "2^10 = 1024"),
        ("-3 + 5", "-3 + 5 = 2"),
        ("2 - -2", "2 - -2 = 4"),
        ("-2^2", "-2^2 = -4"),
        ("1/3", "1/3 ≈ 0.333333"),
        ("0.1 + 0.2", "0.1 + 0.2 = 0.3"),
        ("3 squared plus 4 squared", "3 squared plus 4 squared = 25"),
        ("square root of 2", "square root of 2 ≈ 1.41421"),
        ("square root of 144", "square root of 144 = 12"),
        ("1,000 * 3", "1,000 * 3 = 3000"),
        ("6 x 7", "6 x 7 = 42"),
        ("(1 + 2) * (3 + 4)", "(1 + 2) * (3 + 4) = 21"),
        ("1/0", "Nothing can be divided by zero, not even by me."),
        ("9^99", "I only raise numbers to small whole powers."),
        ("9^60", "That number is too big for me."),
        ("square root of -1", "A negative number has no square root I could show you."),
    ],
)
def test_sums(asked: str, answered: str) -> None:
    assert answer(asked) == answered


@pytest.mark.parametrize(
    "text",
    ["", "hello", "42", "I am 5", "2024-05-06", "what is love?", "()", "-", "5 +", "(2", "2 3", "555-1234567", "..+"],
)
def test_what_is_no_sum(text: str) -> None:
    assert answer(text) is None


@given(st.text(alphabet="0123456789+-*/^%(). r", max_size=40))
def test_nothing_makes_it_stumble(text: str) -> None:
    assert answer(text) is None or answer(text)


@given(st.integers(-999, 999), st.sampled_from("+-*"), st.integers(0, 999))
def test_whole_numbers_are_exact(left: int, sign: str, right: int) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]
    assert answer(f"{left} {sign} {right}") == f"{left} {sign} {right} = {expected}"
