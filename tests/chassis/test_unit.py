"""One message, one transaction: rows, events and their numbers."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, select

from chassis import handling, tables
from chassis.database import engine
from chassis.errors import Conflict
from chassis.unit import Unit
from proto import ids
from proto.base import Asker, Envelope, Order, Role
from proto.workforce import AgencyStanding, RegisterAgencies, Registered

SERVICE = "recovery"  # any schema: these tests bring their own handlers


@pytest.fixture
def its(environment: None, database_url: str) -> Engine:
    return engine(database_url, SERVICE, pool=0)


def standing(agency_id: UUID, version: int = 1) -> AgencyStanding:
    return AgencyStanding(agency_id=agency_id, code="c", active=True, version=version)


def order(agency_id: UUID) -> dict[str, object]:
    entry = {"agency_id": str(agency_id), "code": "c", "name": "n"}
    asker = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)
    return Order(command={"agencies": [entry]}, asker=asker, trace="t").model_dump(
        mode="json"
    )


def numbers(its: Engine, subject: UUID) -> list[int]:
    table = tables.outbox
    query = select(table.c.sequence).where(table.c.subject == str(subject))
    with its.connect() as connection:
        return list(connection.scalars(query.order_by(table.c.id)))


def say_twice(command: RegisterAgencies, unit: Unit) -> Registered:
    subject = command.agencies[0].agency_id
    unit.emit(standing(subject, 1), subject)
    unit.emit(standing(subject, 2), subject)
    return Registered(new=2)


def test_the_events_of_a_subject_are_numbered_without_gaps(its: Engine) -> None:
    subject = ids.new()
    for _ in range(3):
        answer = handling.answer(its, SERVICE, RegisterAgencies, say_twice, order(subject))
        assert answer == {"reply": {"new": 2, "changed": 0, "same": 0}}

    assert numbers(its, subject) == [1, 2, 3, 4, 5, 6]


def test_the_numbers_hold_when_many_speak_at_once(its: Engine) -> None:
    subject = ids.new()

    def one(_: int) -> object:
        return handling.answer(its, SERVICE, RegisterAgencies, say_twice, order(subject))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(40)))

    assert [answer for answer in answers if "reply" not in answer] == []
    assert sorted(numbers(its, subject)) == list(range(1, 81))


def test_a_refusal_leaves_nothing_behind(its: Engine) -> None:
    subject = ids.new()

    def refuse(command: RegisterAgencies, unit: Unit) -> Registered:
        say_twice(command, unit)
        raise Conflict("device-revoked", key="k")

    answer = handling.answer(its, SERVICE, RegisterAgencies, refuse, order(subject))

    assert answer["problem"]["kind"] == "device-revoked"
    assert numbers(its, subject) == []


def test_an_error_leaves_nothing_behind_and_is_not_an_answer(its: Engine) -> None:
    subject = ids.new()

    def stumble(command: RegisterAgencies, unit: Unit) -> Registered:
        say_twice(command, unit)
        unit.settle()
        raise RuntimeError("the roof fell in")

    with pytest.raises(RuntimeError):
        handling.answer(its, SERVICE, RegisterAgencies, stumble, order(subject))

    assert numbers(its, subject) == []


def test_a_handlers_own_mistake_is_not_the_callers(its: Engine) -> None:
    def blunder(command: RegisterAgencies, unit: Unit) -> Registered:
        return Registered.model_validate({"new": "many"})

    with pytest.raises(ValidationError):
        handling.answer(its, SERVICE, RegisterAgencies, blunder, order(ids.new()))


def test_unknown_fields_are_refused_by_name_and_never_repeated(its: Engine) -> None:
    body = order(ids.new())
    body["command"] = {"agencies": [], "secret": "6222020000001234"}

    answer = handling.answer(its, SERVICE, RegisterAgencies, say_twice, body)

    pointers = [each["pointer"] for each in answer["problem"]["details"]]
    assert sorted(pointers) == ["/agencies", "/secret"]
    assert "6222020000001234" not in json.dumps(answer)


def envelope(event: AgencyStanding) -> Envelope:
    return Envelope(
        source="doorstep/workforce",
        type=event.topic(),
        subject=str(event.agency_id),
        time="2026-03-02T12:00:00Z",
        by="test",
        trace="t",
        data=event.model_dump(mode="json"),
    )


KEEP: handling.Effects = {AgencyStanding.topic(): (AgencyStanding, handling.keep)}


def kept(its: Engine, agency_id: UUID) -> int | None:
    with its.connect() as connection:
        unit = Unit(connection, SERVICE, "test", "t")
        found = unit.kept_all(AgencyStanding, [agency_id]).get(agency_id)
    return found.version if found else None


def test_an_event_takes_effect_once(its: Engine) -> None:
    one = envelope(standing(ids.new()))

    assert handling.apply(its, SERVICE, KEEP, one) is True
    assert handling.apply(its, SERVICE, KEEP, one) is False


def test_an_older_standing_never_replaces_a_newer_one(its: Engine) -> None:
    agency_id = ids.new()
    for version in (1, 3, 2):
        handling.apply(its, SERVICE, KEEP, envelope(standing(agency_id, version)))

    assert kept(its, agency_id) == 3


def test_an_effect_that_fails_leaves_no_inbox_row(its: Engine) -> None:
    one, fails = envelope(standing(ids.new())), [True]

    def stumble_once(event: AgencyStanding, unit: Unit) -> None:
        if fails.pop() if fails else False:
            raise RuntimeError("the roof fell in")
        handling.keep(event, unit)

    effects: handling.Effects = {AgencyStanding.topic(): (AgencyStanding, stumble_once)}
    with pytest.raises(RuntimeError):
        handling.apply(its, SERVICE, effects, one)

    assert handling.apply(its, SERVICE, effects, one) is True
    assert kept(its, UUID(one.subject)) == 1
