"""Working days, from a calendar that is data: rests, and weekends that are worked (调休).

Beyond what its source has announced only weekends are known. Whoever sets a deadline asks
`verified` as well; `next_working_day` of the module notes it in the log, once a year.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from chassis.logs import log

DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """The working days of a place. What its source says holds between two days."""

    place: str
    verified_from: date
    verified_through: date
    rests: frozenset[date]
    make_up: frozenset[date]

    def verified(self, day: date) -> bool:
        """Tell whether the source has said what this day is."""
        return self.verified_from <= day <= self.verified_through

    def is_working(self, day: date) -> bool:
        """Tell whether people work on this day."""
        if day in self.make_up:
            return True
        return day.weekday() < SATURDAY and day not in self.rests

    def after(self, day: date, count: int = 1) -> date:
        """Return the so-manieth working day after a day, which is not counted itself."""
        for _ in range(count):
            day += DAY
            while not self.is_working(day):
                day += DAY
        return day


def next_working_day(day: date, place: str = "CN") -> date:
    """Return the first working day after this one."""
    known = calendar(place)
    found = known.after(day)
    if not known.verified(found):
        say_unverified(place, found.year)
    return found


@cache
def calendar(place: str) -> Calendar:
    """Return the calendar of a place. Raises FileNotFoundError when there is none."""
    file = resources.files("chassis") / "calendars" / f"{place}.yaml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Calendar(
        place,
        said["verified_from"],
        said["verified_through"],
        frozenset(day for rest in said["rests"] for day in days_of(rest)),
        frozenset(said["make_up"]),
    )


def days_of(rest: dict[str, Any]) -> Iterator[date]:
    day: date = rest["from"]
    while day <= rest["through"]:
        yield day
        day += DAY


@cache
def say_unverified(place: str, year: int) -> None:
    """Say once that nobody has announced the working days of a year yet."""
    log.warning(
        "the working days of %s in %s are not announced: weekends only", place, year
    )
