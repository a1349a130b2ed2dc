"""Working days of mainland China, as they were announced."""

import logging
from datetime import date

import pytest

from chassis import calendar
from chassis.calendar import next_working_day

CHINA = calendar.calendar("CN")


@pytest.mark.parametrize(
    "day",
    ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
)
def test_people_work_on_a_weekend_that_makes_up_for_a_rest(day: str) -> None:
    assert date.fromisoformat(day).weekday() >= 5
    assert CHINA.is_working(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    ["2026-01-02", "2026-02-23", "2026-04-06", "2026-06-19", "2026-10-07", "2026-03-07"],
)
def test_nobody_works_in_a_rest_or_on_a_plain_weekend(day: str) -> None:
    assert not CHINA.is_working(date.fromisoformat(day))


def test_no_day_is_both_a_rest_and_made_up_for() -> None:
    assert CHINA.rests & CHINA.make_up == set()
    assert all(day.weekday() >= 5 for day in CHINA.make_up)
    assert all(CHINA.verified(day) for day in CHINA.rests | CHINA.make_up)


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-02-13", 3, "2026-02-25"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-10-09", 1, "2026-10-10"),
        ("2026-10-10", 1, "2026-10-12"),
    ],
)
def test_so_many_working_days_after_a_day(day: str, count: int, then: str) -> None:
    assert CHINA.after(date.fromisoformat(day), count) == date.fromisoformat(then)


def test_beyond_what_was_announced_weekends_are_known_and_that_is_said_once(caplog) -> None:
    calendar.say_unverified.cache_clear()
    with caplog.at_level(logging.WARNING, "doorstep"):
        found = [next_working_day(date(2026, 12, 31)), next_working_day(date(2027, 1, 1))]

    assert found == [date(2027, 1, 1), date(2027, 1, 4)]
    assert not CHINA.verified(found[0])
    assert [record.getMessage() for record in caplog.records] == [
        "the working days of CN in 2027 are not announced: weekends only"
    ]
