"""What a visit grant says: whose phones, which keys, until when."""

from datetime import timedelta

import pytest

from chassis.errors import Conflict, NotFound
from proto import ids
from proto.base import Role
from proto.grants import GrantedPhone, GrantVisit
from proto.workforce import DeviceState
from services.field_visit import handlers
from tests.acting import Phone
from tests.services.conftest import NOON
from tests.services.pairs import Pair


@pytest.fixture
def pair(unit, watch) -> Pair:
    pair = Pair(unit, watch)
    for phone in (pair.a, pair.b):
        hear(pair, pair.device_standing(phone))
    return pair


def hear(pair: Pair, standing) -> None:
    unit = pair.open("field_visit")
    unit.keep(standing)
    handlers.note_phone(standing, unit)
    unit.settle()


def grant(pair: Pair, phone: Phone | None = None):
    command = GrantVisit(visit_id=pair.visit)
    return pair.does(handlers.grant_visit, command, phone)


def granted(phone: Phone) -> GrantedPhone:
    return GrantedPhone(
        device_id=phone.device_id,
        collector_id=phone.person_id,
        public_key=phone.public_key,
    )


def in_order(*phones: GrantedPhone) -> tuple[GrantedPhone, ...]:
    return tuple(sorted(phones, key=lambda each: each.device_id))


def test_a_grant_names_the_pairs_phones_until_a_day_after_the_plan(pair) -> None:
    found = grant(pair)

    assert (found.visit_id, found.case_id) == (pair.visit, pair.case)
    assert found.collectors == (pair.a.person_id, pair.b.person_id)
    assert in_order(*found.phones) == in_order(granted(pair.a), granted(pair.b))
    assert found.good_until == NOON + timedelta(hours=12 + 24)
    assert found.good(pair.watch.now)
    assert not found.good(found.good_until)


def test_a_phone_that_was_revoked_or_has_no_key_is_not_in_it(pair) -> None:
    spare = Phone(pair.b.person_id)
    bare = {"state": DeviceState.REGISTERED, "public_key": None}
    hear(pair, pair.device_standing(spare, **bare))
    hear(pair, pair.device_standing(pair.a, version=2, state=DeviceState.REVOKED))

    assert grant(pair).phones == (granted(pair.b),)


def test_a_second_phone_of_a_collector_is_in_it_and_one_given_away_is_not(pair) -> None:
    spare, stranger = Phone(pair.b.person_id), ids.new()
    hear(pair, pair.device_standing(spare))
    hear(pair, pair.device_standing(pair.a, version=2, person_id=stranger))

    assert in_order(*grant(pair).phones) == in_order(granted(pair.b), granted(spare))


def test_nobody_but_the_pair_gets_one(pair) -> None:
    with pytest.raises(NotFound):
        grant(pair, Phone(ids.new()))
    unit = pair.open("field_visit", Role.PHONE_COLLECTOR, pair.agency, pair.a.person_id)
    with pytest.raises(NotFound):
        handlers.grant_visit(GrantVisit(visit_id=pair.visit), unit)


def test_a_visit_that_is_over_gets_none(pair) -> None:
    pair.watch.is_set((NOON + timedelta(hours=35)).isoformat())
    assert grant(pair).phones
    pair.watch.goes(hours=1)
    with pytest.raises(Conflict, match="grant-too-late"):
        grant(pair)
    pair.watch.is_set(NOON.isoformat())
    pair.check_in(pair.a, pair.b)
    pair.check_out()
    with pytest.raises(Conflict, match="visit-closed"):
        grant(pair)
