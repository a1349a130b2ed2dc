"""A line of events never stops: what cannot be read or stored is put aside."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update

from chassis import held, intake, tables
from chassis.database import engine
from chassis.effects import DatabaseAway, Effect, Effects
from chassis.intake import Arrival
from chassis.topology import Lane
from proto import ids
from proto.base import Envelope
from proto.workforce import AgencyStanding
from tests.chassis.acting import SERVICE, empty, envelope, kept, standing

KEEP: Effects = {AgencyStanding.topic(): Effect(AgencyStanding, keeps=True)}
CARD = "6222020000001234"


@pytest.fixture(autouse=True)
def nothing_held_back(its: Engine, emptied: object) -> None:
    empty(its, "held_back")


@pytest.fixture
def line(its: Engine, database_url: str) -> Iterator[Engine]:
    """The engine of a service's line, on the driver that it has under eventlet."""
    found = engine(database_url, SERVICE, green=True, pool=1)
    yield found
    found.dispose()


def store(line: Engine, *batch: Arrival, lane: Lane = "normal") -> None:
    intake.store(line, SERVICE, lane, KEEP, batch)


def message(body: bytes) -> Arrival:
    return Arrival(json.loads(body), body, AgencyStanding.topic())


def sent(event: Envelope, **but: Any) -> Arrival:
    said = event.model_dump(mode="json") | but
    return message(json.dumps(said).encode())


def aside(its: Engine) -> list[tuple[str, str]]:
    """What was put aside: topic and lane."""
    table = tables.held_back
    query = select(table.c.topic, table.c.lane).where(table.c.raw.is_not(None))
    with its.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize("bad", ["\0", "\ud800", "x\udfff"])
@pytest.mark.parametrize("where", ["subject", "data", "name", "by", "trace", "type"])
def test_text_that_no_database_keeps_is_put_aside_and_the_line_goes_on(
    line: Engine, its: Engine, where: str, bad: str
) -> None:
    one, other = envelope(standing(ids.new())), envelope(standing(ids.new()))
    values = {
        "data": {"data": one.data | {"code": CARD + bad}},
        "name": {"data": one.data | {bad: 1}},
    }

    store(line, sent(one, **values.get(where, {where: CARD + bad})), sent(other))

    assert aside(its) == [(AgencyStanding.topic(), "normal")]
    assert kept(its, UUID(other.subject)) == 1


@pytest.mark.parametrize("bad", [b"NaN", b"1e999", b"[" * 500 + b"]" * 500])
def test_a_number_or_a_depth_that_no_database_keeps_is_put_aside(
    line: Engine, its: Engine, bad: bytes
) -> None:
    one = envelope(standing(ids.new()), data={"agency_id": "no id", "extra": 4711})
    body = one.model_dump_json().encode().replace(b"4711", bad)

    store(line, message(body))

    assert len(aside(its)) == 1


def test_an_event_that_no_row_can_hold_is_put_aside_and_others_flow(
    line: Engine, its: Engine
) -> None:
    """Its subject is longer than an index takes."""
    long = "".join(ids.new().hex for _ in range(1000))
    one = envelope(standing(ids.new()), subject=long, data={})
    other = envelope(standing(ids.new()))

    store(line, sent(one), sent(other))

    assert len(aside(its)) == 1
    assert kept(its, UUID(other.subject)) == 1


def test_what_is_put_aside_again_and_again_is_kept_once(
    line: Engine, its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away after the first row, and the batch comes again."""
    unreadable, good = message(b'{"name": 1}'), sent(envelope(standing(ids.new())))

    def away(*_: object) -> None:
        raise DatabaseAway("OperationalError")

    with monkeypatch.context() as hurt:
        hurt.setattr(intake, "hear", away)
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                store(line, unreadable, good)
    store(line, unreadable, good)
    assert len(aside(its)) == 1

    store(line, unreadable, message(b'{"name": 2}'), lane="urgent")
    assert len(aside(its)) == 3


def test_what_a_person_has_discarded_stays_so_when_it_comes_again(
    line: Engine, its: Engine
) -> None:
    store(line, message(b'{"name": 1}'))
    with its.begin() as connection:
        now = envelope(standing(ids.new())).time
        connection.execute(update(tables.held_back).values(discarded_at=now))

    store(line, message(b'{"name": 1}'))

    with its.connect() as connection:
        query = select(tables.held_back.c.event_id).where(tables.OPEN)
        assert connection.execute(query).all() == []


@pytest.mark.parametrize("topic", ["a\0b", "a\ud800b"])
def test_a_routing_key_that_no_database_keeps_is_kept_in_part(
    its: Engine, topic: str
) -> None:
    held.put_aside(its, SERVICE, "normal", b"1", topic)

    assert aside(its) == [("a?b", "normal")]
