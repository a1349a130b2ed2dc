"""How a visit went: the events that are known of it, folded into a row of the board.

The events of two services arrive in any order, so nothing here goes by arrival. What one
service says of one case is numbered; beyond that the moments of the events count.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from proto.base import Event
from proto.dispatch import (
    DangerNoted,
    DangerReported,
    DangerReportOverdue,
    VisitPlanned,
)
from proto.field_visit import (
    BreachRecorded,
    BreachSuspected,
    CashNotAllowed,
    CheckInNotAllowed,
    CollectorsArrived,
    CollectorsLeft,
    EntryNotAllowed,
    HelpAcknowledged,
    HelpCalled,
    HelpClimbed,
    LetterNotAllowed,
    MediaInspected,
    MediaReceived,
    PairSwapped,
    PaymentCodeNotAllowed,
    PremisesEntered,
    PremisesLeft,
    TalkNotAllowed,
    ThirdPartyNotAllowed,
    VisitCutShort,
)
from proto.oversight import BoardState
from proto.recovery import ReceiptMissing
from services.oversight.model.audience import DIGEST, is_told_to_agency
from services.oversight.model.happened import Happened

#: By what the board is made: the number is changed with this file. When it is another one
#: than that of the rows there are, the projector makes every row anew.
EDITION = f"2.{DIGEST}"
#: Refusals and breaches that are shown of a visit; the others are counted.
SHOWN = 5


@dataclass
class Course:
    """How far a visit is, and what was noted against it."""

    planned: Happened | None = None
    goes: list[str] | None = None
    arrived: bool = False
    refused: bool = False
    moved_at: datetime | None = None
    inside: bool = False
    ending: str | None = None
    cause: str | None = None
    refusals: list[Happened] = field(default_factory=list)
    breaches: list[Happened] = field(default_factory=list)
    called: dict[str, dict[str, Any]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    told: dict[str, Happened] = field(default_factory=dict)
    duties: dict[str, dict[str, Any]] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    media: set[str] = field(default_factory=set)
    faults: dict[str, Any] = field(default_factory=dict)

    def plan(self, event: Happened) -> None:
        self.planned = event

    def swap(self, event: Happened) -> None:
        self.goes = event.data["collectors"]

    def arrive(self, _: Happened) -> None:
        self.arrived = True

    def refuse(self, event: Happened) -> None:
        self.refusals.append(event)
        self.refused |= event.topic == CheckInNotAllowed.topic()

    def breach(self, event: Happened) -> None:
        self.breaches.append(event)

    def move(self, event: Happened) -> None:
        """The later date counts, whichever of two phones told of it first."""
        if self.moved_at is None or event.at >= self.moved_at:
            self.moved_at = event.at
            self.inside = event.topic == PremisesEntered.topic()

    def leave(self, event: Happened) -> None:
        self.ending = event.data["ending"]
        self.cause = event.data.get("cause") or self.cause

    def cut_short(self, event: Happened) -> None:
        self.cause = event.data["cause"]  # the last one stands: danger before all else

    def call(self, event: Happened) -> None:
        self.called[event.data["help_id"]] = event.data

    def acknowledge(self, event: Happened) -> None:
        self.acknowledged.setdefault(event.data["help_id"], event.data["at"])

    def climb(self, event: Happened) -> None:
        """The highest step counts, whichever is read first."""
        last = self.told.get(event.data["help_id"])
        if last is None or last.data["step"] < event.data["step"]:
            self.told[event.data["help_id"]] = event

    def owe(self, event: Happened) -> None:
        """Note what has to be reported; where no book sets a term, nothing has to be."""
        if event.data["report_by"] is not None:
            self.duties[event.data["danger_id"]] = event.data

    def report(self, event: Happened) -> None:
        self.reported.setdefault(event.data["danger_id"], event.data["at"])

    def receive(self, event: Happened) -> None:
        self.media.add(event.data["media_id"])

    def inspect(self, event: Happened) -> None:
        self.faults[event.data["media_id"]] = event.data["fault"]

    @property
    def state(self) -> BoardState:
        if self.ending is not None:
            return BoardState.LEFT
        if self.inside:
            return BoardState.INSIDE
        if self.arrived or self.moved_at is not None:
            return BoardState.AT_DOOR
        return BoardState.REFUSED if self.refused else BoardState.PLANNED


#: What each event does to the course of its visit.
TAKES: dict[type[Event], Callable[[Course, Happened], None]] = {
    VisitPlanned: Course.plan,
    PairSwapped: Course.swap,
    CollectorsArrived: Course.arrive,
    CheckInNotAllowed: Course.refuse,
    TalkNotAllowed: Course.refuse,
    EntryNotAllowed: Course.refuse,
    CashNotAllowed: Course.refuse,
    LetterNotAllowed: Course.refuse,
    PaymentCodeNotAllowed: Course.refuse,
    ThirdPartyNotAllowed: Course.refuse,
    BreachRecorded: Course.breach,
    BreachSuspected: Course.breach,
    ReceiptMissing: Course.breach,
    DangerReportOverdue: Course.breach,
    DangerNoted: Course.owe,
    DangerReported: Course.report,
    VisitCutShort: Course.cut_short,
    PremisesEntered: Course.move,
    PremisesLeft: Course.move,
    CollectorsLeft: Course.leave,
    HelpCalled: Course.call,
    HelpAcknowledged: Course.acknowledge,
    HelpClimbed: Course.climb,
    MediaReceived: Course.receive,
    MediaInspected: Course.inspect,
}
TAKE = {kind.topic(): take for kind, take in TAKES.items()}
OF_FILES = (MediaReceived.topic(), MediaInspected.topic())


def board_row(events: Iterable[Happened]) -> dict[str, Any] | None:
    """Return the row of a visit; None while nobody is known to have planned it."""
    known = sorted(events, key=as_said)
    planned = next((e for e in known if e.topic == VisitPlanned.topic()), None)
    if planned is None:
        return None
    begins = datetime.fromisoformat(planned.data["not_before"])
    return {
        "visit_id": planned.visit_id,
        "case_id": planned.case_id,
        "agency_id": planned.agency_id,
        "day": day_at(begins, planned.data["zone"]),
        "not_before": begins,
        "for_bank": shown(known),
        "for_agency": shown(seen_by_agency(known, planned.agency_id)),
    }


def is_of_a_file(event: Happened) -> bool:
    """Tell whether it tells of one file, and of nothing else."""
    return event.topic in OF_FILES


def with_files(
    row: dict[str, Any], events: Sequence[Happened], news: set[UUID]
) -> dict[str, Any] | None:
    """Return a row of the board with what is new of some files, of which these are all the
    events; None where nobody can tell which event is the newest.
    """
    agency = seen_by_agency(events, row["agency_id"])
    changed = {}
    for side, mine in (("for_bank", events), ("for_agency", agency)):
        board, fresh = row[side], [each for each in mine if each.event_id in news]
        if board is None or not fresh:
            continue
        newest, last = newest_of(fresh), datetime.fromisoformat(board["last_at"])
        if newest.said_at == last:
            return None
        old = counted([each for each in mine if each.event_id not in news])
        more = {name: count - old[name] for name, count in counted(mine).items()}
        changed[side] = board | {name: board[name] + count for name, count in more.items()}
        changed[side] |= said_last(newest) if newest.said_at > last else {}
    return row | changed


def counted(events: Sequence[Happened]) -> dict[str, int]:
    """Count the files that these events tell of."""
    course = Course()
    for event in sorted(events, key=as_said):
        TAKE[event.topic](course, event)
    return files_of(course)


def files_of(course: Course) -> dict[str, int]:
    faulty = sum(course.faults.get(each) is not None for each in course.media)
    return {"media": len(course.media), "faulty_media": faulty}


def newest_of(events: Sequence[Happened]) -> Happened:
    return max(events, key=lambda each: (each.said_at, each.sequence, each.event_id))


def said_last(event: Happened) -> dict[str, str]:
    return {"last_topic": event.topic, "last_at": event.said_at.isoformat()}


def day_at(moment: datetime, zone: str) -> date:
    """Return the day a moment is of, by the wall clock there."""
    return moment.astimezone(ZoneInfo(zone)).date()


def as_said(event: Happened) -> tuple[str, str, int, datetime, UUID]:
    """Sort what one source says of one subject as it was said, whatever came between."""
    return event.source, event.subject, event.sequence, event.said_at, event.event_id


def seen_by_agency(events: Iterable[Happened], agency_id: UUID | None) -> list[Happened]:
    """Return what an agency may see of these: what names it, and is told to agencies."""
    return [
        event
        for event in events
        if event.agency_id == agency_id and is_told_to_agency(event.topic)
    ]


def shown(events: Sequence[Happened]) -> dict[str, Any] | None:
    """Return what the board shows of a visit to whoever may see these events."""
    course = Course()
    for event in events:
        if (take := TAKE.get(event.topic)) is not None:
            take(course, event)
    if course.planned is None:
        return None
    plan = course.planned.data
    against = sorted(
        course.refusals + course.breaches,
        key=lambda e: (e.at, e.sequence, e.event_id),
        reverse=True,
    )
    return {name: plan[name] for name in ("zone", "not_before", "not_after")} | {
        "collectors": course.goes or plan["collectors"],
        "state": course.state.value,
        "ending": course.ending,
        "cause": course.cause,
        "against": [noted(event) for event in against[:SHOWN]],
        "refusals": len(course.refusals),
        "breaches": len(course.breaches),
        "help": alerts(course),
        "duties": duties(course),
        **files_of(course),
        **said_last(newest_of(events)),
    }


def noted(event: Happened) -> dict[str, Any]:
    return {
        "event_id": str(event.event_id),
        "topic": event.topic,
        "clauses": list(event.clauses),
        "decision_id": event.data.get("decision_id"),
        "at": event.at.isoformat(),
    }


def alerts(course: Course) -> list[dict[str, Any]]:
    """Return the calls for help, the newest first."""
    found = [
        {name: call[name] for name in ("help_id", "collector_id", "called_at")}
        | {"acknowledged_at": course.acknowledged.get(help_id)}
        | {"told": told.data["to"] if (told := course.told.get(help_id)) else None}
        for help_id, call in course.called.items()
    ]
    return sorted(
        found, key=lambda each: (each["called_at"], each["help_id"]), reverse=True
    )


def duties(course: Course) -> list[dict[str, Any]]:
    """Return what the bank has to report, the earliest to be reported first."""
    found = [
        {name: owed[name] for name in ("danger_id", "clauses", "report_by")}
        | {"reported_at": course.reported.get(danger_id)}
        for danger_id, owed in course.duties.items()
    ]
    return sorted(found, key=lambda each: (each["report_by"], each["danger_id"]))
