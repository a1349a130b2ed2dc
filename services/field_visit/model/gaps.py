"""What of a talk no phone has recorded, and whether somebody said why."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from proto.facts import Stopped
from services.field_visit.model import stretches
from services.field_visit.model.recorders import Run, Runs
from services.field_visit.model.stretches import Stretch


class Gap(NamedTuple):
    """A part of the talk that no file has recorded; `reason` is what the phones said."""

    when: Stretch
    reason: Stopped | None


def gaps(
    whole: Stretch,
    heard: Iterable[Stretch],
    runs: Runs,
    least_s: int,
    tolerance: timedelta,
) -> list[Gap]:
    """Return what is open on both phones, parted by whether both have said why.

    What is shorter than `least_s` is none; it counts as recorded no more than a gap does.
    """
    found: list[Gap] = []
    told = declared(whole, runs, tolerance)
    for hole in stretches.holes(whole, heard):
        parts: list[Gap] = []
        for gap in told:
            if when := gap.when.within(hole):
                free = stretches.holes(when, [part.when for part in parts])
                parts += [Gap(each, gap.reason) for each in free]
        rest = stretches.holes(hole, [part.when for part in parts])
        found += [*parts, *(Gap(when, None) for when in rest)]
    long = (each for each in found if each.when.seconds >= least_s)
    return sorted(long, key=lambda gap: gap.when)


def declared(whole: Stretch, runs: Runs, tolerance: timedelta) -> list[Gap]:
    """Return when no recorder ran and each phone that has one had said why.

    That it was over is no reason for what was said afterwards.
    """
    found: list[Gap] | None = None
    for mine in runs.values():
        its = list(off_for(mine, whole.ends, tolerance))
        found = its if found is None else [both for a in found for both in shared(a, its)]
    return found or []


def off_for(runs: Sequence[Run], end: datetime, tolerance: timedelta) -> Iterable[Gap]:
    """Yield when one phone's recorder was off for a reason that it gave."""
    nexts = [each.on + tolerance for each in runs[1:]]
    for run, until in zip(runs, [*nexts, end], strict=True):
        if run.off is not None and run.reason not in (None, Stopped.FINISHED):
            yield Gap(Stretch(run.off - tolerance, max(until, run.off)), run.reason)


def shared(one: Gap, others: Iterable[Gap]) -> Iterable[Gap]:
    """Yield what one has in common with others, for the reason that was given last."""
    for other in others:
        if when := one.when.within(other.when):
            later = max(one, other, key=lambda each: each.when.begins)
            yield Gap(when, later.reason)
