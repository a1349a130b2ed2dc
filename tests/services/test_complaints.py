"""Complaints: how they come, and what they stop."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from chassis.shared import Shared
from proto import ids
from proto.base import Role
from proto.complaints import (
    CloseComplaint,
    ComplaintShown,
    Filed,
    WorkStanding,
)
from proto.dispatch import VisitPlanned
from services.complaints import store
from tests.services import complaining
from tests.services.complaining import CONTACT, WORDS, Desk, by_badge, filed, order_of
from tests.services.conftest import NOON
from tests.services.saying import said
from tests.test_plans import Read, read

#: A code that was never on a badge.
NO_CODE = "00000-00000"
desk = complaining.desk


# What a complaint stops.


def test_a_complaint_about_a_case_suspends_the_work_on_it_at_once(desk) -> None:
    desk.files()

    assert desk.topics() == ["complaint_opened", "work_standing"]
    assert desk.work() == [(desk.case, True, 1)]
    assert WorkStanding(case_id=desk.case, suspended=True, version=1).urgent()


def test_the_work_goes_on_when_the_last_complaint_is_closed(desk) -> None:
    first, second = desk.files(), desk.files()
    assert desk.work() == [(desk.case, True, 1)]

    desk.closes(second)
    assert desk.work() == [(desk.case, True, 1)]

    desk.closes(first, "not_upheld")
    assert desk.work() == [(desk.case, True, 1), (desk.case, False, 2)]


def test_a_complaint_after_the_last_one_suspends_it_again(desk) -> None:
    desk.closes(desk.files())
    desk.files()

    assert desk.work()[-1] == (desk.case, True, 3)


def test_a_complaint_about_one_case_stops_no_other(desk) -> None:
    other = desk.knows(ids.new())
    mine, theirs = desk.files(), desk.files(case_id=other)
    desk.closes(mine)

    assert desk.work() == [(desk.case, True, 1), (other, True, 1), (desk.case, False, 2)]
    desk.closes(theirs)
    assert desk.work()[-1] == (other, False, 2)


def test_a_complaint_about_no_case_is_kept_and_stops_nothing(desk) -> None:
    complaint = desk.files(case_id=None)

    assert desk.topics() == ["complaint_opened"]
    assert desk.closes(complaint).problem is None
    assert desk.topics() == ["complaint_opened", "complaint_closed"]


def test_the_desk_is_told_that_there_is_no_such_case(desk) -> None:
    answer = desk.asks(filed(case_id=(unknown := ids.new())))

    assert answer.problem
    assert (answer.problem.kind, answer.problem.values) == (
        "not-found",
        {"thing": "case", "key": str(unknown)},
    )
    assert desk.topics() == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["file", "badge", "spoken", "close"]), st.integers(0, 5)),
    max_size=12,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_a_case_is_suspended_while_a_complaint_is_open(unit, steps) -> None:
    opened = unit("complaints")
    desk = Desk(opened.connection, opened.keyring)
    desk.knows()
    desk.hears(desk.planned())
    before, waiting, suspended, version = len(desk.work()), [], False, 0
    for what, number in steps:
        match what:
            case "file":
                waiting.append(desk.files())
            case "badge":
                waiting.append(desk.complains())
            case "spoken":
                desk.hears(desk.spoken(visit_id=(visit := ids.new())))
                found = desk.connection.execute(
                    text("SELECT id FROM complaint WHERE visit_id = :visit"),
                    {"visit": visit},
                )
                waiting.append(found.scalar_one())
            case "close" if waiting:
                desk.closes(waiting.pop(number % len(waiting)))
        if suspended != bool(waiting):
            suspended, version = bool(waiting), version + 1
        mine = [each for each in desk.work()[before:] if each[0] == desk.case]
        assert mine[-1:] == ([(desk.case, suspended, version)] if version else [])
        assert len(mine) == version


# By the code on the badge, and at the door.


@pytest.mark.parametrize(
    "typed",
    [
        "7KQ2M-0XWT1",
        "7kq2m0xwt1",
        " 7KQ2M 0XWT1 ",
        "7KQ2M-OXWTI",
        "7kq2m-oxwtl",
        "７ＫＱ２Ｍ-０ＸＷＴ１",
    ],
)
def test_a_code_is_known_however_it_is_typed(desk, typed) -> None:
    desk.hears(desk.planned(code="7KQ2M-0XWT1"))
    complaint = desk.complains(typed)

    found = desk.shows(complaint)
    assert (found.case_id, found.visit_id) == (desk.case, desk.visit)
    assert desk.work() == [(desk.case, True, 1)]


def test_an_unknown_code_is_taken_all_the_same(desk) -> None:
    complaint = desk.complains(NO_CODE)

    assert desk.topics() == ["complaint_opened"]
    assert desk.shows(complaint) == ComplaintShown(
        complaint_id=complaint,
        case_id=None,
        visit_id=None,
        channel="badge",
        about="other",
        state="open",
        verdict=None,
        words=WORDS,
        contact=CONTACT,
        code=NO_CODE,
        since=NOON,
    )


def test_nobody_learns_whether_a_code_is_known(desk) -> None:
    """The same answer, after the same statements in the same order."""
    desk.hears(desk.planned())
    asked = {}
    for code in (desk.code, NO_CODE):
        command = by_badge(code)
        with said(desk.connection) as statements:
            answer = desk.asks(command, Role.ANYONE)
        asked[code] = statements
        reply = Filed(complaint_id=command.complaint_id).model_dump_json()
        assert (answer.reply, answer.outcome, answer.problem) == (reply, "done", None)

    assert asked[desk.code] == asked[NO_CODE]


def test_a_complaint_that_came_before_its_plan_stops_the_case_when_that_is_heard(
    desk,
) -> None:
    early = desk.complains()
    closed = desk.complains()
    desk.closes(closed)
    assert desk.work() == []

    desk.hears(desk.planned())

    assert desk.work() == [(desk.case, True, 1)]
    assert (desk.shows(early).case_id, desk.shows(closed).case_id) == (desk.case, None)
    desk.closes(early)
    assert desk.work()[-1] == (desk.case, False, 2)


def test_a_complaint_spoken_at_the_door_stops_the_case(desk) -> None:
    desk.hears(desk.spoken())

    (complaint,) = desk.lists()
    assert desk.work() == [(desk.case, True, 1)]
    assert desk.shows(complaint) == ComplaintShown(
        complaint_id=complaint,
        case_id=desk.case,
        visit_id=desk.visit,
        channel="door",
        about="other",
        state="open",
        verdict=None,
        words=None,
        contact=None,
        code=None,
        since=NOON,
    )


def test_what_both_phones_tell_of_is_one_complaint(desk) -> None:
    desk.hears(desk.spoken())
    desk.hears(desk.spoken(at=NOON.replace(second=2)))
    (complaint,) = desk.lists()

    desk.closes(complaint)
    assert desk.work()[-1] == (desk.case, False, 2)

    desk.hears(desk.spoken(at=NOON.replace(minute=9)))
    assert desk.work()[-1] == (desk.case, True, 3)


def test_of_two_visits_with_one_code_the_later_one_is_meant(desk) -> None:
    desk.hears(desk.planned(visit_id=ids.new(), case_id=desk.knows(ids.new())))
    desk.hears(desk.planned(not_before=NOON.replace(minute=1)))

    assert desk.shows(desk.complains()).visit_id == desk.visit


# The same again.


@pytest.mark.parametrize("role", [Role.ANYONE, Role.COMPLAINTS_OFFICER])
def test_a_complaint_that_is_sent_twice_is_one(desk, role) -> None:
    desk.hears(desk.planned())
    by_desk = role is Role.COMPLAINTS_OFFICER
    command = filed(case_id=desk.case) if by_desk else by_badge(desk.code)

    assert desk.asks(command, role) == desk.asks(command, role)
    assert desk.lists() == [command.complaint_id]
    assert desk.work() == [(desk.case, True, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"words": f"{WORDS}!"},
        {"contact": None},
        {"about": "threat"},
        {"channel": "letter"},
        {"case_id": None},
    ],
)
def test_a_complaint_that_is_sent_again_with_another_content_is_refused(
    desk, change
) -> None:
    command = filed(case_id=desk.case)
    desk.asks(command)

    answer = desk.asks(type(command)(**command.model_dump() | change))

    assert answer.problem
    assert (answer.problem.kind, answer.problem.status) == ("key-known-otherwise", 409)
    assert desk.topics() == ["complaint_opened", "work_standing"]


def test_the_id_of_a_filed_complaint_is_nobodys_at_a_door(desk) -> None:
    answer = desk.asks(by_badge(desk.code, complaint_id=desk.files()), Role.ANYONE)

    assert answer.problem
    assert answer.problem.kind == "key-known-otherwise"


def test_a_complaint_is_closed_once(desk) -> None:
    complaint = desk.files()
    first, again = desk.closes(complaint), desk.closes(complaint)

    assert first == again
    assert desk.topics().count("complaint_closed") == 1
    otherwise = desk.closes(complaint, "withdrawn").problem
    assert otherwise
    assert (otherwise.kind, otherwise.status) == ("complaint-closed", 409)
    assert otherwise.values == {"key": str(complaint), "verdict": "upheld"}


def test_closing_what_does_not_exist_says_so(desk) -> None:
    problem = desk.closes(unknown := ids.new()).problem

    assert problem
    assert problem.values == {"thing": "complaint", "key": str(unknown)}


def test_the_bank_notes_who_closed_a_complaint_and_when(desk, watch) -> None:
    complaint = desk.files()
    watch.goes(hours=2)
    order = order_of(CloseComplaint(complaint_id=complaint, verdict="upheld"))
    desk.asks(CloseComplaint(complaint_id=complaint, verdict="upheld"))
    query = text("SELECT closed_at, closed_by FROM complaint WHERE id = :id")
    row = desk.connection.execute(query, {"id": complaint}).one()

    assert row.closed_at == watch.now
    assert row.closed_by.startswith(f"{order['asker']['role']}:")


# However many there are.

MANY = """
INSERT INTO complaint (id, case_id, visit_id, channel, about, state, code_blind, since)
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'door', 'other',
       CASE WHEN mod(i, 50) = 0 THEN 'open' ELSE 'closed' END, md5(i::text),
       now() - i * interval '1 minute'
FROM generate_series(1, 20000) i;
INSERT INTO badge SELECT gen_random_uuid(), gen_random_uuid(), md5(i::text), now()
FROM generate_series(1, 20000) i;
INSERT INTO work SELECT gen_random_uuid(), 1, 1 FROM generate_series(1, 20000) i;
ANALYZE complaint, badge, work
"""


def test_a_visit_planned_before_there_were_codes_has_no_badge(desk) -> None:
    before = desk.planned().model_dump(mode="json")
    del before["badge"], before["badge_blind"]

    desk.hears(VisitPlanned.model_validate(before))

    badges = desk.connection.execute(text("SELECT count(*) FROM badge")).scalar_one()
    assert (badges, desk.shows(desk.complains()).case_id) == (0, None)


def test_no_query_reads_a_whole_table(desk) -> None:
    for statement in MANY.split(";"):
        desk.connection.execute(text(statement))
    shared = Shared(desk.connection)
    complaint, visit, blind = desk.files(), ids.new(), "00" * 32

    def everything(connection: Connection) -> None:
        store.known(shared, complaint)
        store.badge(connection, blind)
        store.by_unknown_code(shared, blind)
        store.spoken_at(shared, visit)
        store.open_ones(connection, complaint, 50)
        store.one(connection, complaint)
        store.WORK.lock(shared, [desk.case])

    found = read(desk.connection, everything)
    assert found == Read(touched={"complaint", "badge", "work"}, whole=set())
