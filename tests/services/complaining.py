"""A complaints desk of tests, its orders asked as the gateway asks them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from chassis import groups, tables
from chassis.effects import Effect, take_all
from chassis.operations import Operation
from proto import badges, ids
from proto.base import Answer, Asker, Command, Envelope, Event, Order, Role
from proto.complaints import (
    CloseComplaint,
    ComplainByBadge,
    ComplaintList,
    ComplaintShown,
    FileComplaint,
    ListComplaints,
    ShowComplaint,
)
from proto.dispatch import CaseStanding, CaseState, VisitPlanned
from proto.field_visit import ComplaintHeard
from services.complaints import handlers
from tests.services.conftest import NOON, OpenUnit

SERVICE = "complaints"
#: As the service's class has them, which only a process of its own may import.
ANSWERED = {
    kind.operation(): Operation(kind, handle, may)
    for kind, handle, may in (
        (FileComplaint, handlers.file_complaint, handlers.by_desk),
        (ComplainByBadge, handlers.complain_by_badge, handlers.by_anyone),
        (CloseComplaint, handlers.close_complaint, handlers.by_desk),
        (ShowComplaint, handlers.show_complaint, handlers.by_readers),
        (ListComplaints, handlers.list_complaints, handlers.by_readers),
    )
}
HEARD = {
    CaseStanding.topic(): Effect(CaseStanding, keeps=True),
    VisitPlanned.topic(): Effect(VisitPlanned, (handlers.note_plan,)),
    ComplaintHeard.topic(): Effect(ComplaintHeard, (handlers.note_spoken,)),
}
WORDS, CONTACT = "他们在楼道里大声说我欠钱", "138 0000 0000"
STAFF = Role.COMPLAINTS_OFFICER


@dataclass
class Within:
    """An engine whose every transaction is a part of the test's own."""

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection


@dataclass
class Desk:
    """The service with one case that it knows, and a pair with a code on its badges."""

    connection: Connection
    keyring: Any
    case: UUID = field(default_factory=ids.new)
    visit: UUID = field(default_factory=ids.new)
    agency: UUID = field(default_factory=ids.new)
    code: str = field(default_factory=badges.new)

    def knows(self, case_id: UUID | None = None) -> UUID:
        """Let it hear of a case."""
        standing = CaseStanding(
            case_id=case_id or self.case,
            number=f"C{(case_id or self.case).hex[-8:]}",
            agency_id=self.agency,
            state=CaseState.PLACED,
            books=("CN-PLEDGE",),
            version=1,
        )
        self.hears(standing)
        return standing.case_id

    def hears(self, event: Event) -> None:
        """Let an event take effect; its subject is the case, as it is in life."""
        envelope = Envelope(
            source="doorstep/test",
            type=event.topic(),
            subject=str(getattr(event, "case_id", self.case)),
            time=NOON,
            by="test",
            trace="t",
            data=event.model_dump(mode="json"),
        )
        take_all(self.connection, SERVICE, HEARD, [envelope])

    def planned(self, **but: Any) -> VisitPlanned:
        sealed = self.keyring.seal(self.case, "visit.place", "{}")
        blind = self.keyring.blind(handlers.CODE, badges.normal(but.pop("code", self.code)))
        values = {
            "visit_id": self.visit,
            "case_id": self.case,
            "agency_id": self.agency,
            "collectors": (ids.new(), ids.new()),
            "letter_id": ids.new(),
            "place": sealed,
            "sheet": sealed,
            "zone": "Asia/Shanghai",
            "not_before": NOON,
            "not_after": NOON.replace(hour=18),
            "books": ("CN-PLEDGE",),
            "badge": sealed,
            "badge_blind": blind,
        }
        return VisitPlanned(**values | but)

    def spoken(self, **but: Any) -> ComplaintHeard:
        values = {"visit_id": self.visit, "case_id": self.case, "agency_id": self.agency}
        return ComplaintHeard(**values | {"at": NOON} | but)

    def asks(self, command: Command, role: Role = STAFF) -> Answer:
        """Send an order under a new key, or a question without one."""
        order = order_of(command, role)
        found = groups.carry_out(
            Within(self.connection), SERVICE, ANSWERED, [order], waits=True
        )
        return found[0]

    def files(self, **but: Any) -> UUID:
        """File a complaint about the case; return its id. It is taken."""
        command = filed(**{"case_id": self.case} | but)
        assert self.asks(command).problem is None
        return command.complaint_id

    def complains(self, code: str | None = None, **but: Any) -> UUID:
        """Complain by a code, as somebody at a door. It is taken."""
        command = by_badge(code or self.code, **but)
        assert self.asks(command, Role.ANYONE).problem is None
        return command.complaint_id

    def closes(self, complaint_id: UUID, verdict: str = "upheld") -> Answer:
        return self.asks(CloseComplaint(complaint_id=complaint_id, verdict=verdict))

    def shows(self, complaint_id: UUID, role: Role = STAFF) -> ComplaintShown:
        answer = self.asks(ShowComplaint(complaint_id=complaint_id), role)
        assert answer.reply
        return ComplaintShown.model_validate_json(answer.reply)

    def lists(self, **how: Any) -> list[UUID]:
        answer = self.asks(ListComplaints(**how))
        assert answer.reply
        found = ComplaintList.model_validate_json(answer.reply)
        return [each.complaint_id for each in found.complaints]

    def said(self) -> list[Envelope]:
        """Everything it has said, in order."""
        table = tables.outbox
        rows = self.connection.scalars(select(table.c.envelope).order_by(table.c.id))
        return [Envelope.model_validate(row) for row in rows]

    def work(self) -> list[tuple[UUID, bool, int]]:
        """The standings of work it has said: which case, whether suspended, version."""
        return [
            (UUID(each.data["case_id"]), each.data["suspended"], each.data["version"])
            for each in self.said()
            if each.type == "complaints.work_standing"
        ]

    def topics(self) -> list[str]:
        return [each.type.removeprefix("complaints.") for each in self.said()]


def filed(**but: Any) -> FileComplaint:
    values = {"complaint_id": ids.new(), "channel": "hotline", "about": "conduct"}
    return FileComplaint(**values | {"words": WORDS, "contact": CONTACT} | but)


def by_badge(code: str, **but: Any) -> ComplainByBadge:
    values = {"complaint_id": ids.new(), "code": code, "words": WORDS}
    return ComplainByBadge(**values | {"contact": CONTACT} | but)


def order_of(command: Command, role: Role = STAFF, **but: Any) -> dict[str, Any]:
    """Return an order as it travels; a question has no key."""
    order = Order(
        operation=command.operation(),
        command=command.model_dump(mode="json"),
        asker=Asker(account_id=ids.new(), role=role),
        trace="t",
        key=ids.new() if command.locks() else None,
    )
    return order.model_copy(update=but).model_dump(mode="json")


@pytest.fixture
def desk(unit: OpenUnit) -> Desk:
    """A desk that knows of one case, in a transaction that is rolled back."""
    opened = unit(SERVICE)
    desk = Desk(opened.connection, opened.keyring)
    desk.knows()
    return desk
