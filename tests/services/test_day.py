"""A collector's day: an order to go by, and what each visit still lacks, in words."""

import pytest

from chassis.errors import NotFound
from proto import ids
from proto.base import Role
from proto.day import Missing, ShowDay
from proto.dispatch import CaseState, Place
from proto.facts import CashHanded, Conduct, Entered, Left, MediaNoted, Recording
from services.field_visit import handlers, store
from tests.acting import DOOR, MAINLAND
from tests.services.conftest import NOON
from tests.services.pairs import INTRODUCED, RECORDING, Pair
from tests.services.test_packing import hand_over

CHECKED = Conduct(
    decent_appearance=True,
    nobody_touched=True,
    nobody_threatened=True,
    nothing_posted=True,
    nothing_taken=True,
)
STOPPED = Recording(announced=True, running=False, reason="finished")


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch, MAINLAND)


def day(pair: Pair, phone=None):
    return pair.does(handlers.show_day, ShowDay(), phone).visits


def lacks(pair: Pair, phone=None) -> list[str]:
    (visit,) = day(pair, phone)
    return [each.what.value for each in visit.missing]


def changed(pair: Pair, visit_id, **values) -> None:
    table = store.packed.visit_table
    change = table.update().where(table.c.id == visit_id).values(**values)
    pair.hears.connection.execute(change)


def test_what_is_missing_is_told_in_words_of_both_languages(pair) -> None:
    (visit,) = day(pair)

    (only,) = visit.missing
    assert only.what is Missing.NOT_CHECKED_IN
    assert only.says == {
        "zh-CN": "您尚未在此处签到",
        "en": "you have not checked in at this door",
    }


def test_it_gets_shorter_until_the_pair_may_check_out(pair) -> None:
    pair.check_in(pair.a)
    rest = ["conduct_checklist", "own_journal"]
    assert lacks(pair) == ["partner_not_checked_in", *rest]
    assert lacks(pair, pair.b) == ["not_checked_in", "conduct_checklist", "partner_journal"]
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, INTRODUCED, Entered())
    running = ["still_inside", "recording_running", "conduct_checklist"]
    assert lacks(pair) == [*running, "partner_journal"]
    pair.record(RECORDING, Left(), STOPPED, phone=pair.b)
    assert lacks(pair) == ["conduct_checklist"]
    pair.record(CHECKED)
    assert lacks(pair) == []
    pair.check_out()
    (visit,) = day(pair)
    assert (visit.state, visit.ending, visit.missing) == ("closed", "talked", ())


def test_money_without_a_receipt_and_a_file_that_never_came_are_told(pair) -> None:
    pair.hears_of(pair.cash())
    pair.check_in(pair.a, pair.b)
    photo = MediaNoted(media_id=ids.new(), media="photo", sha256="0" * 64)
    pair.record(CashHanded(amount="100.00"), photo, CHECKED)
    pair.record(INTRODUCED, phone=pair.b)
    assert lacks(pair) == ["media_not_received", "cash_without_receipt"]
    pair.hears_of(pair.cash(version=2, state="spent"))
    assert lacks(pair) == ["media_not_received"]


def test_it_goes_by_the_windows_and_then_to_the_nearest_door(unit, watch) -> None:
    first = Pair(unit, watch, MAINLAND)
    north = {"a": 0.02, "b": 0.001, "c": 0.03}
    beside = {name: Pair(unit, watch, MAINLAND) for name in north}
    for name, other in beside.items():
        hand_over(other, first)
        there = DOOR | {"latitude": DOOR["latitude"] + north[name]}
        place = Place(**there).model_dump_json(exclude={"place_class"})
        sealed = first.hears.keyring.seal(other.case, "visit.place", place)
        changed(first, other.visit, place=sealed.model_dump(mode="json"))
    for other in beside.values():
        changed(first, other.visit, not_before=NOON)

    found = day(first)

    in_order = [first.visit, *(beside[name].visit for name in "bac")]
    assert [each.visit_id for each in found] == in_order
    assert [each.distance_m for each in found] == [None, 100, 2100, 1100]


def test_what_is_withdrawn_comes_last_and_tells_nothing(unit, watch, pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.hear(pair.case_standing(2, state=CaseState.HELD))

    (visit,) = day(pair)

    assert visit.withdrawn
    assert (visit.distance_m, visit.missing, visit.ending) == (None, (), None)


def test_nobody_has_a_day_but_who_goes(pair) -> None:
    stranger = Pair(pair.open, pair.watch)
    assert [each.visit_id for each in day(stranger)] == [stranger.visit]
    supervisor = pair.open("field_visit", Role.SUPERVISOR, pair.agency)
    with pytest.raises(NotFound):
        handlers.show_day(ShowDay(), supervisor)
