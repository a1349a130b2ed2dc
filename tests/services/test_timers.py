"""What a visit is looked at for when its time has come: once, however late we look."""

from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import event, select, text, update

from proto import ids
from proto.facts import (
    Appointment,
    Entered,
    Knocked,
    MoneyLeft,
    PersonMet,
)
from proto.field_visit import (
    BreachSuspected,
    CollectorsLeft,
    Ending,
    LookAround,
    PartnerMissing,
    RecordJournal,
    SummonHelp,
    VisitState,
    WindowCloses,
)
from services.field_visit import handlers, store
from services.field_visit.handlers import timers
from services.field_visit.model import Due, visit_table
from tests.services.conftest import topics
from tests.services.pairs import RECORDING, THE_DEBTOR, Pair

SUSPECTED = "field_visit.breach_suspected"
CLOSES, LEFT = "field_visit.window_closes", "field_visit.collectors_left"


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch)


@pytest.fixture
def cleared(pair) -> Pair:
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING)
    return pair


def look(pair: Pair) -> list[str]:
    """One look around; what it said of this pair's visit."""
    unit = pair.open("field_visit")
    handlers.look_around(LookAround(), unit)
    unit.settle()
    pair.events = [each for each in unit.said if each.data["visit_id"] == str(pair.visit)]
    pair.said = [each.type for each in pair.events]
    return pair.said


def row(pair: Pair):
    query = select(visit_table).where(visit_table.c.id == pair.visit)
    return pair.hears.connection.execute(query).one()


# The hours end (S8).


def test_a_pair_at_a_door_is_warned_twice_before_the_hours_end(cleared, watch) -> None:
    watch.is_set("2026-03-02T20:44:30+08:00")
    assert look(cleared) == [SUSPECTED]  # nobody met since noon
    watch.is_set("2026-03-02T20:45:10+08:00")
    assert look(cleared) == [CLOSES]
    warned = WindowCloses.model_validate(cleared.events[0].data)
    assert warned.minutes == 15
    assert f"{warned.closes_at:%H:%M}" == "13:00"  # UTC
    assert set(warned.script) == {"zh-CN", "en"}
    assert look(cleared) == []
    watch.is_set("2026-03-02T20:55:10+08:00")
    assert look(cleared) == [CLOSES]
    assert cleared.events[0].data["minutes"] == 5
    watch.is_set("2026-03-02T21:00:10+08:00")
    assert look(cleared) == [SUSPECTED]
    breach = BreachSuspected.model_validate(cleared.events[0].data)
    assert {"4.05", "21.084"} <= set(breach.clauses)
    assert look(cleared) == []


def test_who_looks_late_warns_once(cleared, watch) -> None:
    cleared.record(PersonMet(relation="debtor"))
    watch.is_set("2026-03-02T20:57:30+08:00")

    assert look(cleared) == [CLOSES]
    assert cleared.events[0].data["minutes"] == 3


def test_after_the_end_nobody_is_warned_any_more(cleared, watch) -> None:
    cleared.record(PersonMet(relation="debtor"))
    watch.is_set("2026-03-02T21:10:00+08:00")

    assert look(cleared) == [SUSPECTED]


def test_who_has_left_is_neither_warned_nor_suspected(cleared, watch) -> None:
    cleared.record(PersonMet(relation="debtor"))
    cleared.check_out()
    watch.is_set("2026-03-02T21:10:00+08:00")

    assert look(cleared) == []
    assert set(row(cleared).due) == {Due.SEAL}


def test_an_hour_named_before_the_end_lets_them_stay_by_it(pair, watch) -> None:
    watch.is_set("2026-03-02T20:25:00+08:00")
    pair.check_in(pair.a, pair.b)
    pair.record(*THE_DEBTOR)
    named = watch.now + timedelta(minutes=30)
    until = named + timedelta(hours=1)
    pair.record(Appointment(starts_at=named, ends_at=until, proof="spoken"))
    assert pair.said == ["field_visit.appointment_recorded"]

    watch.is_set("2026-03-02T21:10:00+08:00")
    assert look(pair) == []
    watch.is_set("2026-03-02T21:40:30+08:00")
    assert look(pair) == [CLOSES]
    watch.is_set("2026-03-02T21:56:00+08:00")
    assert look(pair) == [SUSPECTED]


def test_the_planned_end_is_no_end_of_the_hours(pair, watch) -> None:
    """It says until when a pair may come; who talks on past it breaks no law."""
    ends = {"not_after": watch.now + timedelta(hours=1)}
    change = update(visit_table).where(visit_table.c.id == pair.visit).values(ends)
    pair.hears.connection.execute(change)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR)
    watch.goes(hours=1, minutes=1)

    assert look(pair) == []


# Nobody opens (S6).


def test_a_pair_that_waits_where_nobody_opens_is_marked_once(cleared, watch) -> None:
    watch.goes(minutes=9)
    assert look(cleared) == []
    watch.goes(minutes=1)
    assert look(cleared) == [SUSPECTED]
    assert cleared.events[0].data["clauses"] == ["C.10"]
    assert look(cleared) == []


def test_who_has_met_somebody_waits_for_nobody(cleared, watch) -> None:
    cleared.record(PersonMet(relation="neighbour"))
    watch.goes(minutes=11)

    assert look(cleared) == []


@pytest.mark.parametrize(
    ("times", "minutes", "against"),
    [
        ((2,), 4, []),
        ((1, 1), 4, []),
        ((1,), 4, [["C.35"]]),
        ((), 4, [["C.35"]]),
        ((5,), 2, [["C.35"]]),
    ],
)
def test_nobody_home_needs_its_knocks_and_its_minutes(
    cleared, watch, times, minutes, against
) -> None:
    for each in times:
        cleared.record(Knocked(times=each))
    watch.goes(minutes=minutes)

    cleared.check_out(Ending.NOBODY_HOME)

    found = [each.data["clauses"] for each in cleared.events if each.type == SUSPECTED]
    assert found == against


def test_two_phones_that_note_one_knocking_knocked_once(cleared, watch) -> None:
    cleared.record(Knocked(times=1))
    cleared.record(Knocked(times=1), phone=cleared.b)
    watch.goes(minutes=4)

    cleared.check_out(Ending.NOBODY_HOME)

    assert SUSPECTED in cleared.said


# The partner does not come.


def test_both_are_told_when_the_other_has_not_come(pair, watch) -> None:
    pair.check_in(pair.b)
    watch.goes(minutes=9)
    assert look(pair) == []
    watch.goes(minutes=1)

    assert look(pair) == ["field_visit.partner_missing"]

    told = PartnerMissing.model_validate(pair.events[0].data)
    assert told.collector_id == pair.a.person_id
    assert look(pair) == []


def test_a_phone_that_asks_again_alone_gains_no_time(pair, watch) -> None:
    pair.check_in(pair.b)
    watch.goes(minutes=6)
    pair.check_in(pair.b)
    watch.goes(minutes=4)

    assert look(pair) == ["field_visit.partner_missing"]


def test_who_came_in_time_is_not_missing(pair, watch) -> None:
    pair.check_in(pair.b)
    watch.goes(minutes=2)
    pair.check_in(pair.a, pair.b)
    pair.record(PersonMet(relation="debtor"))
    watch.goes(minutes=10)

    assert look(pair) == []


# Nobody checks out.


def test_a_visit_that_nobody_ends_is_closed_hours_after_its_plan(cleared, watch) -> None:
    watch.goes(hours=15, minutes=59)  # planned until midnight, and four hours
    look(cleared)
    assert row(cleared).state == VisitState.CLEARED
    watch.goes(minutes=1)

    assert look(cleared) == [LEFT]

    left = CollectorsLeft.model_validate(cleared.events[0].data)
    assert (left.ending, left.cause) == (Ending.NEVER_ENDED, None)
    assert row(cleared).state == VisitState.CLOSED
    assert look(cleared) == []


def test_a_pair_that_was_inside_when_its_phones_died_is_closed_too(cleared, watch) -> None:
    cleared.record(*THE_DEBTOR, Entered())
    watch.goes(hours=17)

    assert look(cleared)[-1] == LEFT


def test_a_visit_that_was_refused_and_forgotten_is_closed(pair, watch) -> None:
    pair.check_in(pair.a)
    watch.goes(hours=17)

    assert look(pair)[-1] == LEFT


def test_a_visit_that_never_began_stays_planned(pair, watch) -> None:
    watch.goes(hours=17)

    assert look(pair) == []
    assert row(pair).state == VisitState.PLANNED


def test_a_check_out_that_comes_after_that_is_harmless(cleared, watch) -> None:
    watch.goes(hours=17)
    look(cleared)

    closed = cleared.check_out(Ending.TALKED)

    assert (closed.ending, cleared.said) == (Ending.NEVER_ENDED, [])


# Money that was left behind.


@pytest.mark.parametrize(("minutes", "against"), [(29, []), (31, [["C.16"]])])
def test_money_left_is_reported_in_time_by_when_it_was_left(
    cleared, watch, minutes, against
) -> None:
    journal = cleared.journal(MoneyLeft(amount="200.00", counted_by_both=True))
    watch.goes(minutes=minutes)
    command = RecordJournal(visit_id=cleared.visit, journal=journal)

    cleared.does(handlers.record_journal, command)

    found = [each.data["clauses"] for each in cleared.events if each.type == SUSPECTED]
    assert found == against


# However many, and whatever was there before.


def test_more_than_one_look_can_hold_are_looked_at_at_once(
    unit, watch, monkeypatch
) -> None:
    monkeypatch.setattr(store, "MOST", 2)
    monkeypatch.setattr("services.field_visit.store.waiting.MOST", 2)
    pairs = [Pair(unit, watch) for _ in range(2)]
    for each in pairs:
        each.check_in(each.a, each.b)
    watch.goes(minutes=11)
    its = unit("field_visit")

    handlers.look_around(LookAround(), its)
    its.settle()

    assert topics(its).count(SUSPECTED) == 2
    again = text("SELECT count(*) FROM outbox WHERE envelope->>'type' = :topic")
    topic = {"topic": "later.field_visit.look_around"}
    assert its.connection.scalar(again, topic) == 1


def test_many_visits_are_looked_at_in_one_savepoint(unit, watch) -> None:
    """One for each was half of the cost of five hundred."""
    pairs = [Pair(unit, watch) for _ in range(5)]
    for each in pairs:
        each.check_in(each.a, each.b)
    watch.goes(minutes=11)
    its, begun = unit("field_visit"), []
    event.listen(its.connection, "savepoint", lambda *_: begun.append(1))

    handlers.look_around(LookAround(), its)
    its.settle()

    assert topics(its).count(SUSPECTED) == 5
    assert len(begun) == 1


def test_a_visit_of_before_is_looked_at_as_it_was_to_be(cleared, watch) -> None:
    """As the migration leaves it: one moment, and what it is for."""
    at = watch.now + timedelta(minutes=1)
    before = {"due": {"met": at.isoformat()}, "look_at": at}
    change = update(visit_table).where(visit_table.c.id == cleared.visit).values(before)
    cleared.hears.connection.execute(change)
    watch.goes(minutes=2)

    assert look(cleared) == [SUSPECTED]
    assert row(cleared).due == {}


@pytest.mark.parametrize("state", ["arriving", "cleared", "leaving"])
def test_a_visit_of_before_there_were_timers_runs_out_too(cleared, watch, state) -> None:
    """As code of before left it, and as the migration mends it: by its books (C.34)."""
    name = "services.field_visit.migrations.versions.0013_told_and_posted"
    mend = text(import_module(name).RUN_OUT)
    before = {"due": {}, "look_at": None, "state": state}
    change = update(visit_table).where(visit_table.c.id == cleared.visit).values(before)
    cleared.hears.connection.execute(change)
    for _ in range(2):
        cleared.hears.connection.execute(mend)
    watch.now = row(cleared).not_after
    assert look(cleared) == []
    assert row(cleared).look_at == watch.now + timedelta(hours=4)
    watch.goes(hours=4)

    assert look(cleared) == [LEFT]
    assert row(cleared).state == VisitState.CLOSED


def test_a_visit_that_cannot_be_looked_at_holds_up_no_other(
    unit, watch, monkeypatch
) -> None:
    broken, sound = (Pair(unit, watch) for _ in range(2))
    for each in (broken, sound):
        each.check_in(each.a, each.b)
    watch.goes(minutes=11)

    def look_for_anybody(visit, its):
        timers.look_for_anybody(visit, its)
        if visit.id == broken.visit:
            its.connection.execute(text("SELECT 1 / 0"))

    its = unit("field_visit")
    with monkeypatch.context() as patched:
        patched.setattr(timers, "LOOKS", {**timers.LOOKS, Due.MET: look_for_anybody})
        handlers.look_around(LookAround(), its)
    its.settle()

    assert [each.data["visit_id"] for each in its.said] == [str(sound.visit)]
    assert "met" in row(broken).due
    assert row(broken).look_at == watch.now + timedelta(minutes=5)
    watch.goes(minutes=5)
    assert look(broken) == [SUSPECTED]


def test_a_visit_that_ended_by_a_call_before_it_began_runs_out_as_well(pair, watch) -> None:
    order = {"visit_id": pair.visit, "help_id": ids.new(), "at": watch.now}
    command = SummonHelp(**order, device_id=pair.a.device_id)
    pair.does(handlers.summon_help, command)
    watch.goes(days=3)

    assert look(pair) == [LEFT]
    assert row(pair).state == VisitState.CLOSED
