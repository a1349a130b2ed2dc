"""Check 5: what is kept of a case, a visit and its cash is the fold of their events.

The folds are the harness's own: each reads the events of one speaker about one case as
they are numbered, and is compared with the owner's tables, with what field_visit keeps of
a leave, and with oversight's board.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chaos.remains.evidence import UNEXPECTED, Evidence, Said, Violation, Visit

NAME = "state equals the fold of events"
REFUSED, BREACHES = "_not_allowed", ("field_visit.breach_recorded",)
SUSPECTED = ("field_visit.breach_suspected", "recovery.receipt_missing")
MOVES = ("field_visit.premises_entered", "field_visit.premises_left")
#: How a case ends, by the event that tells of it.
ENDED = {"dispatch.case_recalled": "recalled", "dispatch.debt_paid_off": "paid_off"}

Events = dict[tuple[str, str], list[Said]]


@dataclass
class Course:
    """A visit, by its events alone."""

    arrived: bool = False
    sent_off: bool = False
    refused: bool = False
    ending: str | None = None
    cause: str | None = None
    moved_at: str = ""
    inside: bool = False
    refusals: int = 0
    breaches: int = 0

    def take(self, event: Said) -> None:
        topic, data = event.topic, event.data
        if topic == "field_visit.collectors_arrived":
            self.arrived = True
        elif topic == "field_visit.collectors_left":
            self.ending, self.cause = data["ending"], data.get("cause") or self.cause
        elif topic == "field_visit.visit_cut_short":
            self.sent_off, self.cause = True, data["cause"]
        elif topic in MOVES and data["at"] >= self.moved_at:
            self.moved_at, self.inside = data["at"], topic == MOVES[0]
        elif topic.endswith(REFUSED):
            self.refusals += 1
            self.refused |= topic == "field_visit.check_in_not_allowed"
        elif topic in (*BREACHES, *SUSPECTED):
            self.breaches += 1

    @property
    def states(self) -> set[str]:
        """The states its row may have. Who waits is told of by no event."""
        if self.ending is not None:
            return {"closed"}
        if self.sent_off:
            return {"leaving"}
        return {"cleared", "arriving"} if self.arrived else {"planned", "arriving"}

    @property
    def shown(self) -> str:
        """What the board says of it."""
        if self.ending is not None:
            return "left"
        if self.inside:
            return "inside"
        if self.arrived or self.moved_at:
            return "at_door"
        return "refused" if self.refused else "planned"


@dataclass
class Case:
    """A case, by its events alone."""

    holds: set[str] = field(default_factory=set)
    ended: str | None = None
    told: tuple[str, int] | None = None

    def take(self, event: Said) -> None:
        if event.topic == "dispatch.case_held":
            self.holds.add(event.data["reason"])
        elif event.topic == "dispatch.case_resumed":
            self.holds.discard(event.data["reason"])
        elif event.topic in ENDED:
            self.ended, self.holds = ENDED[event.topic], set()
        elif event.topic == "dispatch.case_standing":
            self.told = event.data["state"], event.data["version"]

    @property
    def state(self) -> str:
        return self.ended or ("held" if self.holds else "placed")


def state_is_the_fold(evidence: Evidence) -> Iterator[Violation]:
    events = in_order(evidence.said)
    yield from cases(evidence, events)
    yield from visits(evidence, events)
    yield from cash(evidence, events)


def in_order(said: Iterable[Said]) -> Events:
    """Return what each speaker said of each subject, as it is numbered."""
    found: Events = defaultdict(list)
    for each in said:
        if each.sequence:
            found[each.service, each.subject].append(each)
    for events in found.values():
        events.sort(key=lambda each: each.sequence)
    return found


def cases(evidence: Evidence, events: Events) -> Iterator[Violation]:
    for key, (state, version) in evidence.doors.cases.items():
        case = Case()
        for event in events.get(("dispatch", key), ()):
            case.take(event)
        if (state, version) != case.told or state != case.state:
            folded = f"{case.state}, told as {case.told}"
            yield wrong(f"the case {key} is {state} {version}, and by its events {folded}")


def visits(evidence: Evidence, events: Events) -> Iterator[Violation]:
    for visit in evidence.visits:
        course = Course()
        for service in ("field_visit", "recovery"):
            for event in events.get((service, visit.case), ()):
                if event.data.get("visit_id") == visit.id:
                    course.take(event)
        yield from owned(visit, course)
        if visit.id in evidence.doors.boards:
            yield from shown(visit, course, evidence.doors.boards[visit.id])


def owned(visit: Visit, course: Course) -> Iterator[Violation]:
    """Compare a visit with its owner's row."""
    fits = visit.state in course.states and visit.cleared is course.arrived
    if not fits or (visit.ending, visit.cause) != (course.ending, course.cause):
        yield wrong(f"the visit {visit} is by its events {course}", "field_visit.")


def shown(visit: Visit, course: Course, board: dict[str, Any]) -> Iterator[Violation]:
    """Compare it with the row of the board."""
    folded = {
        "state": course.shown,
        "ending": course.ending,
        "cause": course.cause,
        "refusals": course.refusals,
        "breaches": course.breaches,
    }
    there = {name: board[name] for name in folded}
    if there != folded:
        says = f"the board has {there} of the visit {visit.id}, by its events {folded}"
        yield wrong(says, "field_visit.")


def cash(evidence: Evidence, events: Events) -> Iterator[Violation]:
    """Compare authorities and receipts, and what the door keeps of a leave."""
    states: dict[str, str] = {}
    banked: dict[str, Decimal] = {}
    for (service, _), told in events.items():
        for event in told if service == "recovery" else ():
            data = event.data
            if event.topic == "recovery.cash_standing":
                states[data["authority_id"]] = data["state"]
            elif event.topic == "recovery.receipt_issued":
                banked[data["receipt_id"]] = Decimal(0)
            elif event.topic == "recovery.cash_banked":
                banked[data["receipt_id"]] += Decimal(data["amount"])
    kept = {each.id: each.state for each in evidence.money.authorities}
    yield from compared("authorities", kept, states)
    heard = {each.id: each.state for each in evidence.money.leaves}
    yield from compared("leaves at the door", heard, states)
    paid = {each.id: each.banked for each in evidence.money.receipts}
    yield from compared("receipts", paid, banked)


def compared(
    what: str, kept: dict[str, Any], folded: dict[str, Any]
) -> Iterator[Violation]:
    for key in sorted(kept.keys() | folded.keys()):
        if kept.get(key) != folded.get(key):
            says = f"of {what} {key} is {kept.get(key)}, by its events {folded.get(key)}"
            yield wrong(says, "recovery.")


def wrong(says: str, about: str = "dispatch.") -> Violation:
    return Violation(NAME, UNEXPECTED, says, about)
