"""Dates as people say them, each with the first and last day meant; said on Wednesday 15 May 2024 unless told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_sessions.recall.dates.finding import Lean, find_dates, lean_of, whole_day

SAID_AT = datetime(2024, 5, 15, 10, tzinfo=UTC)

TABLE = [
    # days near today
    ("I bought a bike today", "2024-05-15", "2024-05-15"),
    ("I ate out tonight", "2024-05-15", "2024-05-15"),
    ("my car broke down this morning", "2024-05-15", "2024-05-15"),
    ("I saw her yesterday", "2024-05-14", "2024-05-14"),
    ("I went out last night", "2024-05-14", "2024-05-14"),
    ("I met him the day before yesterday", "2024-05-13", "2024-05-13"),
    ("the exam is tomorrow", "2024-05-16", "2024-05-16"),
    ("I leave the day after tomorrow", "2024-05-17", "2024-05-17"),
    ("we adopted a kitten recently", "2024-05-08", "2024-05-15"),
    ("I've been tired lately", "2024-05-08", "2024-05-15"),
    ("I ran into Tom the other day", "2024-05-08", "2024-05-15"),
    # counted back and ahead
    ("two weeks ago I got a dog", "2024-05-01", "2024-05-01"),
    ("I quit 10 days ago", "2024-05-05", "2024-05-05"),
    ("I met her a few days ago", "2024-05-11", "2024-05-13"),
    ("a couple of days ago", "2024-05-13", "2024-05-13"),
    ("I stopped smoking 3 months ago", "2024-02-01", "2024-02-29"),
    ("we moved a year ago", "2023-01-01", "2023-12-31"),
    ("in three weeks I start a job", "2024-06-05", "2024-06-05"),
    ("we fly in 2 days", "2024-05-17", "2024-05-17"),
    ("two months from now", "2024-07-01", "2024-07-31"),
    # weekdays
    ("I moved to Berlin last Tuesday", "2024-05-14", "2024-05-14"),
    ("I quit on Monday", "2024-05-13", "2024-05-13"),
    ("I have a dentist appointment on Friday", "2024-05-17", "2024-05-17"),
    ("see you next Friday", "2024-05-24", "2024-05-24"),
    ("this Friday works", "2024-05-17", "2024-05-17"),
    ("I went there Tuesday last week", "2024-05-07", "2024-05-07"),
    ("I am off until Friday", "2024-05-15", "2024-05-17"),
    # weeks, months, years, seasons
    ("I'm flying home this weekend", "2024-05-18", "2024-05-19"),
    ("we hiked last weekend", "2024-05-11", "2024-05-12"),
    ("I was ill last week", "2024-05-06", "2024-05-12"),
    ("the week before last was hard", "2024-04-29", "2024-05-05"),
    ("we'll visit next month", "2024-06-01", "2024-06-30"),
    ("it is due early next month", "2024-06-01", "2024-06-10"),
    ("I leave at the end of the month", "2024-05-22", "2024-05-31"),
    ("I got married last summer", "2023-06-01", "2023-08-31"),
    ("I got married in the summer of 2018", "2018-06-01", "2018-08-31"),
    ("I graduated last year", "2023-01-01", "2023-12-31"),
    ("over the past two months I ran a lot", "2024-03-15", "2024-05-15"),
    # named days, months and years
    ("my birthday is March 15", "2024-03-15", "2024-03-15"),
    ("I was born on 3 June 1990", "1990-06-03", "1990-06-03"),
    ("the wedding is on the 21st of September 2025", "2025-09-21", "2025-09-21"),
    ("I got it on the 3rd", "2024-05-03", "2024-05-03"),
    ("I graduated in May", "2024-05-01", "2024-05-31"),
    ("I started in March", "2024-03-01", "2024-03-31"),
    ("I went there in October", "2023-10-01", "2023-10-31"),
    ("I will go there in October", "2024-10-01", "2024-10-31"),
    ("I booked a flight for August 20", "2024-08-20", "2024-08-20"),
    ("we went to Japan in 2018", "2018-01-01", "2018-12-31"),
    ("I lived there in the 90s", "1990-01-01", "1999-12-31"),
    ("it happened on 2023-11-02", "2023-11-02", "2023-11-02"),
    ("it was 12/05/2023", "2023-12-05", "2023-12-05"),
    ("it was 25/12/2023", "2023-12-25", "2023-12-25"),
    ("it was 05.12.2023", "2023-12-05", "2023-12-05"),
    ("I have lived here since 2019", "2019-01-01", "2024-05-15"),
    ("I've been here since last May", "2023-05-01", "2024-05-15"),
    ("I've been skiing for about 10 years", "2014-05-15", "2024-05-15"),
    ("the conference is June 3-7", "2024-06-03", "2024-06-07"),
    ("I'm away from May 20 to June 2", "2024-05-20", "2024-06-02"),
    ("last Christmas I was in Vienna", "2023-12-25", "2023-12-25"),
    ("I'm going to Spain for Christmas", "2024-12-25", "2024-12-25"),
    ("I bought it on New Year's Eve", "2023-12-31", "2023-12-31"),
]

NO_DATES = [
    "may I come in",
    "I may go",
    "the 3rd time",
    "I work every Monday",
    "I live at 12 Main Street",
    "I read 10 books in 2 weeks",
    "march on",
    "it was 9999 years ago",
    "I have three cats",
    "my brother Jan is tall",
    "I ate a sandwich",
    "laſt ſunday",
]


@pytest.mark.parametrize(("text", "first", "last"), TABLE)
def test_a_date_is_the_days_it_means(text: str, first: str, last: str) -> None:
    (span,) = find_dates(text, said_at=SAID_AT)
    assert (span.start, span.end) == (
        datetime.fromisoformat(f"{first}T00:00:00Z"),
        datetime.fromisoformat(f"{last}T23:59:59Z"),
    )


@pytest.mark.parametrize("text", NO_DATES)
def test_words_that_only_look_like_dates_are_none(text: str) -> None:
    assert find_dates(text, said_at=SAID_AT) == []


def test_several_dates_come_in_the_order_they_are_said() -> None:
    text = "I left on May 2 and came back yesterday"
    spans = find_dates(text, said_at=SAID_AT)
    assert [text[slice(*span.text_span)] for span in spans] == ["on May 2", "yesterday"]
    assert [span.relative for span in spans] == [False, True]


@pytest.mark.parametrize(
    ("zone", "at", "first"),
    [
        ("America/Los_Angeles", "2024-05-15T02:00:00Z", "2024-05-13T07:00:00Z"),
        ("Asia/Tokyo", "2024-05-15T23:30:00Z", "2024-05-14T15:00:00Z"),
        ("Europe/Berlin", "2024-03-31T10:00:00Z", "2024-03-29T23:00:00Z"),
    ],
)
def test_yesterday_is_a_day_of_the_speakers_zone(zone: str, at: str, first: str) -> None:
    (span,) = find_dates("I went yesterday", said_at=datetime.fromisoformat(at), zone=ZoneInfo(zone))
    assert span.start == datetime.fromisoformat(first)


def test_a_day_of_a_clock_change_is_as_long_as_it_was() -> None:
    start, end = whole_day(datetime(2024, 3, 31, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(hours=22, minutes=59, seconds=59)


@pytest.mark.parametrize(
    ("text", "lean"),
    [
        ("I went there", Lean.PAST),
        ("I'll go there", Lean.FUTURE),
        ("I like it there", Lean.NEITHER),
        ("the meeting is scheduled", Lean.FUTURE),
    ],
)
def test_a_sentence_leans_to_the_past_or_the_future(text: str, lean: Lean) -> None:
    assert lean_of(text) is lean


def test_a_given_lean_settles_what_the_words_leave_open() -> None:
    (past,) = find_dates("on Friday", said_at=SAID_AT, lean=Lean.PAST)
    (future,) = find_dates("on Friday", said_at=SAID_AT, lean=Lean.FUTURE)
    assert (past.start.date(), future.start.date()) == (date(2024, 5, 10), date(2024, 5, 17))


@settings(deadline=None)
@given(st.text(max_size=60), st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_any_text_is_read_without_failing_and_ranges_begin_before_they_end(text: str, day: date) -> None:
    for span in find_dates(text, said_at=datetime(day.year, day.month, day.day, tzinfo=UTC)):
        assert span.start < span.end


@settings(deadline=None)
@given(st.sampled_from([text for text, _, _ in TABLE]), st.dates(date(1980, 1, 1), date(2090, 1, 1)))
def test_every_phrase_can_be_said_on_any_day(text: str, day: date) -> None:
    for span in find_dates(text, said_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        assert span.start < span.end
