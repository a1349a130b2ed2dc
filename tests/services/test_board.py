"""The board and the timelines: who sees what of a visit, page by page."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.errors import Forbidden, Invalid, NotFound
from proto import ids
from proto.audience import OF_COMPLAINTS, TOLD_TO, Audience
from proto.base import Role
from proto.decision import Act
from proto.dispatch import (
    DangerNoted,
    DangerReported,
    DangerReportOverdue,
    HoldReason,
    VisitPlanned,
)
from proto.field_visit import (
    BreachRecorded,
    CheckInNotAllowed,
    CollectorsArrived,
    CollectorsLeft,
    ComplaintHeard,
    EntryNotAllowed,
    HelpCalled,
    HelpClimbed,
    PairSwapped,
    PremisesEntered,
    PremisesLeft,
    VisitCutShort,
)
from proto.oversight import (
    Board,
    BoardState,
    BoardVisit,
    ShowBankBoard,
    ShowBoard,
    ShowTimeline,
    Timeline,
)
from services.oversight import handlers
from tests.services.conftest import NOON
from tests.services.telling import BOX, Story, hear, pieces

DAY = NOON.date()


@pytest.fixture
def story() -> Story:
    return Story()


def asking(unit, story: Story, role: Role, own: bool = True):
    """A unit of oversight on whose behalf somebody asks."""
    agency = (story.agency_id if own else ids.new()) if role is Role.SUPERVISOR else None
    return unit("oversight", role=role, agency_id=agency)


def board(unit, story, role=Role.COMPLIANCE, own=True, **asked: Any) -> Board:
    asked, its = {"day": DAY} | asked, asking(unit, story, role, own)
    if role is Role.SUPERVISOR:
        return handlers.show_board(ShowBoard(**asked), its)
    return handlers.show_bank_board(ShowBankBoard(**asked), its)


def row(unit, story, role=Role.COMPLIANCE) -> BoardVisit | None:
    seen = board(unit, story, role).visits
    return next((each for each in seen if each.visit_id == story.visit_id), None)


def timeline(unit, story, role=Role.COMPLIANCE, own=True, **asked: Any) -> Timeline:
    asked = asked or {"visit_id": story.visit_id, "limit": 500}
    return handlers.show_timeline(ShowTimeline(**asked), asking(unit, story, role, own))


def topics(seen: Timeline) -> list[str]:
    return [each.topic.partition(".")[2] for each in seen.entries]


def test_a_whole_visit_as_compliance_sees_it(unit, story, watch) -> None:
    hear(unit("oversight"), story.whole().said)

    seen = row(unit, story)
    assert seen is not None
    called = next(each for each in story.said if each.type == HelpCalled.topic())
    assert seen.model_dump(exclude={"against", "help"}) == {
        "visit_id": story.visit_id,
        "case_id": story.case_id,
        "case_number": "C-1",
        "agency_id": story.agency_id,
        "agency": "a2",
        "collectors": ("W12", "W22"),
        "zone": "Asia/Shanghai",
        "not_before": NOON,
        "not_after": NOON + timedelta(hours=2),
        "state": BoardState.LEFT,
        "ending": "declined",
        "cause": None,
        "duties": (),
        "withdrawn": True,
        "holds": (HoldReason.DISPUTED,),
        "refusals": 2,
        "breaches": 2,
        "media": 2,
        "faulty_media": 1,
        "last_topic": "recovery.receipt_missing",
        "last_at": next(e.time for e in story.said if e.type == "recovery.receipt_missing"),
    }
    assert [(each.topic, each.clauses) for each in seen.against] == [
        ("recovery.receipt_missing", ("4.33",)),
        ("field_visit.breach_recorded", ("4.28",)),
        ("field_visit.entry_not_allowed", ("4.28", "4.29")),
        ("field_visit.check_in_not_allowed", ("4.27",)),
    ]
    (alert,) = seen.help
    assert (alert.collector, str(alert.help_id)) == ("W22", called.data["help_id"])
    assert alert.acknowledged_at == called.time + timedelta(seconds=1)


def test_who_was_swapped_in_is_on_the_board(unit, story, watch) -> None:
    story.staffs()
    story.stands()
    story.plan()
    swapped = {"collectors": story.pair[::-1], "letter_id": ids.new()}
    story.happens(PairSwapped, badge=BOX, badge_blind="other", **swapped)
    hear(unit("oversight"), story.said)

    for role in (Role.SUPERVISOR, Role.COMPLIANCE):
        assert row(unit, story, role).collectors == ("W22", "W12")
    (entry,) = [e for e in timeline(unit, story).entries if e.topic.endswith("swapped")]
    assert not {"badge", "badge_blind"} & set(entry.data)


@pytest.mark.parametrize("seed", range(12))
def test_the_same_was_said_in_whatever_order_it_is_heard(unit, story, watch, seed) -> None:
    """Two services, two lanes: only what one says of one case is in any order at all."""
    twin = Story(**vars(story) | {"said": [], "numbers": story.numbers.copy()})
    twin.whole()
    its = unit("oversight")
    for some in pieces(twin.said, Random(seed)):
        hear(its, some)
    shuffled = views(unit, twin)

    its.connection.rollback()
    hear(its, twin.said)

    assert shuffled == views(unit, twin)
    assert len(shuffled[3].entries) == len(twin.said) - 6


def views(unit, story) -> list[Any]:
    """All that anybody may see of a story."""
    seers = (Role.COMPLIANCE, Role.BANK_OFFICER, Role.SUPERVISOR)
    its = {"case_id": story.case_id, "limit": 500}
    return [
        *(row(unit, story, role) for role in seers),
        *(timeline(unit, story, role, **its) for role in seers),
        *(timeline(unit, story, role) for role in seers),
    ]


def test_an_agency_sees_its_visit_and_nothing_of_holds_and_complaints(unit, story) -> None:
    story.staffs()
    story.stands()
    story.plan()
    arrived = story.happens(CollectorsArrived)
    hear(unit("oversight"), story.said)
    before = row(unit, story, Role.SUPERVISOR)

    story.happens(ComplaintHeard)
    story.holds(HoldReason.COMPLAINT)
    story.complaint(1, True)
    hear(unit("oversight"), story.said[-3:])
    after = row(unit, story, Role.SUPERVISOR)

    assert before is not None
    assert after == before.model_copy(update={"withdrawn": True})
    assert (after.last_topic, after.last_at) == (arrived.type, arrived.time)
    assert row(unit, story).holds == (HoldReason.COMPLAINT,)
    assert row(unit, story).last_topic == ComplaintHeard.topic()
    seen = timeline(unit, story, Role.SUPERVISOR, case_id=story.case_id)
    assert topics(seen) == ["visit_planned", "collectors_arrived"]


@pytest.mark.parametrize("seed", range(4))
def test_danger_at_a_door_is_a_duty_of_the_bank_s_and_of_nobody_else(
    unit, story, watch, seed
) -> None:
    """In whatever order it is heard; the agency sees that its visit was cut short."""
    story.staffs()
    story.stands()
    story.plan()
    story.happens(CollectorsArrived)
    help_id, by = ids.new(), story.now + timedelta(hours=24)
    called = {"help_id": help_id, "called_at": story.now}
    story.happens(VisitCutShort, cause="ill", leave_by=story.now, script=None)
    story.happens(HelpCalled, collector_id=story.pair[1], **called)
    story.happens(VisitCutShort, cause="danger", leave_by=None, script=None)
    for step, to in ((1, "bank_officer"), (2, "everybody")):
        story.happens(HelpClimbed, to=to, step=step, **called)
    about = {"case_id": story.case_id, "visit_id": story.visit_id, "danger_id": help_id}
    noted = DangerNoted(**about, clauses=("C.38",), report_by=by, at=story.now)
    story.says(noted)
    its = unit("oversight")
    for some in pieces(story.said, Random(seed)):
        hear(its, some)

    theirs, ours = row(unit, story, Role.SUPERVISOR), row(unit, story, Role.BANK_OFFICER)
    assert "duties" not in theirs.model_dump()
    assert theirs.cause == ours.cause == "danger"
    assert ours.help[0].told == theirs.help[0].told == "everybody"
    (duty,) = ours.duties
    assert (duty.clauses, duty.report_by, duty.reported_at) == (("C.38",), by, None)

    late = DangerReportOverdue(**about, clauses=("C.38",), at=story.now)
    story.says(late)
    story.says(DangerReported(**about, report="reported", at=story.now))
    hear(its, story.said[-2:])
    ours = row(unit, story, Role.BANK_OFFICER)
    assert ours.duties[0].reported_at is not None
    assert [each.clauses for each in ours.against] == [("C.38",)]
    assert row(unit, story, Role.SUPERVISOR).against == ()


def test_who_is_told_of_an_event_sees_it_on_the_timeline_and_nobody_else(
    unit, story
) -> None:
    hear(unit("oversight"), story.whole().said)
    seers = {
        Role.COMPLIANCE: Audience.COMPLIANCE,
        Role.BANK_OFFICER: Audience.OFFICER,
        Role.SUPERVISOR: Audience.AGENCY,
    }
    its = {"case_id": story.case_id, "limit": 500}
    of_case = [each.type for each in story.said if "case_id" in each.data]

    for role, audience in seers.items():
        told = {kind.topic() for kind, to in TOLD_TO.items() if audience in to}
        seen = [each.topic for each in timeline(unit, story, role, **its).entries]
        assert sorted(seen) == sorted(topic for topic in of_case if topic in told), role
    assert {kind.topic() for kind in OF_COMPLAINTS} & {
        each.topic for each in timeline(unit, story, Role.BANK_OFFICER, **its).entries
    } == set()


def test_another_agency_sees_what_there_is_not(unit, story) -> None:
    hear(unit("oversight"), story.whole().said)
    stranger = {"role": Role.SUPERVISOR, "own": False}

    assert board(unit, story, **stranger).visits == ()
    for asked in ({"visit_id": story.visit_id}, {"case_id": story.case_id}):
        (key,) = asked
        with pytest.raises(NotFound) as theirs:
            timeline(unit, story, **stranger, **asked)
        with pytest.raises(NotFound) as nobodys:
            timeline(unit, story, **stranger, **{key: (other := ids.new())})
        assert str(asked[key]) in str(theirs.value.problem())
        assert repr(theirs.value.problem()).replace(str(asked[key]), str(other)) == repr(
            nobodys.value.problem()
        )


def test_a_supervisor_of_no_agency_sees_nothing(unit, story) -> None:
    hear(unit("oversight"), story.whole().said)
    nobody = unit("oversight", role=Role.SUPERVISOR)

    assert handlers.show_board(ShowBoard(day=DAY), nobody).visits == ()
    with pytest.raises(NotFound):
        handlers.show_timeline(ShowTimeline(visit_id=story.visit_id), nobody)


@pytest.mark.parametrize(
    "role", set(Role) - {Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE}
)
def test_nobody_else_may_ask(unit, story, role) -> None:
    its = unit("oversight", role=role)
    with pytest.raises(Forbidden):
        handlers.by_readers(ShowBoard(), its)
    with pytest.raises(Forbidden):
        handlers.show_board(ShowBoard(), its)


REFUSED = (CheckInNotAllowed, {"clauses": ("4.27",)})
LEFT = (CollectorsLeft, {"ending": "talked"})
AT = {"later": NOON + timedelta(minutes=9), "sooner": NOON + timedelta(minutes=3)}


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], BoardState.PLANNED),
        ([REFUSED], BoardState.REFUSED),
        ([REFUSED, (CollectorsArrived, {})], BoardState.AT_DOOR),
        ([(CollectorsArrived, {}), REFUSED], BoardState.AT_DOOR),
        ([(EntryNotAllowed, {"clauses": ()})], BoardState.PLANNED),
        ([(PremisesEntered, {})], BoardState.INSIDE),
        ([(PremisesEntered, {}), (PremisesLeft, {})], BoardState.AT_DOOR),
        (
            [(PremisesLeft, {"at": AT["later"]}), (PremisesEntered, {"at": AT["sooner"]})],
            BoardState.AT_DOOR,
        ),
        ([(CollectorsArrived, {}), LEFT], BoardState.LEFT),
        ([LEFT, (PremisesEntered, {})], BoardState.LEFT),
    ],
)
def test_how_far_a_visit_is(unit, story, events, state) -> None:
    story.plan()
    for kind, what in events:
        story.happens(kind, **what)
    hear(unit("oversight"), story.said)

    assert row(unit, story).state is state


def test_what_is_heard_before_the_plan_is_shown_with_it(unit, story) -> None:
    story.happens(CollectorsArrived)
    hear(unit("oversight"), story.said)
    assert row(unit, story) is None
    assert topics(timeline(unit, story)) == ["collectors_arrived"]

    hear(unit("oversight"), [story.plan()])

    assert row(unit, story).state is BoardState.AT_DOOR


def test_five_are_shown_of_what_speaks_against_a_visit_and_all_are_counted(
    unit, story
) -> None:
    story.plan()
    for number in range(7):
        story.happens(EntryNotAllowed, clauses=(f"4.{number}",))
    told = {"act": Act.ENTER_PREMISES, "decision_id": None, "clauses": ("4.28",)}
    story.happens(BreachRecorded, **told, at=NOON - timedelta(hours=1))
    hear(unit("oversight"), story.said)

    seen = row(unit, story)
    assert (seen.refusals, seen.breaches) == (7, 1)
    assert [each.clauses for each in seen.against] == [(f"4.{n}",) for n in range(6, 1, -1)]


def test_who_is_not_known_yet_is_shown_by_an_id(unit, story) -> None:
    hear(unit("oversight"), [story.plan()])

    seen = row(unit, story)
    assert seen.collectors == tuple(map(str, story.pair))
    assert (seen.agency, seen.case_number) == (str(story.agency_id), None)
    assert seen.withdrawn  # what cannot be known counts as not allowed


def test_nothing_sealed_and_no_blind_index_is_kept_or_shown(unit, story) -> None:
    hear(unit("oversight"), story.whole().said)

    kept = unit("oversight").connection.exec_driver_sql(
        "SELECT t::text FROM timeline t UNION ALL SELECT b::text FROM board_visit b"
    )
    text = " ".join(line for (line,) in kept)
    assert story.visit_id.hex[:8] in text
    assert [
        word for word in ("c2VjcmV0", "badge_blind", "bank_officer:test") if word in text
    ] == []


@pytest.mark.parametrize(
    ("zone", "begins", "day"),
    [
        ("Asia/Shanghai", "2026-03-02T23:30:00+08:00", date(2026, 3, 2)),
        ("Asia/Shanghai", "2026-03-03T00:00:00+08:00", date(2026, 3, 3)),
        ("Asia/Urumqi", "2026-03-03T00:30:00+08:00", date(2026, 3, 2)),
    ],
)
def test_a_visit_is_of_the_day_at_its_door(unit, zone, begins, day) -> None:
    story = Story(zone=zone, not_before=datetime.fromisoformat(begins))
    hear(unit("oversight"), [story.plan()])

    assert [each.visit_id for each in board(unit, story, day=day).visits] == [
        story.visit_id
    ]
    other = day + timedelta(days=1)
    assert board(unit, story, day=other).visits == ()


def test_without_a_day_it_is_the_banks_today(unit, story, watch) -> None:
    watch.is_set("2026-03-01T17:30:00+00:00")  # half past one in Shanghai

    assert board(unit, story, day=None).day == date(2026, 3, 2)


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.SUPERVISOR])
def test_pages_of_the_board_join_to_the_whole(unit, role) -> None:
    """Three at each moment, so that a page ends among equals; one is added meanwhile."""
    one = Story()
    stories = [
        Story(agency_id=one.agency_id, not_before=NOON + timedelta(minutes=number // 3))
        for number in range(10)
    ]
    for story in stories:
        hear(unit("oversight"), [story.plan()])
    whole = [each.visit_id for each in board(unit, one, role).visits]
    assert len(whole) == 10

    seen, after = [], None
    while True:
        page = board(unit, one, role, limit=4, after=after)
        seen += [each.visit_id for each in page.visits]
        if len(seen) == 4:
            early = Story(agency_id=one.agency_id, not_before=NOON - timedelta(minutes=1))
            hear(unit("oversight"), [early.plan()])
        if (after := page.next) is None:
            break

    assert seen == whole
    assert len(board(unit, one, role).visits) == 11


def test_pages_of_a_timeline_join_to_the_whole_also_at_one_moment(unit, story) -> None:
    """What one service says at one moment is shown as it was said."""
    for number in range(10):
        story.happens(EntryNotAllowed, clauses=(str(number),), at=NOON)
    hear(unit("oversight"), reversed(story.said))

    pages, after = [], None
    while True:
        page = timeline(unit, story, case_id=story.case_id, limit=3, after=after)
        pages.append([clause for each in page.entries for clause in each.clauses])
        if (after := page.next) is None:
            break

    assert pages == [["0", "1", "2"], ["3", "4", "5"], ["6", "7", "8"], ["9"]]


@pytest.mark.parametrize(
    "cursor",
    ["x", "AAAA", "MjAyNi0wMy0wMlQxMjowMDowMCAwIHg", "_" * 200, "bm90aGluZyBvZiB1cnM"],
)
def test_a_cursor_of_nobodys_making_is_refused(unit, story, cursor) -> None:
    hear(unit("oversight"), [story.plan()])
    for ask in (
        lambda: board(unit, story, after=cursor),
        lambda: timeline(unit, story, visit_id=story.visit_id, after=cursor),
    ):
        with pytest.raises(Invalid) as refused:
            ask()
        (detail,) = refused.value.details
        assert (detail.pointer, detail.kind) == ("/after", "not-a-cursor")


def test_a_cursor_holds_nothing_that_an_address_may_not() -> None:
    with pytest.raises(ValidationError):
        ShowBoard(after="a b")


@pytest.mark.parametrize("both", [True, False])
def test_a_timeline_is_of_one_thing(unit, story, both) -> None:
    asked = {"visit_id": story.visit_id, "case_id": story.case_id} if both else {"limit": 1}

    with pytest.raises(Invalid) as refused:
        timeline(unit, story, **asked)

    assert [each.kind for each in refused.value.details] == ["visit-or-case"]


def test_the_plan_tells_of_the_agency_its_visit_is_shown_to() -> None:
    """The board of an agency is made of what it is told: above all, of the plan."""
    assert Audience.AGENCY in TOLD_TO[VisitPlanned]
