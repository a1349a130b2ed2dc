"""What a service told itself to do is carried out once, or refused once."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from chassis import effects, later, tables
from chassis.errors import Conflict, Unavailable
from chassis.operations import Operation, only
from chassis.unit import Unit, due, later_topic
from proto import ids
from proto.base import Envelope
from proto.workforce import RegisterAgencies, Registered
from tests.chassis.acting import SERVICE, empty, standing

KIND = "case-not-worked"
OPERATION = RegisterAgencies.operation()
Handler = Callable[[RegisterAgencies, Unit], Registered]


@pytest.fixture(autouse=True)
def nothing_waits(its: Engine) -> None:
    empty(its, "held_back", "outbox")


def told_itself(its: Engine, subject: UUID, handle: Handler) -> None:
    """Let an order come that the service gave itself, and do this about it."""
    entry: Any = {"agency_id": subject, "code": "c", "name": "n"}
    with its.connect() as connection:
        unit = Unit(connection, SERVICE, "test", "t")
        command = RegisterAgencies(agencies=(entry,))
        row = due(
            SERVICE, command, subject, unit.now, said_at=unit.now, by="test", trace="t"
        )
    envelope = row["envelope"]
    assert isinstance(envelope, Envelope)
    effect = later.effect(Operation(RegisterAgencies, handle, only()))
    doing = {later_topic(SERVICE, OPERATION): effect}
    effects.hear(its, SERVICE, "normal", doing, [envelope])


def waiting(its: Engine) -> int:
    with its.connect() as connection:
        return len(connection.execute(select(tables.held_back.c.event_id)).all())


def said(its: Engine) -> int:
    with its.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM outbox")) or 0)


def test_what_is_refused_is_noted_and_done(
    its: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def refuse(command: RegisterAgencies, unit: Unit) -> Registered:
        unit.emit(standing(command.agencies[0].agency_id), command.agencies[0].agency_id)
        raise Conflict(KIND)

    told_itself(its, ids.new(), refuse)

    assert (waiting(its), said(its)) == (0, 0)
    noted = [getattr(record, "fields", {}) for record in caplog.records]
    assert [each["message"] for each in noted if each.get("outcome") == KIND] == [OPERATION]


def test_what_cannot_be_done_now_is_tried_again(its: Engine) -> None:
    def away(command: RegisterAgencies, unit: Unit) -> Registered:
        raise Unavailable("source-stale")

    told_itself(its, ids.new(), away)

    assert waiting(its) == 1
