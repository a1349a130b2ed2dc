"""The day's pack: what is in it, for whom, and that its answers are the rulebook's."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import rulebook
from chassis import topology
from chassis.errors import Forbidden, Unavailable
from chassis.shared import Shared
from proto import ids
from proto.base import Role
from proto.canonical import canonical
from proto.complaints import WorkStanding
from proto.decision import Outcome
from proto.dispatch import CaseState, ContactPlan, HoldReason, PaperEntry, Place
from proto.facts import Disputed, Hardship
from proto.pack import CollectPack, Deed, Lack, Met, Pack
from services.field_visit import handlers, store
from services.field_visit.handlers import expecting, foretelling
from tests.acting import BOOKS, DOOR, MAINLAND, Phone
from tests.services.conftest import NOON
from tests.services.pairs import CONSENT, REASON, RECORDING, THE_DEBTOR, Pair, judged

PAPER = PaperEntry(paper_id=ids.new(), template="REMINDER-1", how="letterbox")


@pytest.fixture
def pair(unit, watch) -> Pair:
    return known(Pair(unit, watch, MAINLAND))


def known(pair: Pair) -> Pair:
    for phone in (pair.a, pair.b):
        handlers.note_phone(pair.device_standing(phone), pair.open("field_visit"))
    return pair


def pack_of(pair: Pair, phone: Phone | None = None) -> Pack:
    phone = phone or pair.a
    command = CollectPack(device_id=phone.device_id)
    return pair.does(handlers.collect_pack, command, phone).pack


def said(pack: Pack, deed: Deed, met: Met, second: int, visit: int = 0):
    """The answer in a table, looked up as a phone does."""
    table = pack.tables[pack.visits[visit].table]
    (row,) = [row for row in table.rows[deed] if met in row.met]
    number = [answer for start, answer in row.turns if start <= second][-1]
    answer = pack.answers[number]
    return answer.outcome, list(answer.clauses)


def second_of(clock: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60


def test_a_visit_is_packed_with_all_that_its_door_needs_and_no_more(pair) -> None:
    pack = pack_of(pair)

    (visit,) = pack.visits
    assert (visit.visit_id, visit.badge) == (pair.visit, pair.badge)
    assert visit.sheet.debtor_name == "陈建国"
    assert visit.point.model_dump(mode="json") == DOOR | {"datum": "wgs84"}
    assert visit.letter.model_dump(mode="json") == {
        "number": "SQ-1",
        "agency": "a",
        "staff_numbers": ["1", "1"],
        "valid_from": "2026-03-02",
        "valid_until": "2026-03-02",
    }
    assert (visit.special, visit.cash, visit.paper, visit.place_class) == (
        *(False, None, None),
        "home",
    )
    assert {phone.device_id for phone in pack.phones} == set(visit.pairing.phones)
    assert set(visit.pairing.phones) == {pair.a.device_id, pair.b.device_id}
    assert set(pack.scripts) >= {"door.introduce", "door.leave"}
    assert set(pack.scripts["door.leave"]) == {"en", "zh-CN"}
    assert pack.withdrawn == ()


def test_it_is_good_until_the_day_ends_at_the_door_or_for_twelve_hours(pair) -> None:
    assert pack_of(pair).good_until == datetime(2026, 3, 2, 16, tzinfo=UTC)
    pair.watch.is_set("2026-03-02T07:00:00+08:00")
    pack = pack_of(pair)
    assert pack.good_until == pack.made_at + timedelta(hours=12)


def test_only_todays_visits_that_are_not_over_are_in_it(pair, unit, watch) -> None:
    late = NOON + timedelta(hours=11, minutes=59)
    watch.is_set(late.isoformat())
    assert [each.visit_id for each in pack_of(pair).visits] == [pair.visit]
    watch.goes(minutes=2)
    tomorrow = pack_of(pair)
    assert (tomorrow.visits, tomorrow.withdrawn) == ((), ())


def test_nobody_elses_phone_gets_it(pair) -> None:
    with pytest.raises(Forbidden, match="device-not-yours"):
        pair.does(handlers.collect_pack, CollectPack(device_id=pair.b.device_id), pair.a)
    with pytest.raises(Forbidden, match="device-not-yours"):
        pair.does(handlers.collect_pack, CollectPack(device_id=ids.new()), pair.a)
    pair.hear(pair.device_standing(pair.a, version=2, state="revoked"))
    with pytest.raises(Forbidden, match="device-revoked"):
        pack_of(pair)
    supervisor = pair.open("field_visit", Role.SUPERVISOR, pair.agency)
    with pytest.raises(Forbidden):
        handlers.collect_pack(CollectPack(device_id=pair.b.device_id), supervisor)


def test_there_is_none_while_a_hold_may_be_on_its_way(pair, monkeypatch) -> None:
    """A phone would go by it for hours."""
    silent = dict.fromkeys(topology.SERVICES, pair.watch.now) | {
        "dispatch": pair.watch.now - timedelta(seconds=5)
    }
    monkeypatch.setattr(Shared, "ticked", property(lambda _: silent))
    with pytest.raises(Unavailable, match="source-stale"):
        pack_of(pair)


def test_a_visit_of_which_something_is_held_back_is_withdrawn_and_no_other(
    pair, unit, watch, monkeypatch
) -> None:
    other = Pair(unit, watch, MAINLAND)
    hand_over(other, pair)
    held = {str(other.case)}
    fetch = Shared.fetch

    def and_hold(shared: Shared, orders=()) -> None:
        fetch(shared, orders)
        shared.held |= held

    monkeypatch.setattr(Shared, "fetch", and_hold)
    pack = pack_of(pair)

    assert [each.visit_id for each in pack.visits] == [pair.visit]
    assert pack.withdrawn == (other.visit,)


def test_a_collector_of_another_pair_finds_an_empty_day(pair, unit, watch) -> None:
    other = known(Pair(unit, watch))
    assert [each.visit_id for each in pack_of(other).visits] == [other.visit]
    stranger = Phone(ids.new())
    for standing in (other.person_standing(stranger), other.device_standing(stranger)):
        other.hear(standing)
    found = pack_of(other, stranger)
    assert (found.visits, found.withdrawn, found.phones) == ((), (), ())


def withdrawn_pack(pair: Pair) -> dict:
    pack = pack_of(pair).model_dump(mode="json")
    for name in ("made_at", "good_until", "anchor", "device_id", "person_id"):
        del pack[name]
    return pack


def test_a_held_case_is_withdrawn_and_nothing_else_whatever_the_reason(unit, watch) -> None:
    """Dispatch publishes a state and no reason; of every one the pack says the same."""
    told = []
    for version, _ in enumerate(HoldReason, 2):
        pair = known(Pair(unit, watch))
        special = version % 2 == 0
        pair.hear(pair.case_standing(version, state=CaseState.HELD, special=special))
        pack = withdrawn_pack(pair)
        assert pack.pop("withdrawn") == [str(pair.visit)]
        told.append(json.dumps(pack))
    for state in (CaseState.RECALLED, CaseState.PAID_OFF):
        pair = known(Pair(unit, watch))
        pair.hear(pair.case_standing(2, state=state))
        assert withdrawn_pack(pair).pop("withdrawn") == [str(pair.visit)]
    pair = known(Pair(unit, watch))
    pair.hear(WorkStanding(case_id=pair.case, suspended=True, version=1))
    pack = withdrawn_pack(pair)
    assert pack.pop("withdrawn") == [str(pair.visit)]
    told.append(json.dumps(pack))
    assert len(set(told)) == 1
    assert pack["visits"] == []


def test_of_special_circumstances_it_says_special(pair) -> None:
    plan = ContactPlan(opens="14:00", closes="16:00", until=NOON.date())
    pair.hear(pair.case_standing(2, special=True, plan=plan))

    pack = pack_of(pair)

    (visit,) = pack.visits
    assert visit.special
    at = (said(pack, Deed.CHECK_IN, Met.NOBODY, second_of(c)) for c in ("13:59", "14:00"))
    assert list(at) == [(Outcome.STOP, ["4.21", "4.22"]), (Outcome.PROCEED, [])]
    assert said(pack, Deed.CHECK_IN, Met.NOBODY, second_of("15:31"))[0] == Outcome.STOP
    written = pack.model_dump_json(exclude={"scripts"})
    reasons = {*map(str, Hardship), *map(str, HoldReason)} - {"special_circumstances"}
    assert [each for each in reasons if each in written] == []
    assert "special_circumstances" not in written


def test_a_workplace_is_closed_without_a_plan(pair) -> None:
    place = Place(**DOOR, place_class="workplace").model_dump_json()
    sealed = pair.hears.keyring.seal(pair.case, "visit.place", place)
    table = store.packed.visit_table
    change = table.update().where(table.c.id == pair.visit)
    pair.hears.connection.execute(change.values(place=sealed.model_dump(mode="json")))

    pack = pack_of(pair)

    assert pack.visits[0].place_class == "workplace"
    assert "place_class" not in pack.visits[0].point.model_dump()
    assert said(pack, Deed.CHECK_IN, Met.NOBODY, second_of("12:00"))[0] == Outcome.STOP
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.21", "4.22"])


def test_cash_is_packed_while_the_leave_lives_and_is_asked_live(pair) -> None:
    pair.hears_of(pair.cash())
    pack = pack_of(pair)

    assert pack.visits[0].cash.model_dump(mode="json") == {
        "authority_id": str(pair.authority),
        "cap": "5000.00",
        "currency": "CNY",
        "good_until": "2026-03-02T12:00:00Z",
    }
    assert pack.live == (Deed.ASK_THIRD_PARTY, Deed.COLLECT_CASH)
    times = [second_of("19:59"), second_of("20:00")]
    outcomes = [said(pack, Deed.COLLECT_CASH, Met.DEBTOR, each)[0] for each in times]
    assert outcomes == [Outcome.PROCEED, Outcome.STOP]
    assert "limited_mobility" not in pack.model_dump_json(include={"visits"})
    pair.hears_of(pair.cash(version=2, state="revoked"))
    assert pack_of(pair).visits[0].cash is None


def test_what_the_pack_says_is_what_the_service_answers_at_that_hour(pair) -> None:
    """Both are asked: the pack of the morning, and the handlers at the door."""
    pack = pack_of(pair)
    noon = (pair.watch.now - pack.days["Asia/Shanghai"].begins_at).seconds

    live = [
        judged(pair.check_in(pair.a, pair.b)),
        judged(pair.may_talk(RECORDING, *THE_DEBTOR[:2])),
        judged(pair.may_talk(THE_DEBTOR[2])),
        judged(pair.may_enter(CONSENT)),
        judged(pair.may_give("in_person")),
        judged(pair.may_take("100.00")),
    ]

    expected = [
        said(pack, Deed.CHECK_IN, Met.NOBODY, noon),
        said(pack, Deed.DISCUSS_DEBT, Met.NOT_IDENTIFIED, noon),
        said(pack, Deed.DISCUSS_DEBT, Met.DEBTOR, noon),
        said(pack, Deed.ENTER_PREMISES, Met.DEBTOR, noon),
        said(pack, Deed.HAND_OVER_LETTER, Met.DEBTOR, noon),
        said(pack, Deed.COLLECT_CASH, Met.DEBTOR, noon),
    ]
    assert live[0] == expected[0] == (Outcome.PROCEED, [])
    assert live[2:4] == [(Outcome.PROCEED, [])] * 2
    assert live == expected
    assert REASON in pack.tables[0].reasons


def test_what_was_said_at_the_door_already_is_in_the_next_pack(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(Disputed(claim="already_paid"))

    outcome, clauses = said(
        pack_of(pair), Deed.DISCUSS_DEBT, Met.DEBTOR, second_of("13:00")
    )
    assert (outcome, clauses) == (Outcome.STOP, ["4.12", "4.13"])


def test_what_is_taken_for_granted_is_named_with_what_it_would_mean(pair) -> None:
    pack = pack_of(pair)
    lacking = pack.tables[0].lacking

    def means(deed: Deed, lack: Lack):
        answer = pack.answers[lacking[deed][lack]]
        return answer.outcome, answer.clauses

    assert means(Deed.CHECK_IN, Lack.PARTNER) == (Outcome.WAIT, ("4.27",))
    assert set(lacking[Deed.CHECK_IN]) == {Lack.PARTNER, Lack.SHIFT}
    talk = {
        Lack.PARTNER,
        Lack.SHIFT,
        Lack.RECORDING,
        Lack.INTRODUCTION,
        Lack.LETTER,
        Lack.BADGE,
    }
    assert set(lacking[Deed.DISCUSS_DEBT]) == talk
    assert set(lacking[Deed.ENTER_PREMISES]) == talk | {
        *(Lack.CONSENT, Lack.REASON, Lack.PEACE)
    }
    assert Lack.LEAVE_TO_ASK in lacking[Deed.ASK_THIRD_PARTY]
    assert "4.18" in means(Deed.ASK_THIRD_PARTY, Lack.LEAVE_TO_ASK)[1]


def test_in_a_second_that_it_changes_in_the_stricter_answer_is_given(pair) -> None:
    until = NOON.replace(hour=15, second=30, microsecond=500_000)
    pair.hears_of(pair.cash(good_until=until))

    pack = pack_of(pair)

    start = second_of("15:00")
    seconds = [start + 29, start + 30, start + 31]
    outcomes = [said(pack, Deed.COLLECT_CASH, Met.DEBTOR, each)[0] for each in seconds]
    assert outcomes == [Outcome.PROCEED, Outcome.STOP, Outcome.STOP]


def test_thirty_visits_weigh_little_and_share_their_tables(unit, watch) -> None:
    first = known(Pair(unit, watch, MAINLAND))
    for _ in range(29):
        hand_over(Pair(unit, watch, MAINLAND), first)

    pack = pack_of(first)

    assert len(pack.visits) == 30
    assert len(pack.tables) == 1
    content = canonical(pack.model_dump(mode="json", exclude_none=True))
    assert len(gzip.compress(content)) < 16_000  # without the grants, which are signed


def hand_over(visit: Pair, to: Pair) -> None:
    """Make a visit one of another pair's, and its case one of their agency's."""
    table = store.packed.visit_table
    theirs = {
        "collectors": [to.a.person_id, to.b.person_id],
        "letter_id": to.letter,
        "agency_id": to.agency,
    }
    to.hears.connection.execute(
        table.update().where(table.c.id == visit.visit).values(theirs)
    )
    visit.hear(visit.case_standing(2, agency_id=to.agency))


# At each minute of the day the table says what `judge` would.


def agrees(pair: Pair, unit, zone: str = "Asia/Shanghai", step: int = 60) -> None:
    """Hold every answer against `judge`, at each minute and a second before it."""
    pack = pack_of(pair)
    (visit,) = store.planned_around(unit.connection, pair.a.person_id, unit.now)
    store.give_codes(unit.connection, [visit])
    day = foretelling.day_of(visit, unit.now)
    length = foretelling.begins(day.on + timedelta(days=1), zone) - day.begins_at
    over = int(length.total_seconds())  # from here on it says nothing
    edge = {second for second in edges(pack) if second < over}
    for second in sorted({*range(0, over, step), *edge}):
        at = day.begins_at + timedelta(seconds=second)
        unit.connection.execute(text("SELECT 1"))  # it may not idle for long
        known_then = expecting.at_the_door(visit, at, unit)
        for deed in Deed:
            facts = expecting.expected(visit, deed, known_then, at, unit)
            for met, change in expecting.MET.items():
                verdict = rulebook.judge(
                    deed.act, replace(facts, **change), visit.books, day.on
                )
                clauses = list(dict.fromkeys(r.clause for r in verdict.reasons))
                assert said(pack, deed, met, second) == (verdict.outcome, clauses), (
                    *(deed, met, at.astimezone(ZoneInfo(zone))),
                )


def edges(pack: Pack) -> set[int]:
    """The seconds around every turn."""
    turns = {
        second
        for table in pack.tables
        for rows in table.rows.values()
        for row in rows
        for second, _ in row.turns
    }
    return {each + more for each in turns for more in (-1, 0, 1) if each + more >= 0}


@pytest.mark.parametrize("books", [BOOKS, MAINLAND, ("CN-PLEDGE",), ()], ids=str)
def test_at_each_minute_of_the_day_it_is_what_judge_says(unit, watch, books) -> None:
    pair = known(Pair(unit, watch, books))
    one = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    if not books:
        pack_of(pair)
    agrees(pair, one, step=60 * 15)


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-03-29T12:00:00+02:00", 23), ("2026-10-25T12:00:00+01:00", 25)],
    ids=["put forward", "put back"],
)
def test_so_it_is_on_a_day_on_which_the_clocks_are_changed(unit, watch, now, hours) -> None:
    """No zone of ours does it now; China did until 1991, Taiwan until 1979."""
    watch.is_set(now)
    pair = known(Pair(unit, watch, MAINLAND))
    noon = watch.now
    opens, closes = "01:30", "02:30"  # an hour that is twice, or not at all
    plan = ContactPlan(opens=opens, closes=closes, until=noon.date())
    pair.hear(pair.case_standing(2, special=True, plan=plan))
    valid = {"valid_from": noon.date(), "valid_until": noon.date()}
    pair.hear(pair.letter_standing(2, **valid))
    table = store.packed.visit_table
    around = {
        "not_before": noon - timedelta(hours=3),
        "not_after": noon + timedelta(hours=3),
        "zone": "Europe/Berlin",
    }
    change = table.update().where(table.c.id == pair.visit).values(around)
    pair.hears.connection.execute(change)
    one = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    day = foretelling.day_of(
        store.planned_around(one.connection, pair.a.person_id, noon)[0], noon
    )
    length = foretelling.begins(day.on + timedelta(days=1), "Europe/Berlin") - day.begins_at
    assert length == timedelta(hours=hours)
    agrees(pair, one, "Europe/Berlin", step=60 * 10)


CLOCKS = st.times().map(lambda each: f"{each:%H:%M}")


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    plan=st.none() | st.tuples(CLOCKS, CLOCKS),
    cash=st.none() | st.integers(0, 12 * 3600 * 1000),
    permit=st.none() | st.integers(0, 12 * 3600 * 1000),
    books=st.sampled_from([BOOKS, MAINLAND]),
)
@example(plan=None, cash=None, permit=(12 * 3600 - 1) * 1000, books=MAINLAND)
def test_so_it_is_whatever_ends_at_whatever_moment(
    unit, watch, plan, cash, permit, books
) -> None:
    """A second in which something changes is answered as strictly as any of it."""
    watch.is_set(NOON.isoformat())
    pair = known(Pair(unit, watch, books))
    if plan:
        opens, closes = plan
        kept = ContactPlan(opens=opens, closes=closes, until=NOON.date())
        pair.hear(pair.case_standing(2, special=True, plan=kept))
    if cash is not None:
        until = NOON + timedelta(seconds=cash // 1000)
        pair.hears_of(pair.cash(good_until=until))
    if permit is not None:
        until = NOON + timedelta(seconds=permit // 1000)
        pair.hears_of(pair.permit(good_until=until))
    one = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    agrees(pair, one, step=3600)
