"""When people may be visited: the wall clock at their own door."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Self

from pydantic import field_validator, model_validator

from rulebook.facts import DoorFacts
from rulebook.problems import Problem
from rulebook.rule import EVERY_ACT, Breach, Excuse, Fact, NotKnowable, Rule


class Window(Rule):
    """People are left in peace at night (4.05, 21.084).

    The window is half-open: its closing minute is outside. An act must end inside the
    window it began in.
    """

    key = "contact.window"
    acts = EVERY_ACT
    reads = frozenset({"ends_at", "starts_at"})
    opens: time
    closes: time

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _quoted(cls, value: object) -> object:
        """Refuse an unquoted 21:00, which YAML 1.1 reads as the number 1260."""
        if not isinstance(value, str):
            raise Problem("time-unquoted", value=repr(value))
        return value

    @model_validator(mode="after")
    def _within_a_day(self) -> Self:
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise Problem("window-zone")
        if not self.opens < self.closes:
            raise Problem("window-reversed", closes=self.closes)
        return self

    def breach(self, facts: DoorFacts) -> Breach | None:
        starts, ends = facts.starts_at, facts.ends_at
        if not (_aware(starts, "starts_at") <= _aware(ends, "ends_at")):
            raise NotKnowable("ends_at")
        inside = self.opens <= starts.time() and ends.time() < self.closes
        if inside and starts.date() == ends.date():
            return None
        return self.broken(
            starts=f"{starts:%H:%M}",
            ends=f"{ends:%H:%M}",
            opens=f"{self.opens:%H:%M}",
            closes=f"{self.closes:%H:%M}",
        )

    def turns(self, facts: DoorFacts) -> Iterable[datetime]:
        opens, closes = (_at(facts, each) for each in (self.opens, self.closes))
        return opens, closes, closes - _lasts(facts)


class Appointment(Excuse):
    """The debtor named another hour: for one visit, and for all of it (4.06).

    Its window is half-open too: whoever is still there at its last moment stays too long.
    """

    key = "contact.appointment"
    reads = frozenset({"appointment", "ends_at", "starts_at"})

    def granted(self, facts: DoorFacts) -> bool:
        agreed = facts.appointment is not None and facts.appointment.agreed is True
        return agreed and _covers(facts)

    def turns(self, facts: DoorFacts) -> Iterable[datetime]:
        return _turns(facts)


class SpecialReason(Excuse):
    """The debtor can be met at no other hour, and a supervisor vouches for it (21.085)."""

    key = "contact.special_reason"
    reads = frozenset({"appointment", "ends_at", "starts_at"})

    def granted(self, facts: DoorFacts) -> bool:
        vouched = facts.appointment is not None and facts.appointment.agreed is False
        return vouched and _covers(facts)

    def turns(self, facts: DoorFacts) -> Iterable[datetime]:
        return _turns(facts)


def _covers(facts: DoorFacts) -> bool:
    """Say whether an unused appointment covers the visit from its start to its end."""
    hour = facts.appointment
    if hour is None or hour.used is not False:
        return False
    return hour.starts_at <= facts.starts_at <= facts.ends_at < hour.ends_at


def _turns(facts: DoorFacts) -> Iterable[datetime]:
    """Return from when to when an act may begin that an appointment covers."""
    if (hour := facts.appointment) is None:
        return ()
    return hour.starts_at, hour.ends_at - _lasts(facts)


def _lasts(facts: DoorFacts) -> timedelta:
    """Return how long the act is expected to take, on the wall clock."""
    return facts.ends_at - facts.starts_at


def _at(facts: DoorFacts, time: time) -> datetime:
    """Return the moment that a clock on the wall shows this time of the day."""
    return datetime.combine(facts.starts_at.date(), time, facts.starts_at.tzinfo)


def _aware(moment: datetime, fact: Fact) -> datetime:
    """Return a moment that says in which zone its clock hangs."""
    if moment.utcoffset() is None:
        raise NotKnowable(fact)
    return moment
