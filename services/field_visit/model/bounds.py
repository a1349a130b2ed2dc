"""When an entry can have been made: never by a phone's wall clock, but by what it was told.

A phone's monotonic clock may be up to `DRIFT` fast or slow. An anchor says that somewhere
between two of its milliseconds it was this moment here. From that follows, for every other
millisecond of the same boot, the earliest and the latest moment it can have been. Without
an anchor an entry lies between the entry before it and its arrival. Satellite time narrows
nothing: whoever fakes a position fakes it as well. Pure: no clock and no database.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple, Self
from uuid import UUID

#: How much faster or slower a phone's clock may run than ours: 100 parts in a million,
#: five times what a quartz drifts.
DRIFT = 100e-6
#: A phone counts whole milliseconds.
TICK = timedelta(milliseconds=1)
#: No phone runs longer than ten years without being started anew: what claims more is held
#: against its arrival as if it were that, and found torn.
LONGEST_MS = 10 * 365 * 86_400_000
#: Anchors that are remembered of a boot: the first, and the last ones.
MOST_ANCHORS = 8


class Span(NamedTuple):
    """From the earliest moment to the latest. An earliest of None is not known."""

    earliest: datetime | None
    latest: datetime

    def clamp(self, at: datetime) -> datetime:
        """Return the moment of the span that is nearest to a claimed one."""
        at = min(at, self.latest)
        return at if self.earliest is None else max(at, self.earliest)

    @property
    def torn(self) -> bool:
        """Whether it contradicts itself."""
        return self.earliest is not None and self.earliest > self.latest


def passed(ms: float) -> timedelta:
    """Return how long that is, within what any calendar can name."""
    return timedelta(milliseconds=max(-LONGEST_MS, min(LONGEST_MS, ms)))


@dataclass(frozen=True)
class Told:
    """It was `at` here, between these two milliseconds of a phone's monotonic clock."""

    at: datetime
    asked_ms: int
    got_ms: int

    def span(self, elapsed_ms: int) -> Span:
        """Return when another millisecond of the same boot can have been."""
        slow, fast = 1 - DRIFT, 1 + DRIFT
        least, most = elapsed_ms - self.got_ms, elapsed_ms - self.asked_ms
        least_ms = least * (slow if least >= 0 else fast)
        most_ms = most * (fast if most >= 0 else slow)
        return Span(
            self.at + passed(least_ms) - TICK,
            self.at + passed(most_ms) + TICK,
        )

    def json(self) -> list[Any]:
        return [self.at.isoformat(), self.asked_ms, self.got_ms]

    @classmethod
    def of(cls, kept: Sequence[Any]) -> Self:
        return cls(datetime.fromisoformat(kept[0]), kept[1], kept[2])


def within(told: Iterable[Told], elapsed_ms: int) -> Span | None:
    """Return what several anchors say of a millisecond together; None without any."""
    spans = [each.span(elapsed_ms) for each in told]
    if not spans:
        return None
    return Span(
        max(span.earliest for span in spans if span.earliest),
        min(span.latest for span in spans),
    )


class Folded:
    """Many anchors of one boot, of which a millisecond asks no more than four.

    Which one says most of it depends only on whether it lies behind or before the anchor.
    """

    def __init__(self, told: Iterable[Told]) -> None:
        slow, fast = 1 - DRIFT, 1 + DRIFT
        self.got = sorted(told, key=lambda each: each.got_ms)
        self.asked = sorted(self.got, key=lambda each: each.asked_ms)
        got = [(reckoned(one, one.got_ms, slow), one) for one in self.got]
        self.since = list(accumulate(got, most))
        got = [(reckoned(one, one.got_ms, fast), one) for one in reversed(self.got)]
        self.until = list(accumulate(got, most))[::-1]
        asked = [(-reckoned(one, one.asked_ms, fast), one) for one in self.asked]
        self.least_since = list(accumulate(asked, most))
        asked = [(-reckoned(one, one.asked_ms, slow), one) for one in reversed(self.asked)]
        self.least_until = list(accumulate(asked, most))[::-1]

    def of(self, elapsed_ms: int) -> list[Told]:
        """Return those that say most of a millisecond."""
        got = bisect_right(self.got, elapsed_ms, key=lambda each: each.got_ms)
        asked = bisect_right(self.asked, elapsed_ms, key=lambda each: each.asked_ms)
        found = (
            *self.since[got - 1 : got],
            *self.until[got : got + 1],
            *self.least_since[asked - 1 : asked],
            *self.least_until[asked : asked + 1],
        )
        return [told for _, told in found]


def reckoned(told: Told, ms: int, pace: float) -> float:
    """Return when this boot began by an anchor, if its clock went at a pace."""
    return told.at.timestamp() * 1000 - ms * pace


def most(one: tuple[float, Told], other: tuple[float, Told]) -> tuple[float, Told]:
    return max(one, other, key=itemgetter(0))


@dataclass
class Clock:
    """What is known of a phone's clock as its journal is read, entry by entry.

    `anchors` are those of `boot_id`, the boot of the last entry that named one; `floor` is
    the earliest moment of the entry before.
    """

    boot_id: UUID | None = None
    elapsed_ms: int | None = None
    anchors: tuple[Told, ...] = ()
    floor: datetime | None = None

    def boot(self, boot_id: UUID) -> None:
        """A phone that was started anew counts from nothing, and knows no anchor."""
        if boot_id != self.boot_id:
            self.boot_id, self.elapsed_ms, self.anchors = boot_id, None, ()

    def learn(self, told: Told) -> None:
        """Take an anchor of this boot in; of many the first and the last are kept."""
        kept = (*self.anchors, told)
        self.anchors = kept if len(kept) <= MOST_ANCHORS else (kept[0], *kept[2:])

    def goes_back(self, elapsed_ms: int) -> bool:
        """Tell whether the monotonic clock went back, which none does."""
        return self.elapsed_ms is not None and elapsed_ms < self.elapsed_ms

    def json(self) -> dict[str, Any]:
        return {
            "boot_id": str(self.boot_id) if self.boot_id else None,
            "elapsed_ms": self.elapsed_ms,
            "anchors": [each.json() for each in self.anchors],
            "floor": self.floor.isoformat() if self.floor else None,
        }

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> Self:
        if not kept:
            return cls()
        return cls(
            UUID(kept["boot_id"]) if kept["boot_id"] else None,
            kept["elapsed_ms"],
            tuple(Told.of(each) for each in kept["anchors"]),
            datetime.fromisoformat(kept["floor"]) if kept["floor"] else None,
        )


class Reading(NamedTuple):
    """What an entry says of its phone's clock. `told`: the anchor that it notes, if any."""

    boot_id: UUID | None
    elapsed_ms: int | None
    told: Told | None = None


class Timed(NamedTuple):
    """When an entry can have been made. `anchored`: an anchor of its boot says so.

    `back`: its monotonic clock went back; `torn`: what is known of it contradicts itself.
    """

    span: Span
    anchored: bool = False
    back: bool = False
    torn: bool = False


def timed(
    clock: Clock, readings: Sequence[Reading], received_at: datetime
) -> tuple[Timed, ...]:
    """Return when each of these entries can have been made, in their order.

    Anchors count for the whole of their boot, also for what was noted before them. The
    clock is left as the last entry leaves it.
    """
    known: dict[UUID | None, list[Told]] = {clock.boot_id: list(clock.anchors)}
    for each in readings:
        if each.told:
            known.setdefault(each.boot_id, []).append(each.told)
    folded = {boot_id: Folded(told) for boot_id, told in known.items() if told}
    found = [read(clock, each, folded) for each in readings]
    return tuple(narrowed(clock, found, received_at))


def read(
    clock: Clock, reading: Reading, folded: Mapping[UUID | None, Folded]
) -> tuple[Span | None, bool]:
    """Return what the anchors say of an entry, and whether its clock went back."""
    if reading.boot_id is None or reading.elapsed_ms is None:
        return None, False
    clock.boot(reading.boot_id)
    if clock.goes_back(reading.elapsed_ms):
        return None, True
    clock.elapsed_ms = reading.elapsed_ms
    its = folded.get(reading.boot_id)
    span = within(its.of(reading.elapsed_ms), reading.elapsed_ms) if its else None
    if reading.told:
        clock.learn(reading.told)
    return span, False


def narrowed(
    clock: Clock, found: Sequence[tuple[Span | None, bool]], received_at: datetime
) -> list[Timed]:
    """Let no entry be before the one before it, nor after the one behind it."""
    ceiling, latest = received_at, []
    for span, _ in reversed(found):
        ceiling = min(ceiling, span.latest) if span else ceiling
        latest.append(ceiling)
    timed = []
    for (span, back), most in zip(found, reversed(latest), strict=True):
        least = max((b for b in (clock.floor, span and span.earliest) if b), default=None)
        whole = Span(least, most)
        if whole.torn:  # believe none of it but its arrival, and the order
            floor = clock.floor and min(clock.floor, received_at)
            whole = Span(floor, received_at)
            timed.append(Timed(whole, back=back, torn=True))
            continue
        clock.floor = least
        timed.append(Timed(whole, anchored=span is not None, back=back))
    return timed
