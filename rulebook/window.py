"""When people may be visited: the wall clock at their own door."""

from datetime import datetime, time
from typing import Self

from pydantic import field_validator, model_validator

from rulebook.facts import DoorFacts
from rulebook.rule import EVERY_ACT, Breach, Fact, NotKnowable, Rule


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
            raise ValueError(f"{value!r} is no time of day, write it in quotes: '08:00'")
        return value

    @model_validator(mode="after")
    def _within_a_day(self) -> Self:
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("a clock on the wall names no zone")
        if not self.opens < self.closes:
            raise ValueError(f"the window closes at {self.closes} before it opens")
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


def _aware(moment: datetime, fact: Fact) -> datetime:
    """Return a moment that says in which zone its clock hangs."""
    if moment.utcoffset() is None:
        raise NotKnowable(fact)
    return moment
