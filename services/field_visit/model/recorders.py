"""What two phones noted of their recorders, and where on the line their files lie.

A file says itself when it began, and a phone can say anything. So a file lies where its
phone's journal says that the recorder ran, and nowhere else: docs/coverage.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from proto.facts import Fact, MediaNoted, Recording, Stopped
from proto.media import Inspection, MediaKind
from services.field_visit.model.stretches import Stretch

#: Sound, and film where it has sound.
HEARD = (MediaKind.AUDIO, MediaKind.VIDEO)
#: After these there is nothing more to record: the talk is over, or somebody wants none.
OVER = (Stopped.FINISHED, Stopped.OBJECTED)


class Mark(NamedTuple):
    """An entry of a journal: `at` is when it was, within its bounds, `said_at` what its
    phone's own clock said. `counts`: it may speak for the pair.
    """

    fact: Fact
    at: datetime
    said_at: datetime
    device_id: UUID
    counts: bool = True


@dataclass(frozen=True)
class File:
    """A file of a visit, as far as a recording is concerned."""

    id: UUID
    device_id: UUID
    kind: MediaKind
    captured_at: datetime
    received_at: datetime
    counts: bool
    found: Inspection | None

    @property
    def lasts(self) -> timedelta:
        """As long as what came out of the decoder."""
        return timedelta(seconds=(self.found and self.found.seconds) or 0)

    @property
    def heard(self) -> timedelta:
        """As long as its sound: pictures may claim to be of any time."""
        if self.kind is not MediaKind.VIDEO:
            return self.lasts
        return timedelta(seconds=(self.found and self.found.sound_s) or 0)

    @property
    def flaw(self) -> str | None:
        """Why nobody can hear in it what was said; None of one that is as it should be."""
        if self.found is None:
            return "waiting"
        if self.found.fault is not None:
            return self.found.fault.value
        if not self.counts:
            return "revoked"
        mute = self.kind is MediaKind.VIDEO and not self.found.sound_s
        return "no_sound" if mute or self.found.silent == 1 else None


@dataclass(frozen=True)
class Run:
    """A recorder that ran; `off` is absent while nobody has said that it stopped.

    `ahead` is by how much its phone's own clock was wrong when it began.
    """

    on: datetime
    off: datetime | None = None
    reason: Stopped | None = None
    ahead: timedelta = timedelta(0)

    def until(self, end: datetime) -> Stretch:
        return Stretch(self.on, max(self.on, end if self.off is None else self.off))


Runs = Mapping[UUID, Sequence[Run]]


def runs_of(marks: Iterable[Mark]) -> Runs:
    """Return when each phone's recorder ran, by its journal, in the journal's order."""
    found: dict[UUID, list[Run]] = {}
    for mark in marks:
        if not isinstance(mark.fact, Recording):
            continue
        mine = found.setdefault(mark.device_id, [])
        runs = bool(mine) and mine[-1].off is None
        if mark.fact.running and not runs:
            mine.append(Run(mark.at, ahead=mark.said_at - mark.at))
        elif not mark.fact.running and runs:
            off = max(mine[-1].on, mark.at)
            mine[-1] = Run(mine[-1].on, off, mark.fact.reason, mine[-1].ahead)
    return {device_id: runs for device_id, runs in found.items() if runs}


def noted_at(marks: Iterable[Mark]) -> dict[UUID, datetime]:
    """Return when each file was noted: its recording was over by then."""
    found: dict[UUID, datetime] = {}
    for mark in marks:
        if isinstance(mark.fact, MediaNoted):
            found.setdefault(mark.fact.media_id, mark.at)
    return found


def lies(
    file: File, runs: Sequence[Run], noted: datetime | None, tolerance: timedelta
) -> Stretch | None:
    """Return when a file was recorded, as far as its phone's journal bears it out.

    None where the journal says nothing of it: then its own word is all there is.
    """
    latest = file.received_at if noted is None else min(noted + tolerance, file.received_at)
    run = its_run(file, runs, noted, tolerance)
    if run is None:
        begins = min(file.captured_at, latest - file.lasts)
        return None if noted is None else Stretch(begins, begins + file.lasts)
    ran = run.until(latest).wider(tolerance)
    ran = Stretch(ran.begins, min(ran.ends, latest))
    begins = min(file.captured_at - run.ahead, ran.ends - file.lasts)
    begins = max(begins, ran.begins)
    return Stretch(begins, begins + file.lasts).within(ran)


def its_run(
    file: File, runs: Sequence[Run], noted: datetime | None, tolerance: timedelta
) -> Run | None:
    """Return the run that a file is of: the last one before it was noted, or the nearest
    to what it claims where it was not.
    """
    if noted is not None:
        return next((r for r in reversed(runs) if r.on <= noted + tolerance), None)
    return max(runs, key=lambda run: near(file, run), default=None)


def near(file: File, run: Run) -> tuple[timedelta, timedelta]:
    """Return how much of a run a file claims to be of, then how near it is to it."""
    begins = file.captured_at - run.ahead
    claimed = Stretch(begins, begins + file.lasts)
    ran = run.until(file.received_at)
    both = claimed.within(ran)
    return both.lasts if both else timedelta(0), -abs(claimed.begins - ran.begins)
