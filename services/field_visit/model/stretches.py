"""Stretches of time on a line: what they cover together, and what they leave open."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """From one moment to a later one, the second not within it."""

    begins: datetime
    ends: datetime

    @property
    def lasts(self) -> timedelta:
        return max(self.ends - self.begins, timedelta(0))

    @property
    def seconds(self) -> float:
        """How long it lasts, to the millisecond."""
        return round(self.lasts / timedelta(seconds=1), 3)

    def within(self, other: "Stretch") -> "Stretch | None":
        """Return what of it lies within another; None when nothing does."""
        begins, ends = max(self.begins, other.begins), min(self.ends, other.ends)
        return Stretch(begins, ends) if begins < ends else None

    def wider(self, by: timedelta) -> "Stretch":
        return Stretch(self.begins - by, self.ends + by)


def union(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return what these cover together, in order, none touching another."""
    found: list[Stretch] = []
    for each in sorted(stretches):
        if not each.lasts:
            continue
        if found and each.begins <= found[-1].ends:
            found[-1] = Stretch(found[-1].begins, max(found[-1].ends, each.ends))
        else:
            found.append(each)
    return tuple(found)


def holes(whole: Stretch, stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return what of a whole these leave open, in order."""
    found, at = [], whole.begins
    for each in union(stretches):
        if at < min(each.begins, whole.ends):
            found.append(Stretch(at, min(each.begins, whole.ends)))
        at = max(at, each.ends)
    if at < whole.ends:
        found.append(Stretch(at, whole.ends))
    return tuple(found)


def common(one: Iterable[Stretch], other: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return what both cover."""
    others = union(other)
    both = (mine.within(theirs) for mine in union(one) for theirs in others)
    return union(each for each in both if each)


def seconds(stretches: Iterable[Stretch]) -> float:
    """Return how many seconds these cover together, to the millisecond."""
    lasts = sum((each.lasts for each in union(stretches)), timedelta(0))
    return round(lasts / timedelta(seconds=1), 3)
