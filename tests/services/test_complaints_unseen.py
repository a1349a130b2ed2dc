"""Who sees complaints; and that an agency learns nothing, whatever it asks or hears."""

import ast
import itertools
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis import topology
from chassis.shredding import Reason, shred
from gateway.asks import ASKS
from proto import ids
from proto.audience import told_to_the_bank_only
from proto.base import Event, Role
from proto.complaints import (
    CloseComplaint,
    ComplaintClosed,
    ComplaintOpened,
    ListComplaints,
    ShowComplaint,
    WorkStanding,
    key_of,
)
from proto.dispatch import CaseHeld, CaseResumed, HoldReviewDue
from proto.field_visit import (
    CircumstanceNoted,
    ComplaintHeard,
)
from services.complaints import handlers
from tests.services import complaining
from tests.services.complaining import CONTACT, WORDS, by_badge, filed

AGENCYS = {Role.FIELD_COLLECTOR, Role.PHONE_COLLECTOR, Role.SUPERVISOR}
CLASS = Path(handlers.__file__).with_name("service.py")
desk = complaining.desk


EVERY = {
    "file": lambda desk: filed(case_id=desk.case),
    "badge": lambda desk: by_badge(desk.code),
    "close": lambda desk: CloseComplaint(complaint_id=desk.files(), verdict="upheld"),
    "show": lambda desk: ShowComplaint(complaint_id=desk.files()),
    "list": lambda desk: ListComplaints(),
}
MAY = {
    "file": {Role.COMPLAINTS_OFFICER},
    "badge": {Role.ANYONE},
    "close": {Role.COMPLAINTS_OFFICER},
    "show": {Role.COMPLAINTS_OFFICER, Role.COMPLIANCE},
    "list": {Role.COMPLAINTS_OFFICER, Role.COMPLIANCE},
}


@pytest.mark.parametrize(("what", "role"), list(itertools.product(EVERY, Role)))
def test_nobody_but_the_desk_deals_with_complaints(desk, what, role) -> None:
    problem = desk.asks(EVERY[what](desk), role).problem

    allowed = role in MAY[what]
    assert (problem and problem.kind) == (None if allowed else "role-may-not")


def test_the_class_asks_for_these_rights() -> None:
    doors = [
        (ast.unparse(call.args[0]), ast.unparse(call.keywords[0].value))
        for node in ast.walk(ast.parse(CLASS.read_text()))
        if isinstance(node, ast.FunctionDef)
        for call in node.decorator_list
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "answers"
    ]

    assert doors == [
        ("FileComplaint", "handlers.by_desk"),
        ("ComplainByBadge", "handlers.by_anyone"),
        ("CloseComplaint", "handlers.by_desk"),
        ("ShowComplaint", "handlers.by_readers"),
        ("ListComplaints", "handlers.by_readers"),
    ]


def test_what_was_said_is_sealed_under_the_complaints_own_key(desk) -> None:
    complaint = desk.files()
    desk.complains()
    desk.closes(complaint)
    tables = ("complaint", "outbox", "answered", "work", "badge")
    stored = "".join(
        row
        for table in tables
        for row in desk.connection.scalars(text(f"SELECT t::text FROM {table} t"))
    )
    desk.keyring.keys.clear()

    assert [said for said in (WORDS, CONTACT, desk.code) if said in stored] == []
    assert desk.shows(complaint).words == WORDS
    assert shred(desk.connection, key_of(complaint), "desk:test", Reason.ASKED)
    assert (desk.shows(complaint).words, desk.shows(complaint).contact) == (None, None)
    assert desk.shows(complaint).state == "closed"


def test_nobody_seals_a_complaint_under_the_key_of_a_case(desk) -> None:
    """Its id is anybody's to choose, so it is not the id of its key."""
    desk.hears(desk.planned())
    shred(desk.connection, desk.case, "desk:test", Reason.ASKED)

    complaint = desk.complains(complaint_id=desk.case)

    assert desk.shows(complaint).words == WORDS


def test_a_list_is_oldest_first_and_without_what_was_said(desk, watch) -> None:
    complaints = []
    for _ in range(5):
        complaints.append(desk.files())
        watch.goes(minutes=1)
    desk.closes(complaints[1])

    left = [complaints[0], *complaints[2:]]
    assert desk.lists() == left
    assert desk.lists(limit=2) == left[:2]
    assert desk.lists(limit=2, after=left[1]) == left[2:]
    assert desk.lists(after=complaints[1]) == left[1:]
    assert desk.lists(after=left[-1]) == []
    answer = desk.asks(ListComplaints())
    assert answer.reply
    assert [said for said in (WORDS, CONTACT) if said in answer.reply] == []


def test_the_closing_answer_which_is_kept_for_long_is_without_what_was_said(desk) -> None:
    answer = desk.closes(desk.files())

    assert answer.reply
    assert [said for said in (WORDS, CONTACT) if said in answer.reply] == []


# An agency learns nothing, whatever it asks or hears.


def test_no_event_tells_of_a_complaint_and_its_case(desk) -> None:
    desk.hears(desk.planned())
    desk.closes(desk.complains())
    desk.files()
    desk.hears(desk.spoken())

    told = {
        "complaints.complaint_opened": {"complaint_id", "channel", "about", "at"},
        "complaints.complaint_closed": {"complaint_id", "verdict", "at"},
        "complaints.work_standing": {"case_id", "suspended", "version"},
    }
    assert [each.data.keys() for each in desk.said()] == [
        told[each.type] for each in desk.said()
    ]
    for each in desk.said():
        of_case = each.type == "complaints.work_standing"
        mine = each.data["case_id" if of_case else "complaint_id"]
        assert each.subject == mine
        assert (str(desk.case) in each.model_dump_json()) is of_case


def test_work_that_was_suspended_for_one_reason_looks_like_for_any_other(desk) -> None:
    """Which channel it came by, what it is about, how many there are: nowhere in it."""
    looks = []
    for complain in (
        lambda: desk.files(about="threat"),
        lambda: desk.complains(),
        lambda: desk.hears(desk.spoken()),
    ):
        desk.case = desk.knows(ids.new())
        desk.visit, desk.code = ids.new(), f"BCDFG-{len(looks)}HJKM"
        desk.hears(desk.planned())
        complain()
        last = desk.said()[-1]
        looks.append(
            (last.type, {name: last.data[name] for name in ("suspended", "version")})
        )

    assert looks == [("complaints.work_standing", {"suspended": True, "version": 1})] * 3


#: What says why a case is held, or that somebody complained: the bank's alone.
TELLTALE = (
    *("HoldReason", "HoldShown", "ComplaintShown", "ComplaintList", "Verdict", "About"),
    *("WorkStanding", "ComplaintOpened", "ComplaintClosed", "Hardship"),
)


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: ask.command.operation())
def test_no_answer_to_an_agency_says_why_a_case_is_held(ask) -> None:
    if ask.roles & AGENCYS:
        schema = ask.reply.model_json_schema()
        named = {ask.reply.__name__, *schema.get("$defs", {})}

        assert named & set(TELLTALE) == set()
        assert ask.service != "complaints"


@pytest.mark.parametrize(
    "kind",
    [
        *(WorkStanding, ComplaintOpened, ComplaintClosed, ComplaintHeard),
        *(CaseHeld, CaseResumed, HoldReviewDue, CircumstanceNoted),
    ],
)
def test_no_event_that_says_why_is_for_agencies(kind: type[Event]) -> None:
    assert kind in set(told_to_the_bank_only())


def test_no_event_for_agencies_can_say_why_a_case_is_held() -> None:
    heard = {kind for kinds in topology.HEARS.values() for kind in kinds}
    for kind in heard - set(told_to_the_bank_only()):
        named = {kind.__name__, *kind.model_json_schema().get("$defs", {})}

        assert named & set(TELLTALE) == set()
