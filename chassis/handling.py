"""Carry out one message: open a unit, hand over, commit. Knows no transport."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from chassis import clock, tables
from chassis.errors import Conflict, Refused, Unavailable
from chassis.logs import said
from chassis.unit import Unit
from proto.base import Command, Detail, Envelope, Event, Order, Problem, Reply, Standing

ACommand = TypeVar("ACommand", bound=Command)
AnEvent = TypeVar("AnEvent", bound=Event)
Answer = Callable[[ACommand, Unit], Reply]
Effect = Callable[[AnEvent, Unit], None]
#: What a service does about each topic.
Effects = Mapping[str, tuple[type[Event], Effect[Any]]]

#: What pydantic may tell of an error beside its type, `role` and `name` being our own.
LIMITS = (
    *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern"),
    *("expected", "expected_tags", "max_digits", "decimal_places", "whole_digits"),
    *("role", "name"),
)
#: Fields that are named before the rest is only counted; characters of a name.
MOST_DETAILS, LONGEST_PART = 5_000, 64


def answer(
    engine: Engine,
    service: str,
    kind: type[ACommand],
    handle: Answer[ACommand],
    body: Mapping[str, Any],
) -> dict[str, Any]:
    """Carry out an order in one transaction.

    Returns `{"reply": ...}`, committed, or `{"problem": ...}`, nothing written.
    """
    began, order = time.monotonic(), None
    outcome: Reply | Problem
    try:
        order = Order.model_validate(body)
        command = kind.model_validate(order.command)
    except ValidationError as error:
        outcome = malformed(error)
    else:
        outcome = carry_out(engine, service, handle, command, order)
    refused = isinstance(outcome, Problem)
    said(
        "answered",
        service=service,
        message=kind.operation(),
        outcome=outcome.kind if isinstance(outcome, Problem) else "done",
        ms=round((time.monotonic() - began) * 1000, 1),
        trace=order.trace if order else "?",
        by=str(order.asker.account_id) if order else "?",
    )
    return {"problem" if refused else "reply": outcome.model_dump(mode="json")}


def carry_out(
    engine: Engine,
    service: str,
    handle: Answer[ACommand],
    command: ACommand,
    order: Order,
) -> Reply | Problem:
    """Let a handler answer, and commit; what it refuses leaves nothing behind."""
    by = f"{order.asker.role}:{order.asker.account_id}"
    try:
        with engine.begin() as connection:
            unit = Unit(connection, service, by, order.trace, order.asker)
            reply = handle(command, unit)
            unit.settle()
            return reply
    except Refused as refusal:
        return refusal.problem()
    except IntegrityError:  # somebody else was first with the same key
        return Conflict("key-known-otherwise").problem()


def malformed(error: ValidationError) -> Problem:
    """Name each field that is wrong by its pointer, and never repeat what was sent.

    Each detail says pydantic's error type and the limits it speaks of; the sentence is
    the gateway's.
    """
    wrong = error.errors(include_input=False, include_url=False)
    details = tuple(
        Detail(
            pointer="".join(f"/{escaped(part)}" for part in each["loc"]),
            kind="field",
            values={"type": each["type"]} | limits(each.get("ctx", {})),
        )
        for each in wrong[:MOST_DETAILS]
    )
    if (left := len(wrong) - MOST_DETAILS) > 0:
        details += (Detail(pointer="", kind="more-fields", values={"count": left}),)
    return Problem(kind="malformed", status=422, details=details)


def escaped(part: int | str) -> str:
    """Write one part of a pointer (RFC 6901, 3); a name from outside is kept short."""
    return str(part)[:LONGEST_PART].replace("~", "~0").replace("/", "~1")


def limits(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a rule asks for; other context (`error`, `tag`) repeats the input."""
    found = {name: context[name] for name in LIMITS if name in context}
    return {
        name: value if isinstance(value, (int, str)) else str(value)
        for name, value in found.items()
    }


def apply(
    engine: Engine,
    service: str,
    effects: Effects,
    envelope: Envelope,
) -> bool:
    """Let an event take effect, exactly once. False when it had before.

    The inbox row commits with the effect: a second delivery finds it.
    """
    began = time.monotonic()
    kind, effect = effects[envelope.type]
    with engine.begin() as connection:
        unit = Unit(connection, service, envelope.by, envelope.trace)
        row = insert(tables.inbox).values(event_id=envelope.id, at=clock.now())
        once = row.on_conflict_do_nothing().returning(tables.inbox.c.event_id)
        if first := connection.execute(once).first() is not None:
            effect(kind.model_validate(envelope.data), unit)
            unit.settle()
    said(
        "heard",
        service=service,
        message=envelope.type,
        outcome="done" if first else "known",
        ms=round((time.monotonic() - began) * 1000, 1),
        trace=envelope.trace,
        sequence=envelope.sequence,
    )
    return first


def keep(standing: Standing, unit: Unit) -> None:
    """Keep a standing, unless a newer one is kept already."""
    table = tables.kept
    body = standing.model_dump(mode="json")
    row = insert(table).values(
        topic=standing.topic(), key=standing.key(), version=standing.version, body=body
    )
    newer = row.on_conflict_do_update(
        index_elements=["topic", "key"],
        set_={"version": row.excluded.version, "body": row.excluded.body},
        where=table.c.version < row.excluded.version,
    )
    unit.connection.execute(newer)


def unavailable(kind: str) -> dict[str, Any]:
    """Return the answer when the database did not do its part."""
    return {"problem": Unavailable(kind).problem().model_dump(mode="json")}
