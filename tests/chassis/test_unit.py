"""One message: rows, events and their numbers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import (
    Column,
    Engine,
    Identity,
    Integer,
    MetaData,
    Numeric,
    Table,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis import tables
from chassis.errors import Conflict
from chassis.unit import Unit
from proto import ids
from proto.housekeeping import KeepHouse
from proto.workforce import RegisterAgencies, Registered
from tests.chassis.acting import SERVICE, carry_out, numbers, order, standing


def say_twice(command: RegisterAgencies, unit: Unit) -> Registered:
    subject = command.agencies[0].agency_id
    unit.emit(standing(subject, 1), subject)
    unit.emit(standing(subject, 2), subject)
    return Registered(new=2)


def test_the_events_of_a_subject_are_numbered_without_gaps(its: Engine) -> None:
    subject = ids.new()
    for _ in range(3):
        (answer,) = carry_out(its, say_twice, order(subject))
        assert answer.reply == '{"new":2,"changed":0,"same":0}'

    assert numbers(its, subject) == [1, 2, 3, 4, 5, 6]


def test_the_numbers_hold_when_many_speak_at_once(its: Engine) -> None:
    subject = ids.new()
    with ThreadPoolExecutor(8) as pool:
        each = list(
            pool.map(lambda _: carry_out(its, say_twice, order(subject)), range(40))
        )

    assert [answer for (answer,) in each if answer.reply is None] == []
    assert sorted(numbers(its, subject)) == list(range(1, 81))


def test_a_refusal_leaves_nothing_behind(its: Engine) -> None:
    subject = ids.new()

    def refuse(command: RegisterAgencies, unit: Unit) -> Registered:
        say_twice(command, unit)
        raise Conflict("device-revoked", key="k")

    (answer,) = carry_out(its, refuse, order(subject))

    assert answer.problem
    assert answer.problem.kind == "device-revoked"
    assert numbers(its, subject) == []


def test_an_error_leaves_nothing_behind_and_is_no_reply(its: Engine) -> None:
    subject = ids.new()

    def stumble(command: RegisterAgencies, unit: Unit) -> Registered:
        say_twice(command, unit)
        unit.settle()
        raise RuntimeError("the roof fell in")

    (answer,) = carry_out(its, stumble, order(subject))

    assert answer.problem
    assert (answer.problem.kind, answer.problem.status) == ("service-failed", 503)
    assert numbers(its, subject) == []


def test_a_handlers_own_mistake_is_not_the_callers(its: Engine) -> None:
    def blunder(command: RegisterAgencies, unit: Unit) -> Registered:
        return Registered.model_validate({"new": "many"})

    (answer,) = carry_out(its, blunder, order(ids.new()))

    assert answer.problem
    assert answer.problem.status == 503


def test_unknown_fields_are_refused_by_name_and_never_repeated(its: Engine) -> None:
    command = {"agencies": [], "secret": "6222020000001234"}

    (answer,) = carry_out(its, say_twice, order(ids.new(), command=command))

    assert answer.problem
    pointers = [each.pointer for each in answer.problem.details]
    assert sorted(pointers) == ["/agencies", "/secret"]
    assert "6222020000001234" not in answer.model_dump_json()


THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, Identity()),
    Column("amount", Numeric(14, 2)),
    Column("people", ARRAY(Uuid)),
    Column("body", JSONB),
)


def test_rows_of_every_kind_arrive_as_they_were_written_and_in_order(its: Engine) -> None:
    first, second = ids.new(), ids.new()
    with its.connect() as connection:
        THING.create(connection)
        unit = Unit(connection, SERVICE, "test", "t")
        values = {"amount": Decimal("12345678901.23"), "people": [first, second]}
        unit.write(THING, id=second, **values, body={"欠款": "100% '$1' \\ \"x\""})
        unit.write(THING, id=first, **values, body=None)
        unit.change(THING, first, amount=Decimal("0.10"))
        unit.settle()
        unit.change(THING, second, body=[1], people=[])
        unit.settle()
        rows = connection.execute(select(THING).order_by(THING.c.number)).all()
        connection.rollback()

    assert [tuple(row) for row in rows] == [
        (second, 1, Decimal("12345678901.23"), [], [1]),
        (first, 2, Decimal("0.10"), [first, second], None),
    ]


def test_what_is_due_later_stands_in_no_order(its: Engine) -> None:
    subject = ids.new()
    with its.begin() as connection:
        unit = Unit(connection, SERVICE, "test", "t")
        unit.emit(standing(subject), subject)
        unit.later(datetime(2026, 3, 2, tzinfo=UTC), KeepHouse(), subject)
        unit.emit(standing(subject), subject)
        unit.settle()
        table = tables.outbox
        query = select(table.c.sequence, table.c.due_at.is_not(None)).where(
            table.c.subject == str(subject)
        )
        found = [tuple(row) for row in connection.execute(query.order_by(table.c.id))]
        connection.rollback()

    assert found == [(1, False), (None, True), (2, False)]
