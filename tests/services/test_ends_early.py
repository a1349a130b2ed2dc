"""A visit that ends before its time: one of two cannot go on, or is in danger."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from chassis.errors import Conflict, Invalid
from proto import ids
from proto.base import Role
from proto.decision import Outcome
from proto.facts import (
    AtTheGate,
    ConsentWithdrawn,
    Entered,
    Left,
    Objected,
    PartnerGone,
)
from proto.field_visit import (
    AcknowledgeHelp,
    Cause,
    CheckOut,
    ClimbHelp,
    CollectorsLeft,
    Danger,
    Ending,
    EndStay,
    ExpectLeft,
    HelpCalled,
    HelpClimbed,
    ShowHelp,
    SummonHelp,
    VisitCutShort,
    VisitState,
)
from proto.workforce import DeviceState
from services.field_visit import handlers
from services.field_visit.model import visit_table
from tests.acting import AT_THE_DOOR
from tests.services.conftest import topics
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair, judged

CUT, LEFT = "field_visit.visit_cut_short", "field_visit.collectors_left"
SUSPECTED = "field_visit.breach_suspected"
ILL = PartnerGone(cause="ill")


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch)


@pytest.fixture
def cleared(pair) -> Pair:
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING)
    return pair


def state(pair: Pair) -> str:
    query = select(visit_table.c.state).where(visit_table.c.id == pair.visit)
    return pair.hears.connection.scalar(query)


def says_to_itself(pair: Pair, handle, command) -> list[str]:
    unit = pair.open("field_visit")
    handle(command, unit)
    unit.settle()
    pair.said, pair.events = topics(unit), unit.said
    return pair.said


def waits(pair: Pair, order: str) -> int:
    query = text(
        "SELECT count(*) FROM outbox WHERE envelope->>'type' = :topic"
        " AND envelope->'data'->>'visit_id' = :visit"
    )
    values = {"topic": f"later.field_visit.{order}", "visit": str(pair.visit)}
    return pair.hears.connection.scalar(query, values)


# One cannot go on (S14).


def test_nothing_is_allowed_once_the_partner_is_gone_and_facts_go_on(cleared) -> None:
    cleared.may_talk(*THE_DEBTOR)

    received = cleared.record(ILL, phone=cleared.b)

    assert received.script is not None
    assert "Keep recording" in received.script["en"]
    cut = VisitCutShort.model_validate(cleared.events[-1].data)
    assert cleared.said == [CUT]
    assert cut.cause is Cause.ILL
    assert cut.leave_by - cut.at == timedelta(minutes=10)
    for ask in (cleared.may_talk, cleared.may_enter, cleared.may_take):
        with pytest.raises(Conflict, match="visit-leaving"):
            ask()
    with pytest.raises(Conflict, match="visit-leaving"):
        cleared.check_in(cleared.a, cleared.b)
    assert cleared.record(RECORDING, Left()).new == 2


def test_whoever_is_left_says_that_it_ended_early_and_why_is_known(cleared) -> None:
    cleared.record(ILL)

    closed = cleared.check_out(Ending.ENDED_EARLY)

    left = CollectorsLeft.model_validate(cleared.events[-1].data)
    assert (closed.ending, closed.cause) == (Ending.ENDED_EARLY, Cause.ILL)
    assert (left.ending, left.cause) == (Ending.ENDED_EARLY, Cause.ILL)
    assert (
        says_to_itself(cleared, handlers.expect_left, ExpectLeft(visit_id=cleared.visit))
        == []
    )


def test_who_is_not_out_in_time_is_suspected(cleared) -> None:
    cleared.record(ILL)
    assert waits(cleared, "expect_left") == 1

    order = ExpectLeft(visit_id=cleared.visit)

    assert says_to_itself(cleared, handlers.expect_left, order) == [SUSPECTED]
    assert cleared.events[0].data["clauses"] == ["C.33"]


def test_both_phones_that_say_so_cut_it_short_once(cleared) -> None:
    cleared.record(ILL)
    cleared.record(PartnerGone(cause="phone_dead"), phone=cleared.b)

    assert cleared.said == []
    assert waits(cleared, "expect_left") == 1


def test_a_phone_that_does_not_know_yet_says_it_ended_as_usual(cleared) -> None:
    """The other's certificate was revoked while it had no signal."""
    cleared.hear(cleared.person_standing(cleared.b, 2, in_service=False))

    closed = cleared.check_out(Ending.TALKED)

    assert (closed.ending, closed.cause) == (Ending.ENDED_EARLY, Cause.OUT_OF_SERVICE)
    assert cleared.check_out(Ending.TALKED) == closed


def test_an_early_end_needs_a_cause_and_no_other_has_one(cleared) -> None:
    def ends(ending: Ending, cause: Cause | None) -> None:
        command = CheckOut(visit_id=cleared.visit, ending=ending, cause=cause)
        cleared.does(handlers.check_out, command)

    with pytest.raises(Invalid):
        ends(Ending.ENDED_EARLY, None)
    with pytest.raises(Invalid):
        ends(Ending.TALKED, Cause.ILL)
    ends(Ending.ENDED_EARLY, Cause.WALKED_OFF)
    assert cleared.events[-1].data["cause"] == "walked_off"


def test_nobody_says_of_their_own_visit_that_it_never_ended(cleared) -> None:
    with pytest.raises(ValueError, match="never_ended|enum"):
        CheckOut(visit_id=cleared.visit, ending=Ending.NEVER_ENDED)


WITHOUT = {
    "person": lambda p: p.person_standing(p.b, 2, in_service=False),
    "certificate": lambda p: p.person_standing(p.b, 2, certified_until=date(2026, 3, 1)),
    "phone": lambda p: p.device_standing(p.b, 2, state=DeviceState.REVOKED),
    "letter": lambda p: p.letter_standing(2, state="revoked"),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_what_takes_one_of_them_out_ends_what_has_begun(cleared, what) -> None:
    cleared.hear(WITHOUT[what](cleared))

    assert cleared.said == ["field_visit.clearance_revoked", CUT]
    assert state(cleared) == VisitState.LEAVING
    assert cleared.events[-1].data["cause"] == "out_of_service"


@pytest.mark.parametrize("what", WITHOUT)
def test_also_when_the_check_in_has_run_out_and_the_talk_goes_on(
    cleared, watch, what
) -> None:
    watch.goes(minutes=20)

    cleared.hear(WITHOUT[what](cleared))

    assert cleared.said == [CUT]


def test_a_person_who_is_said_again_with_a_good_certificate_ends_nothing(cleared) -> None:
    cleared.hear(cleared.person_standing(cleared.b, 2, staff_no="2"))

    assert (cleared.said, state(cleared)) == ([], VisitState.CLEARED)


def test_a_pair_that_is_inside_must_be_outside_before_it_is_over(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.record(Entered(), ILL)

    with pytest.raises(Conflict, match="still-inside"):
        cleared.check_out(Ending.ENDED_EARLY)
    cleared.record(Left())
    assert cleared.check_out(Ending.ENDED_EARLY).cause is Cause.ILL


# Turned away at the gate (S4).


def test_a_pair_that_is_turned_away_at_the_gate_never_checks_in(pair) -> None:
    command = CheckOut(
        visit_id=pair.visit,
        ending=Ending.NOT_ADMITTED,
        journal=pair.journal(AtTheGate(admitted=False, position=AT_THE_DOOR)),
    )

    closed = pair.does(handlers.check_out, command)

    assert (closed.ending, pair.said) == (Ending.NOT_ADMITTED, [LEFT])
    assert pair.does(handlers.check_out, command) == closed


@pytest.mark.parametrize(
    ("facts", "ending"),
    [
        ((), Ending.NOT_ADMITTED),
        ((AtTheGate(admitted=True),), Ending.NOT_ADMITTED),
        ((AtTheGate(admitted=False),), Ending.TALKED),
        ((AtTheGate(admitted=False),), Ending.NOBODY_HOME),
    ],
)
def test_no_other_way_leads_around_the_check_in(pair, facts, ending) -> None:
    if facts:
        pair.record(*facts)

    with pytest.raises(Conflict, match="not-checked-in"):
        pair.check_out(ending)


# Danger (S13).


def call(pair: Pair, kind: Danger = Danger.VIOLENCE, position=AT_THE_DOOR, help_id=None):
    command = SummonHelp(
        visit_id=pair.visit,
        help_id=help_id or ids.new(),
        device_id=pair.a.device_id,
        at=pair.watch.now,
        kind=kind,
        position=position,
    )
    return pair.does(handlers.summon_help, command)


@pytest.mark.parametrize("kind", Danger)
def test_each_kind_of_danger_has_its_words_and_a_number_to_dial(cleared, kind) -> None:
    known = call(cleared, kind)

    assert known.script is not None
    for language in ("zh-CN", "en"):
        said = known.script[language]
        assert "110" in said or "120" in said
        assert not [word for word in ("欠", "逾期", "debt", "owe") if word in said]


def test_a_threat_to_jump_ends_all_talk_and_nobody_is_made_to_leave(cleared) -> None:
    cleared.may_talk(*THE_DEBTOR)

    known = call(cleared, Danger.SELF_HARM)

    assert "stay until help" in known.script["en"]
    cut = VisitCutShort.model_validate(cleared.events[-1].data)
    assert (cut.cause, cut.leave_by) == (Cause.DANGER, None)
    with pytest.raises(Conflict, match="visit-leaving"):
        cleared.may_talk()
    assert waits(cleared, "expect_left") == 0


def test_what_it_is_about_and_where_is_sealed_and_shown_to_who_may_act(cleared) -> None:
    known = call(cleared, Danger.SELF_HARM)

    called = next(e for e in cleared.events if e.type.endswith("help_called"))
    assert "self_harm" not in str(called.data)
    assert str(AT_THE_DOOR.latitude) not in str(called.data)
    assert set(HelpCalled.model_validate(called.data).collectors) == {
        cleared.a.person_id,
        cleared.b.person_id,
    }
    unit = cleared.open("field_visit", Role.SUPERVISOR, cleared.agency)
    shown = handlers.show_help(
        ShowHelp(visit_id=cleared.visit, help_id=known.help_id), unit
    )
    assert (shown.kind, shown.position) == (Danger.SELF_HARM, AT_THE_DOOR)


def test_until_somebody_acts_more_and_more_people_are_told(cleared) -> None:
    known = call(cleared)
    order = ClimbHelp(visit_id=cleared.visit, help_id=known.help_id)
    told = []
    for step in range(1, 4):
        assert waits(cleared, "climb_help") == step
        assert says_to_itself(cleared, handlers.climb_help, order) == [
            "field_visit.help_climbed"
        ]
        climbed = HelpClimbed.model_validate(cleared.events[0].data)
        assert climbed.urgent()
        told.append((climbed.step, climbed.to.value))
    assert told == [(1, "bank_officer"), (2, "everybody"), (3, "everybody")]

    unit = cleared.open("field_visit", Role.SUPERVISOR, cleared.agency)
    acts = AcknowledgeHelp(visit_id=cleared.visit, help_id=known.help_id)
    handlers.acknowledge_help(acts, unit)
    unit.settle()
    assert says_to_itself(cleared, handlers.climb_help, order) == []
    assert waits(cleared, "climb_help") == 4


def test_once_everybody_was_told_twice_they_are_told_seldom_and_not_for_ever(
    cleared,
) -> None:
    known = call(cleared)
    order = ClimbHelp(visit_id=cleared.visit, help_id=known.help_id)
    for _ in range(3):
        says_to_itself(cleared, handlers.climb_help, order)
    due = text("SELECT max(due_at) FROM outbox WHERE envelope->>'type' = :topic")
    topic = {"topic": "later.field_visit.climb_help"}
    last = cleared.hears.connection.scalar(due, topic)
    assert last - cleared.watch.now == timedelta(minutes=15)

    cleared.watch.goes(days=2)
    assert says_to_itself(cleared, handlers.climb_help, order) != []  # it is not over
    cleared.check_out(Ending.ENDED_EARLY)
    assert says_to_itself(cleared, handlers.climb_help, order) == []


def test_the_first_step_comes_a_minute_after_the_call(cleared) -> None:
    call(cleared)

    due = text("SELECT due_at FROM outbox WHERE envelope->>'type' = :topic")
    topic = {"topic": "later.field_visit.climb_help"}
    at = cleared.hears.connection.scalar(due, topic)
    assert at - cleared.watch.now == timedelta(seconds=60)


def test_danger_stands_before_any_other_cause(cleared) -> None:
    cleared.record(ILL)
    call(cleared)
    assert CUT in cleared.said

    assert cleared.check_out(Ending.ENDED_EARLY).cause is Cause.DANGER


def test_who_was_in_danger_does_not_go_there_again(cleared, unit, watch) -> None:
    """Not even one of the two, with another partner: as soon as the other visit asks."""
    call(cleared)
    cleared.check_out(Ending.ENDED_EARLY)
    watch.goes(days=1)
    again = Pair(unit, watch, beside=cleared)
    other = Pair(unit, watch, beside=cleared)
    change = "UPDATE visit SET collectors[1] = :who WHERE id = :id"
    values = {"who": cleared.a.person_id, "id": again.visit}
    again.hears.connection.execute(text(change), values)
    again.a.person_id = cleared.a.person_id

    def clauses(pair: Pair) -> list[str]:
        pair.hears.keep(pair.letter_standing(2, valid_until=date(2026, 3, 31)))
        pair.hears.settle()
        pair.hears.keep(pair.person_standing(pair.a, 2))
        pair.hears.keep(pair.device_standing(pair.a, 2))
        pair.hears.settle()
        shift = "UPDATE visit SET not_after = not_after + interval '1 day' WHERE id = :id"
        pair.hears.connection.execute(text(shift), {"id": pair.visit})
        outcome, against = judged(pair.check_in(pair.a, pair.b))
        assert (outcome is Outcome.STOP) == bool(against)
        return against

    assert "C.37" in clauses(again)
    assert "C.37" not in clauses(other)


def test_help_on_the_way_ends_a_visit_that_has_not_begun(pair) -> None:
    call(pair)

    assert state(pair) == VisitState.LEAVING
    assert pair.check_out(Ending.ENDED_EARLY).cause is Cause.DANGER


def test_an_objection_before_it_does_not_make_danger_a_breach(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.record(Entered(), Objected(by="spouse"))
    call(cleared, Danger.LOCKED_IN)

    assert SUSPECTED not in cleared.said


def test_who_calls_for_help_after_the_partner_has_gone_need_not_be_out_in_time(
    cleared,
) -> None:
    cleared.record(PartnerGone(cause="walked_off"))
    call(cleared)
    cleared.watch.goes(minutes=30)

    order = ExpectLeft(visit_id=cleared.visit)

    assert says_to_itself(cleared, handlers.expect_left, order) == []


def test_who_waits_inside_for_help_is_not_suspected_of_staying(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.record(Entered())
    cleared.record(ConsentWithdrawn(by="debtor"))
    call(cleared, Danger.LOCKED_IN)
    cleared.watch.goes(minutes=30)

    order = EndStay(visit_id=cleared.visit)

    assert says_to_itself(cleared, handlers.end_stay, order) == []


def danger_at(pair: Pair):
    query = select(visit_table.c.danger_at).where(visit_table.c.id == pair.visit)
    return pair.hears.connection.scalar(query)


def test_a_partner_who_left_in_danger_never_returns_either(cleared) -> None:
    cleared.record(PartnerGone(cause="danger"))

    assert danger_at(cleared) == cleared.watch.now
    assert cleared.said == [CUT]


@pytest.mark.parametrize("checks_out", [True, False])
def test_danger_is_told_also_of_a_visit_that_is_over(cleared, checks_out) -> None:
    if checks_out:
        danger = {"ending": Ending.ENDED_EARLY, "cause": Cause.DANGER}
        cleared.does(handlers.check_out, CheckOut(visit_id=cleared.visit, **danger))
        assert cleared.said == [LEFT, CUT]
    else:
        cleared.check_out(Ending.TALKED)
        cleared.record(PartnerGone(cause="danger"))
        assert cleared.said == [CUT]
    assert danger_at(cleared) is not None
    assert state(cleared) == VisitState.CLOSED
