"""Visits of which a pair brings photos and sound, over lines that break."""

import time
from dataclasses import dataclass

from chaos.crews.acts import Acts
from chaos.crews.handset import Handset, both_send
from chaos.crews.sorts import Planned
from chaos.crews.stories.door import CONFIRMED, DEBTOR, INTRODUCED
from proto.facts import Stopped

#: Seconds after which a hole in a recording is a gap (C.52), with what clocks may differ.
GAP_S = 14.0


@dataclass(frozen=True)
class Course:
    """How the recorders of a pair fare. `alone`: only the first phone has one.

    `breaks` are the reasons for which they stop before the end, the first phone's first;
    `dies`: the first one's stops and nobody notices; `drowns`: its file never comes.
    """

    breaks: tuple[Stopped, ...] = ()
    alone: bool = False
    dies: bool = False
    drowns: bool = False

    @property
    def has_a_gap(self) -> bool:
        return self.dies or self.drowns or len(self.breaks) == 2


WHOLE = Course()
COURSES = (
    WHOLE,
    WHOLE,
    Course(breaks=(Stopped.BATTERY,)),
    Course(breaks=(Stopped.INTERRUPTED, Stopped.BATTERY)),
    Course(alone=True, dies=True),
    Course(alone=True, drowns=True),
)


def photographed(acts: Acts, visit: Planned) -> None:
    """Photos and sound of both phones, each recorded as it happens to be."""
    course = acts.luck.choice(COURSES)
    acts.check_in(visit, "200")
    one, other = acts.crew.handsets
    grant = one.sender.grant(visit.visit_id)
    recording = (one,) if course.alone else (one, other)
    began = time.monotonic()
    one.notes(acts, visit, one.records(), INTRODUCED, DEBTOR, one.photographs(visit))
    start = () if course.alone else (other.records(),)
    other.notes(acts, visit, *start, other.photographs(visit))
    acts.discuss(visit, "200", facts=(CONFIRMED,))
    for each, reason in zip(recording, course.breaks, strict=False):
        each.notes(acts, visit, *each.stops(visit, reason))
    both_send((one, other), visit, grant if acts.now_and_then(0.5) else None)
    if course.has_a_gap:
        time.sleep(max(0.0, began + GAP_S - time.monotonic()))
    lost_s = time.monotonic() - began if course.dies else 0.0
    for each in (each for each in recording if each.since):
        ends = each.stops(
            visit, Stopped.FINISHED, lost_s=lost_s * 0.9, sent=not course.drowns
        )
        each.notes(acts, visit, *ends)
    if course.drowns:
        one.drowns(visit.visit_id, grant)
    acts.check_out(visit)
    both_send((one, other), visit, grant)


def trespassing(acts: Acts, visit: Planned) -> None:
    """A photo for a door of another agency is not taken in: it does not exist for them."""
    handset: Handset = acts.crew.handsets[0]
    handset.intrudes(acts.luck.choice(acts.crew.strangers).visit_id)
    photographed(acts, visit)
