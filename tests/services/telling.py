"""A story told by five services, as the stream would hold it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from chassis.streams import Batch, Position, Said
from chassis.unit import Unit
from proto import ids
from proto.base import Envelope, Event, Sealed
from proto.complaints import WorkStanding
from proto.decision import Act, Outcome
from proto.dispatch import (
    CaseHeld,
    CaseRecalled,
    CaseResumed,
    CaseStanding,
    CaseState,
    HoldReason,
    VisitPlanned,
)
from proto.field_visit import (
    BreachRecorded,
    CheckInNotAllowed,
    ClearanceRevoked,
    CollectorsArrived,
    CollectorsLeft,
    ComplaintHeard,
    EntryNotAllowed,
    HelpAcknowledged,
    HelpCalled,
    MediaInspected,
    MediaReceived,
    PremisesEntered,
    PremisesLeft,
)
from proto.media import Fault, MediaKind
from proto.recovery import ReceiptIssued, ReceiptMissing
from proto.workforce import AgencyStanding, PersonStanding
from services.oversight import handlers
from services.oversight.handlers import told
from tests.services.conftest import NOON

BOX = Sealed(key_id=ids.new(), purpose="visit.place", nonce="", box="c2VjcmV0")


@dataclass
class Story:
    """One case of one agency, its pair, and what five services say in turn."""

    agency_id: UUID = field(default_factory=ids.new)
    case_id: UUID = field(default_factory=ids.new)
    visit_id: UUID = field(default_factory=ids.new)
    pair: tuple[UUID, UUID] = field(default_factory=lambda: (ids.new(), ids.new()))
    zone: str = "Asia/Shanghai"
    not_before: datetime = NOON
    said: list[Envelope] = field(default_factory=list)
    numbers: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def now(self) -> datetime:
        """A second later with each event."""
        return NOON + timedelta(seconds=len(self.said))

    def says(self, event: Event, subject: UUID | None = None) -> Envelope:
        """Put an event into the story, numbered as its service would."""
        source = f"doorstep/{event.topic().partition('.')[0]}"
        about = str(subject or self.case_id)
        self.numbers[source, about] += 1
        envelope = Envelope(
            source=source,
            type=event.topic(),
            subject=about,
            time=self.now,
            sequence=self.numbers[source, about],
            by="bank_officer:test",
            trace="trace",
            data=event.model_dump(mode="json"),
        )
        self.said.append(envelope)
        return envelope

    def happens(self, event: type[Event], /, **what: Any) -> Envelope:
        """Let something happen at the visit now, unless it says when."""
        about = {"visit_id": self.visit_id, "case_id": self.case_id}
        about |= {"agency_id": self.agency_id, "at": self.now}
        if event in (CheckInNotAllowed, EntryNotAllowed):
            about |= {"decision_id": ids.new(), "outcome": Outcome.STOP}
        return self.says(event(**about | what))

    def plan(self) -> Envelope:
        return self.says(
            VisitPlanned(
                visit_id=self.visit_id,
                case_id=self.case_id,
                agency_id=self.agency_id,
                collectors=self.pair,
                letter_id=ids.new(),
                place=BOX,
                sheet=BOX,
                zone=self.zone,
                not_before=self.not_before,
                not_after=self.not_before + timedelta(hours=2),
                books=("CN-PLEDGE",),
                badge_blind="blind",
            )
        )

    def stands(self, version: int = 1, state: CaseState = CaseState.PLACED) -> Envelope:
        return self.says(
            CaseStanding(
                case_id=self.case_id,
                number="C-1",
                agency_id=self.agency_id,
                state=state,
                books=("CN-PLEDGE",),
                version=version,
            )
        )

    def holds(self, reason: HoldReason, times: int = 1) -> Envelope:
        held = CaseHeld(
            case_id=self.case_id,
            reason=reason,
            owner_id=ids.new(),
            review_on=NOON.date(),
            times=times,
            at=self.now,
        )
        return self.says(held)

    def resumes(self, reason: HoldReason) -> Envelope:
        return self.says(CaseResumed(case_id=self.case_id, reason=reason, at=self.now))

    def staffs(self) -> None:
        """Workforce tells of the agency and its pair; of each twice, in two versions."""
        for version in (1, 2):
            code = f"a{version}"
            agency = AgencyStanding(
                agency_id=self.agency_id, code=code, active=True, version=version
            )
            self.says(agency, self.agency_id)
            for number, person in enumerate(self.pair, 1):
                standing = PersonStanding(
                    person_id=person,
                    agency_id=self.agency_id,
                    staff_no=f"W{number}{version}",
                    in_service=True,
                    certified_from=None,
                    certified_until=None,
                    version=version,
                )
                self.says(standing, person)

    def complaint(self, version: int, suspended: bool) -> Envelope:
        return self.says(
            WorkStanding(case_id=self.case_id, suspended=suspended, version=version)
        )

    def whole(self) -> "Story":
        """All of it: from the plan to a recall, with a complaint in the middle."""
        self.staffs()
        self.stands()
        self.plan()
        self.happens(CheckInNotAllowed, clauses=("4.27",))
        self.happens(CollectorsArrived)
        help_id, photo, other = ids.new(), ids.new(), ids.new()
        for media in (photo, other):
            self.happens(
                MediaReceived,
                media_id=media,
                kind=MediaKind.PHOTO,
                sha256="0" * 64,
                size=1,
            )
        for media, fault in ((photo, None), (other, None), (photo, next(iter(Fault)))):
            self.happens(MediaInspected, media_id=media, kind=MediaKind.PHOTO, fault=fault)
        self.happens(EntryNotAllowed, clauses=("4.28", "4.29"))
        self.happens(PremisesEntered)
        self.happens(
            BreachRecorded, act=Act.ENTER_PREMISES, decision_id=None, clauses=("4.28",)
        )
        called = {"help_id": help_id, "called_at": self.now}
        self.happens(HelpCalled, collector_id=self.pair[1], **called)
        self.happens(HelpAcknowledged, help_id=help_id)
        self.happens(HelpAcknowledged, help_id=help_id)  # somebody else: the first counts
        self.holds(HoldReason.DISPUTED)
        self.holds(HoldReason.COMPLAINT)
        self.happens(ComplaintHeard)
        self.complaint(1, True)
        self.happens(ClearanceRevoked, because="dispatch.case_standing")
        self.happens(PremisesLeft)
        self.happens(CollectorsLeft, ending="declined")
        self.resumes(HoldReason.COMPLAINT)
        self.holds(HoldReason.DISPUTED, times=2)
        self.complaint(2, False)
        self.stands(2, CaseState.HELD)
        self.money()
        recalled = CaseRecalled(case_id=self.case_id, agency_id=self.agency_id, at=self.now)
        self.says(recalled)
        return self

    def money(self) -> None:
        """Recovery tells of a receipt, and of one that is missing."""
        about = {"visit_id": self.visit_id, "case_id": self.case_id}
        about |= {"amount": "1.00", "currency": "CNY", "at": self.now}
        more = {"receipt_id": ids.new(), "number": "R1", "bank_by": self.now}
        self.says(ReceiptIssued(**about, **more, agency_id=self.agency_id))
        self.says(ReceiptMissing(**about, clauses=("4.33",), agency_id=self.agency_id))


def batch(said: Sequence[Envelope], first: int = 0, *, anew: bool = False) -> Batch:
    """These events as they come from the stream, from an offset on."""
    bodies = [each.model_dump_json().encode() for each in said]
    return raw(bodies, first, anew=anew)


def raw(bodies: Sequence[bytes], first: int = 0, *, anew: bool = False) -> Batch:
    said = [Said(Position.of(first + nr, body), body) for nr, body in enumerate(bodies)]
    return Batch(said, anew)


def hear(unit: Unit, said: Iterable[Envelope]) -> None:
    """Let these events take effect, together."""
    news = [told(each.position.offset, each.body) for each in batch(list(said)).said]
    handlers.project(unit.connection, 1, news)


def pieces(said: Sequence[Envelope], luck: Random) -> list[list[Envelope]]:
    """The same events in any order, in batches of any size, some of them told twice."""
    mixed = [*said, *luck.sample(list(said), 5)]
    luck.shuffle(mixed)
    cuts = sorted(luck.sample(range(1, len(mixed)), 4))
    return [
        mixed[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)
    ]
