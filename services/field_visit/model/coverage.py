"""How much of a talk was recorded, by whose phone, and what of it is missing and why.

21.088 asks for the whole conversation, 21.079 for the whole of the work, 18.03 for sound
and film of it. Pure: from what the journals say and what was found in the files. The order
of the files is of no concern, and one more never makes it less.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from proto import facts
from proto.facts import Knocked, LetterGiven
from proto.field_visit import Ending
from proto.media import MediaKind
from services.field_visit.model import stretches
from services.field_visit.model.gaps import Gap, gaps
from services.field_visit.model.recorders import (
    HEARD,
    OVER,
    File,
    Mark,
    lies,
    noted_at,
    runs_of,
)
from services.field_visit.model.stretches import Stretch

#: Facts that are noted while somebody is there to speak with. What can as well be noted
#: afterwards (an appointment, a dispute, a complaint) says nothing of when the talk ended.
SPOKEN = (
    *(facts.Introduced, facts.PersonMet, facts.Identified, facts.ThirdPartyAnswer),
    *(facts.ConsentGiven, facts.ConsentWithdrawn, facts.Objected, facts.FilmAgreed),
    *(facts.Entered, facts.Left, facts.DebtDiscussed, facts.PaymentCodeShown),
    *(facts.CashHanded, facts.MoneyRefused, facts.MoneyLeft),
)
#: Endings by which a pair says that somebody was spoken with.
SPOKE = (Ending.TALKED, Ending.THIRD_PARTY, Ending.DECLINED)


class Terms(NamedTuple):
    """What the contract sets (`recording.coverage`, `recording.gap_seconds`)."""

    percent: int
    gap_s: int
    tolerance_s: int


#: Where no book sets any: a second is a gap, and no two clocks differ.
NOTHING_SET = Terms(percent=100, gap_s=1, tolerance_s=0)


class Segment(NamedTuple):
    """A part of the talk that one file has recorded."""

    device_id: UUID
    media_id: UUID
    kind: MediaKind
    when: Stretch


class LeftOut(NamedTuple):
    """A file that counts for nothing, and why."""

    media_id: UUID
    why: str


@dataclass(frozen=True)
class Coverage:
    """What of a talk is recorded. `talk` is absent where nobody was spoken with."""

    talk: Stretch | None
    segments: tuple[Segment, ...] = ()
    gaps: tuple[Gap, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def talk_s(self) -> float:
        return self.talk.seconds if self.talk else 0

    @property
    def recorded_s(self) -> float:
        """Seconds of the talk that can be heard, on whichever phone."""
        return stretches.seconds(each.when for each in self.segments)

    @property
    def filmed_s(self) -> float:
        films = (each for each in self.segments if each.kind is MediaKind.VIDEO)
        return stretches.seconds(each.when for each in films)

    @property
    def share(self) -> float | None:
        """How much of it is recorded, of 1; nothing of a talk that took no time."""
        return self.recorded_s / self.talk_s if self.talk_s else None

    @property
    def undeclared(self) -> tuple[Gap, ...]:
        return tuple(each for each in self.gaps if each.reason is None)

    def of(self, device_id: UUID) -> float:
        """Return the seconds of the talk that one phone has recorded."""
        mine = (each for each in self.segments if each.device_id == device_id)
        return stretches.seconds(each.when for each in mine)


def cover(
    marks: Sequence[Mark], files: Iterable[File], ended_at: datetime, terms: Terms
) -> Coverage:
    """Lay the files of a visit on the line of its talk.

    `marks` are in the order in which they arrived, and so in each phone's own order.
    """
    whole, runs, noted = talk(marks, ended_at), runs_of(marks), noted_at(marks)
    tolerance = timedelta(seconds=terms.tolerance_s)
    segments, left_out = [], []
    for file in sorted(files, key=lambda each: each.id):
        if file.kind not in HEARD:
            continue
        when = lies(file, runs.get(file.device_id, ()), noted.get(file.id), tolerance)
        when, why = kept(file, when, whole)
        if when:
            segments.append(Segment(file.device_id, file.id, file.kind, when))
        else:
            left_out.append(LeftOut(file.id, why))
    heard = [each.when for each in segments]
    missing = gaps(whole, heard, runs, terms.gap_s, tolerance) if whole else ()
    order = sorted(segments, key=lambda each: (each.device_id, each.when, each.media_id))
    return Coverage(whole, tuple(order), tuple(missing), tuple(left_out))


def kept(
    file: File, when: Stretch | None, whole: Stretch | None
) -> tuple[Stretch | None, str]:
    """Return what a file is of the talk, or why it is nothing."""
    if file.flaw:
        return None, file.flaw
    if when is None:
        return None, "not_noted"
    heard = Stretch(when.begins, min(when.ends, when.begins + file.heard))
    return (heard.within(whole) if whole else None), "outside"


def talk(marks: Sequence[Mark], ended_at: datetime) -> Stretch | None:
    """Return from when to when anybody was spoken with; None where nobody was.

    From the last knock before somebody opened: who opens speaks before anybody can press
    a button. Until the last thing that was done with somebody there, or until all
    recorders had stopped because it was over; one that stopped otherwise, or of which
    nothing more is known, leaves the end to the check-out.
    """
    spoken = [mark.at for mark in marks if is_spoken(mark)]
    if not spoken:
        return None
    knocks = [m.at for m in marks if isinstance(m.fact, Knocked) and m.at <= min(spoken)]
    begins = max(knocks, default=min(spoken))
    last = [runs[-1] for runs in runs_of(marks).values()]
    offs = [run.off for run in last if run.off and run.reason in OVER]
    known = len(offs) == len(last) > 0
    return Stretch(begins, max([*spoken, *(offs if known else [ended_at])]))


def is_spoken(mark: Mark) -> bool:
    by_hand = isinstance(mark.fact, LetterGiven) and mark.fact.how == "in_person"
    return by_hand or isinstance(mark.fact, SPOKEN)


def is_whole(marks: Sequence[Mark], files: Iterable[File]) -> bool:
    """Tell whether nothing more is to come: every recorder has stopped, what it recorded
    was noted, and every file that was noted is here and was looked at.
    """
    known = {each.id: each for each in files}
    heard = [
        mark
        for mark in marks
        if isinstance(mark.fact, facts.MediaNoted) and mark.fact.media in HEARD
    ]
    phones = {mark.device_id for mark in heard}
    runs = runs_of(marks)
    return (
        bool(runs)
        and all(mine[-1].off and device in phones for device, mine in runs.items())
        and noted_at(heard).keys() <= known.keys()
        and all(each.found for each in known.values() if each.kind in HEARD)
    )


def proven(coverage: Coverage, terms: Terms | None) -> tuple[str, ...]:
    """Say why what was said is not proven by a recording; nothing where it is.

    `recording_unset`: no book of the case says how much there must be.
    """
    if coverage.talk is None:
        return ()
    if terms is None:
        return ("recording_unset",)
    short = (coverage.share or 0) * 100 < terms.percent
    reasons = {"recording_short": short, "recording_gap": bool(coverage.undeclared)}
    return tuple(reason for reason, speaks in reasons.items() if speaks)


def unproven(
    coverage: Coverage | None, terms: Terms | None, ending: Ending | None
) -> tuple[str, ...]:
    """Say why a visit that is over is not proven by its recording.

    `recording_unknown`: it was over before this was kept. `talk_not_noted`: its pair says
    that somebody was spoken with, and no journal does; nobody knows how long.
    """
    if coverage is None:
        return ("recording_unknown",)
    if coverage.talk is None and ending in SPOKE:
        return ("talk_not_noted",)
    return proven(coverage, terms)


def record(coverage: Coverage) -> dict[str, Any]:
    """Return the body of the record `coverage` of a sealed visit (docs/evidence.md).

    Moments in ISO 8601, seconds whole or to the millisecond; no name, no place.
    """
    phones = dict.fromkeys(each.device_id for each in coverage.segments)
    return {
        "talk": coverage.talk and moments(coverage.talk),
        "talk_s": plain(coverage.talk_s),
        "recorded_s": plain(coverage.recorded_s),
        "filmed_s": plain(coverage.filmed_s),
        "phones": [
            {
                "device_id": str(device_id),
                "recorded_s": plain(coverage.of(device_id)),
                "segments": [
                    {"media_id": str(each.media_id), "media": each.kind.value}
                    | moments(each.when)
                    for each in coverage.segments
                    if each.device_id == device_id
                ],
            }
            for device_id in phones
        ],
        "gaps": [moments(gap.when) | {"reason": gap.reason} for gap in coverage.gaps],
        "left_out": [
            {"media_id": str(each.media_id), "why": each.why} for each in coverage.left_out
        ],
    }


def moments(when: Stretch) -> dict[str, Any]:
    return {
        "begins_at": when.begins.astimezone(UTC).isoformat(),
        "ends_at": when.ends.astimezone(UTC).isoformat(),
        "seconds": plain(when.seconds),
    }


def plain(seconds: float) -> int | float:
    """Return a number as RFC 8785 writes it: a whole one without a fraction."""
    return int(seconds) if seconds == int(seconds) else round(seconds, 3)
