"""A call for help: heard whatever the visit's state, once, before all else."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.shredding import Reason, shred
from proto import ids
from proto.base import Role
from proto.field_visit import AcknowledgeHelp, Danger, HelpCalled, HelpKnown, SummonHelp
from proto.workforce import DeviceState
from services.field_visit import handlers
from services.field_visit.handlers.help import MOST_CALLS
from tests.acting import Phone
from tests.services.pairs import Pair

CALLED = "field_visit.help_called"
ACKNOWLEDGED = "field_visit.help_acknowledged"
CUT_SHORT = "field_visit.visit_cut_short"


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch)


def call(
    pair: Pair, phone: Phone | None = None, help_id=None, device=None, kind=Danger.OTHER
) -> HelpKnown:
    phone = phone or pair.a
    command = SummonHelp(
        visit_id=pair.visit,
        help_id=help_id or ids.new(),
        device_id=device or phone.device_id,
        at=pair.watch.now,
        kind=kind,
    )
    return pair.does(handlers.summon_help, command, phone)


def acknowledge(pair: Pair, help_id, role=Role.SUPERVISOR, agency=None) -> HelpKnown:
    pair.watch.goes(seconds=1)
    unit = pair.open("field_visit", role, agency or pair.agency)
    command = AcknowledgeHelp(visit_id=pair.visit, help_id=help_id)
    handlers.helper_of(command, unit)
    known = handlers.acknowledge_help(command, unit)
    unit.settle()
    pair.said = [envelope.type for envelope in unit.said]
    return known


def test_a_call_for_help_goes_before_all_else(pair) -> None:
    known = call(pair)

    assert known.acknowledged_at is None
    assert pair.said == [CALLED, CUT_SHORT]
    called = HelpCalled.model_validate(pair.events[0].data)
    assert (called.help_id, called.collector_id) == (known.help_id, pair.a.person_id)
    assert called.urgent()
    urgent = text("SELECT urgent FROM outbox WHERE envelope->>'type' = :topic")
    assert pair.hears.connection.scalar(urgent, {"topic": CALLED}) is True


def test_calling_again_is_harmless_and_told_what_is_known(pair) -> None:
    first = call(pair)
    pair.watch.goes(minutes=1)

    again = call(pair, help_id=first.help_id)

    assert (again, pair.said) == (first, [])
    seen = acknowledge(pair, first.help_id)
    told = call(pair, pair.b, help_id=first.help_id)
    assert told == seen.model_copy(update={"script": told.script})


def test_no_state_of_the_visit_refuses_it(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.check_out()

    call(pair, pair.b)

    assert pair.said == [CALLED]
    pair.watch.goes(days=3)
    call(pair)
    assert pair.said == [CALLED]


def test_a_phone_that_was_revoked_meanwhile_is_heard(pair) -> None:
    pair.hear(pair.device_standing(pair.a, version=2, state=DeviceState.REVOKED))

    call(pair)

    assert pair.said == [CALLED, CUT_SHORT]


def test_only_the_pair_calls_and_from_a_phone_of_theirs(pair) -> None:
    with pytest.raises(NotFound):
        call(pair, device=ids.new())
    with pytest.raises(NotFound):
        call(pair, Phone(ids.new()))


def test_an_id_that_is_another_visits_call_is_refused(pair, unit, watch) -> None:
    other = Pair(unit, watch)
    known = call(other)

    with pytest.raises(Conflict, match="key-known-otherwise"):
        call(pair, help_id=known.help_id)


def test_whoever_acts_second_is_told_the_same(pair) -> None:
    known = call(pair)

    first = acknowledge(pair, known.help_id)
    assert pair.said == [ACKNOWLEDGED]
    assert first.acknowledged_at == pair.watch.now
    second = acknowledge(pair, known.help_id, Role.BANK_OFFICER)

    assert (second, pair.said) == (first, [])
    assert first.acknowledged_at - first.called_at < timedelta(minutes=1)


def test_only_the_agencys_supervisor_or_the_bank_acknowledges(pair) -> None:
    known = call(pair)

    with pytest.raises(NotFound):
        acknowledge(pair, known.help_id, agency=ids.new())
    with pytest.raises(NotFound):
        acknowledge(pair, ids.new())
    for role in (Role.FIELD_COLLECTOR, Role.COMPLIANCE):
        with pytest.raises(Forbidden):
            acknowledge(pair, known.help_id, role)


@pytest.mark.parametrize("kind", [Danger.OTHER, Danger.VIOLENCE])
def test_help_is_heard_also_when_the_case_was_shredded(pair, kind) -> None:
    """What it is about cannot be sealed any more; that somebody needs help is told."""
    pair.hears.keyring.seal(pair.case, "visit.help", "x")
    shred(pair.hears.connection, pair.case, "test", Reason.ASKED)

    call(pair, kind=kind)

    assert pair.said == [CALLED, CUT_SHORT]
    assert pair.events[0].data["details"] is None


def counted(pair: Pair, query: str) -> int:
    return pair.hears.connection.scalar(text(f"SELECT count(*) FROM {query}"))


def test_calls_of_one_visit_climb_together_until_somebody_acts(pair) -> None:
    climbs = "outbox WHERE envelope->>'type' = 'later.field_visit.climb_help'"
    first = call(pair)
    second = call(pair, pair.b)
    assert (pair.said, counted(pair, climbs)) == ([CALLED], 1)

    acknowledged = acknowledge(pair, second.help_id)

    assert pair.said == [ACKNOWLEDGED, ACKNOWLEDGED]
    seen = call(pair, help_id=first.help_id)
    assert seen.acknowledged_at == acknowledged.acknowledged_at
    call(pair)  # something else, and nobody acts on it
    assert (pair.said, counted(pair, climbs)) == ([CALLED], 2)


def test_very_many_calls_are_known_as_the_one_that_is_open(pair) -> None:
    first = call(pair)
    for _ in range(MOST_CALLS + 5):
        last = call(pair)

    assert (last, pair.said) == (first, [])
    assert counted(pair, "help") == MOST_CALLS
    acknowledge(pair, first.help_id)
    assert call(pair).help_id != first.help_id
    assert pair.said == [CALLED]
