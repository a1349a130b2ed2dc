"""What ends a talk at once, and what is then known of the case."""

from datetime import timedelta

import pytest
from sqlalchemy import select

import rulebook
from chassis import tables
from chassis.errors import Conflict
from proto import ids
from proto.complaints import WorkStanding
from proto.decision import Outcome
from proto.dispatch import CaseState, ContactPlan, PaperEntry
from proto.facts import (
    Circumstance,
    ComplaintMade,
    Disputed,
    Entered,
    Left,
    LetterGiven,
    MoneyLeft,
    Objected,
    PersonMet,
    Recording,
    ThirdPartyAnswer,
    WrongAddress,
)
from proto.field_visit import (
    BreachRecorded,
    BreachSuspected,
    CircumstanceNoted,
    DebtDisputed,
    EndStay,
    LookAround,
    RecordJournal,
    ShowVisit,
)
from proto.letters import TemplateStanding
from services.field_visit import handlers
from services.field_visit.model import journal_table
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair, judged


@pytest.fixture
def pair(unit, watch) -> Pair:
    """A pair that may speak with the debtor."""
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)
    assert judged(pair.may_talk()) == (Outcome.PROCEED, [])
    return pair


def due(pair) -> list[tuple[str, str]]:
    """What the visit told itself to look at, and when by the clock at the door."""
    table = tables.outbox
    query = select(table.c.envelope, table.c.due_at).where(table.c.due_at.is_not(None))
    zone = pair.watch.now.tzinfo
    return sorted(
        (row.envelope["type"].rpartition(".")[2], f"{row.due_at.astimezone(zone):%H:%M:%S}")
        for row in pair.hears.connection.execute(query)
    )


@pytest.mark.parametrize(
    ("fact", "against", "topic", "script"),
    [
        (
            Disputed(claim="already_paid"),
            ["4.12", "4.13"],
            "field_visit.debt_disputed",
            "door.dispute",
        ),
        (
            Circumstance(hardship="illness"),
            ["4.21", "4.22"],
            "field_visit.circumstance_noted",
            "door.care",
        ),
        (ComplaintMade(), ["4.38"], "field_visit.complaint_heard", "door.leave"),
        (
            WrongAddress(how="moved"),
            ["C.17"],
            "field_visit.address_found_wrong",
            "door.wrong_address",
        ),
    ],
    ids=["already paid", "illness", "a complaint", "wrong address"],
)
def test_one_word_ends_the_talk_for_both_phones(pair, fact, against, topic, script) -> None:
    talk = pair.may_talk(fact)

    assert judged(talk) == (Outcome.STOP, against)
    assert talk.script == rulebook.script(script)
    assert pair.said == [topic, "field_visit.talk_not_allowed"]
    assert judged(pair.may_enter())[0] is Outcome.STOP


def test_the_claim_is_told_and_the_hardship_is_sealed(pair) -> None:
    pair.record(Disputed(claim="wrong_amount"))
    (told,) = (DebtDisputed.model_validate(each.data) for each in pair.events)
    assert (told.claim, told.urgent()) == ("wrong_amount", True)

    pair.record(Circumstance(hardship="pregnancy"))
    (noted,) = (CircumstanceNoted.model_validate(each.data) for each in pair.events)
    assert "pregnancy" not in noted.model_dump_json()
    opened = pair.hears.keyring.open(noted.hardship, pair.case, "visit.hardship")
    assert opened == "pregnancy"


def test_a_case_that_was_held_is_withdrawn_and_nobody_is_told_why(pair) -> None:
    ask = ShowVisit(visit_id=pair.visit)
    assert pair.does(handlers.show_visit, ask).withdrawn is False
    seen = []
    for version, state in ((2, CaseState.HELD), (3, CaseState.RECALLED)):
        pair.hear(pair.case_standing(version, state=state))
        seen.append(pair.does(handlers.show_visit, ask))
    pair.hear(pair.case_standing(4))
    suspended = WorkStanding(case_id=pair.case, suspended=True, version=1)
    pair.hear(suspended)
    seen.append(pair.does(handlers.show_visit, ask))

    assert [(each.withdrawn, each.sheet, each.badge) for each in seen] == [
        (True, None, None)
    ] * 3
    assert len(set(seen)) == 1
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.38"])
    pair.hear(suspended.model_copy(update={"suspended": False, "version": 2}))
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])


def test_what_took_a_permit_back_is_told_alike_for_a_complaint_and_any_other_hold(
    unit, watch
) -> None:
    told = []
    for stop in ("hold", "complaint"):
        pair = Pair(unit, watch)
        pair.check_in(pair.a, pair.b)
        hold = pair.case_standing(2, state=CaseState.HELD)
        complaint = WorkStanding(case_id=pair.case, suspended=True, version=1)
        pair.hear(hold if stop == "hold" else complaint)
        told += [event.data["because"] for event in pair.events]

    assert told == ["dispatch.case_standing"] * 2


@pytest.mark.parametrize(
    ("plan", "against"),
    [
        (None, ["4.21", "4.22"]),
        (("12:00", "12:31"), []),
        (("12:00", "12:30"), ["4.21", "4.22"]),
        (("12:01", "13:00"), ["4.21", "4.22"]),
    ],
)
def test_special_circumstances_are_approached_by_the_bank_s_plan(
    unit, watch, plan, against
) -> None:
    pair = Pair(unit, watch)
    hours = plan and ContactPlan(opens=plan[0], closes=plan[1], until=watch.now.date())
    pair.hear(pair.case_standing(2, special=True, plan=hours))

    assert judged(pair.check_in(pair.a, pair.b))[1] == against
    shown = pair.does(handlers.show_visit, ShowVisit(visit_id=pair.visit))
    assert shown.special


def test_a_plan_that_has_ended_is_none(unit, watch) -> None:
    pair = Pair(unit, watch)
    yesterday = watch.now.date() - timedelta(days=1)
    plan = ContactPlan(opens="08:00", closes="20:00", until=yesterday)
    pair.hear(pair.case_standing(2, special=True, plan=plan))

    assert judged(pair.check_in(pair.a, pair.b))[1] == ["4.21", "4.22"]


def test_a_closed_address_is_not_gone_to(unit, watch) -> None:
    pair = Pair(unit, watch)
    pair.hear(pair.case_standing(2, address_open=False))

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["C.17"])


def test_nobody_is_visited_twice_a_day(pair, unit, watch) -> None:
    second = Pair(unit, watch, beside=pair)

    assert judged(second.check_in(second.a, second.b)) == (Outcome.STOP, ["C.18"])


@pytest.mark.parametrize(
    "stopped",
    [
        Recording(announced=True, running=False),
        Recording(announced=False, running=True),
    ],
    ids=["stopped", "not announced"],
)
def test_nothing_is_said_that_is_not_recorded(pair, stopped) -> None:
    assert judged(pair.may_talk(stopped)) == (Outcome.STOP, ["21.079", "21.088", "C.22"])
    assert judged(pair.may_talk(RECORDING)) == (Outcome.PROCEED, [])


def test_a_child_is_asked_nothing(pair) -> None:
    talk = pair.may_talk(PersonMet(relation="child", capable=False))

    assert "C.20" in judged(talk)[1]
    assert judged(pair.may_ask())[0] is Outcome.STOP


PAPER = PaperEntry(paper_id=ids.new(), template="T-1", how="in_person")


def with_letter(unit, watch, how="in_person", approved=True) -> Pair:
    pair = Pair(unit, watch, paper=PAPER.model_copy(update={"how": how}))
    pair.hear(TemplateStanding(template="T-1", approved=approved, version=1))
    pair.check_in(pair.a, pair.b)
    return pair


def test_a_letter_is_handed_to_the_debtor(unit, watch) -> None:
    pair = with_letter(unit, watch)

    assert judged(pair.may_give("in_person", RECORDING, *THE_DEBTOR)) == (
        Outcome.PROCEED,
        [],
    )
    pair.watch.goes(minutes=1)
    pair.record(LetterGiven(how="in_person"))
    assert pair.said == ["field_visit.letter_handed_over"]


def test_a_letter_planned_for_the_letterbox_goes_there_with_nobody_home(
    unit, watch
) -> None:
    pair = with_letter(unit, watch, "letterbox")

    assert judged(pair.may_give("letterbox")) == (Outcome.PROCEED, [])


@pytest.mark.parametrize(
    ("how", "planned", "approved", "against"),
    [
        ("letterbox", "in_person", True, {"4.24"}),
        ("posted", "letterbox", True, {"4.23"}),
        ("letterbox", "letterbox", False, {"4.26", "13.14"}),
    ],
)
def test_no_letter_goes_anywhere_else(unit, watch, how, planned, approved, against) -> None:
    pair = with_letter(unit, watch, planned, approved)

    assert against <= set(judged(pair.may_give(how))[1])


def test_a_letter_given_to_the_mother_is_kept_and_marked(unit, watch) -> None:
    pair = with_letter(unit, watch)
    pair.record(RECORDING, PersonMet(relation="parent"), LetterGiven(how="in_person"))

    breach, handed = pair.events
    assert {"4.24", "13.17"} <= set(BreachRecorded.model_validate(breach.data).clauses)
    assert handed.type == "field_visit.letter_handed_over"


def looks_around(pair):
    pair.does(handlers.look_around, LookAround())
    return [BreachSuspected.model_validate(each.data) for each in pair.events]


def test_a_pair_that_waits_where_nobody_opens_is_marked_once(unit, watch) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.watch.goes(minutes=9, seconds=58)
    assert looks_around(pair) == []

    (marked,) = looks_around(pair)  # ten minutes to the second (C.10)

    assert (marked.act, marked.clauses) == ("check_in", ("C.10",))
    assert looks_around(pair) == []


def test_a_pair_that_has_met_somebody_may_stay(pair) -> None:
    pair.watch.goes(minutes=11)

    assert looks_around(pair) == []


def test_a_pair_that_has_left_waits_no_more(unit, watch) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.check_out("nobody_home")
    pair.watch.goes(minutes=11)

    assert looks_around(pair) == []


def test_the_exit_timer_runs_from_the_objection(pair) -> None:
    pair.may_enter(CONSENT)
    pair.record(Entered())
    pair.record(Objected(by="parent"))
    assert (
        "end_stay",
        f"{pair.watch.now + timedelta(minutes=3) - timedelta(seconds=1):%H:%M:%S}",
    ) in due(pair)

    pair.does(handlers.end_stay, EndStay(visit_id=pair.visit))

    (marked,) = (BreachSuspected.model_validate(each.data) for each in pair.events)
    assert (marked.act, marked.clauses[-2:]) == ("enter_premises", ("C.06", "C.11"))


def test_a_pair_that_left_in_time_is_not_marked(pair) -> None:
    pair.may_enter(CONSENT)
    pair.record(Entered())
    pair.record(Objected(by="parent"), Left())
    pair.does(handlers.end_stay, EndStay(visit_id=pair.visit))

    assert pair.said == []


def test_an_objection_outside_starts_no_timer(pair) -> None:
    pair.record(Objected(by="parent"))

    assert due(pair) == []


def test_a_talk_that_would_end_outside_the_hours_is_not_begun(pair) -> None:
    """S8: at 20:30 a talk of half an hour would end at nine."""
    pair.watch.is_set("2026-03-02T20:29:00+08:00")
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])
    pair.watch.is_set("2026-03-02T20:29:58+08:00")
    assert judged(pair.may_talk()) == (Outcome.PROCEED, [])

    assert judged(pair.may_talk()) == (Outcome.STOP, ["4.05"])


def test_a_no_from_a_phone_whose_clock_is_fast_ends_a_permit_all_the_same(pair) -> None:
    pair.may_enter(CONSENT)
    ahead = pair.watch.now + timedelta(days=400)
    journal = pair.b.writes(pair.visit, ahead, Objected(by="parent"))
    order = RecordJournal(visit_id=pair.visit, journal=journal)
    pair.does(handlers.record_journal, order, pair.b)
    pair.watch.goes(seconds=10)
    pair.record(Entered())

    (breach,) = (
        BreachRecorded.model_validate(each.data)
        for each in pair.events
        if each.type == BreachRecorded.topic()
    )
    assert {"4.28", "C.06"} <= set(breach.clauses)


def test_a_way_out_that_lies_in_the_future_is_no_way_out(pair) -> None:
    pair.may_enter(CONSENT)
    ahead = pair.watch.now + timedelta(days=400)
    journal = pair.b.writes(pair.visit, ahead, Left())
    order = RecordJournal(visit_id=pair.visit, journal=journal)
    pair.does(handlers.record_journal, order, pair.b)
    pair.watch.goes(seconds=10)
    pair.record(Entered())
    with pytest.raises(Conflict, match="still-inside"):
        pair.check_out()


def test_a_case_held_while_they_are_inside_starts_the_exit_timer(pair) -> None:
    pair.may_enter(CONSENT)
    pair.record(Entered())
    pair.hear(pair.case_standing(2, state=CaseState.HELD))

    assert [name for name, _ in due(pair)] == ["end_stay"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_hold_sends_a_pair_away_whose_permits_have_run_out(pair, inside) -> None:
    pair.may_enter(CONSENT)
    if inside:
        pair.record(Entered())
    pair.watch.goes(hours=2)

    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))

    assert pair.said == ["field_visit.clearance_revoked"]
    assert [name for name, _ in due(pair)] == ["end_stay"] * inside


def test_the_hardship_lies_nowhere_in_clear(pair) -> None:
    pair.record(Circumstance(hardship="pregnancy"))
    rows = pair.hears.connection.execute(select(journal_table.c.fact)).scalars()

    assert "pregnancy" not in str(list(rows))
    pair.may_talk()  # and the journal is still read
    assert pair.said == ["field_visit.talk_not_allowed"]


def test_no_permit_outlives_the_check_in_it_rests_on(pair) -> None:
    pair.watch.goes(minutes=14)
    talk = pair.may_talk()

    assert talk.decision.good_until == pair.cleared_at + timedelta(minutes=15)


def test_a_template_taken_back_ends_the_permit_to_hand_over(unit, watch) -> None:
    pair = with_letter(unit, watch, "letterbox")
    pair.may_give("letterbox")
    unit = pair.open("field_visit")
    gone = TemplateStanding(template="T-1", approved=False, version=2)
    handlers.withdraw_template(gone, unit)

    assert [row["operation"] for row in unit.revoked] == ["hand_over_letter"]


@pytest.mark.parametrize(
    ("facts", "script"),
    [
        ((PersonMet(relation="child", capable=False),), "door.child"),
        ((PersonMet(relation="parent"),), "door.third_party"),
        (
            (
                PersonMet(relation="parent"),
                ThirdPartyAnswer(answer="annoyed", by="parent"),
            ),
            "door.leave",
        ),
        ((Objected(by="parent"),), "door.leave"),
    ],
    ids=["a child", "the mother", "annoyed", "objects"],
)
def test_what_is_said_at_a_no_is_by_who_stands_there(pair, facts, script) -> None:
    pair.may_talk(*facts)
    talk = pair.may_enter()

    assert talk.script == rulebook.script(script)


def test_money_left_behind_is_answered_with_what_to_do(pair) -> None:
    left = pair.record(MoneyLeft(amount="10.00", counted_by_both=True))

    assert left.script == rulebook.script("door.money_left")


def test_a_letterbox_that_may_not_be_used_is_left_alone(unit, watch) -> None:
    pair = with_letter(unit, watch, "in_person")

    assert pair.may_give("letterbox").script == rulebook.script("door.nobody_home")


def test_a_withdrawn_case_is_told_as_that(unit, watch) -> None:
    pair = Pair(unit, watch)
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))

    told = pair.check_in(pair.a, pair.b)

    assert told.script == rulebook.script("door.withdrawn")
