"""Carry out the orders of one message: together in one transaction where they can be.

A group locks all its things in one statement, hears its orders one by one in memory,
and writes once. What an order is answered never depends on its neighbours:

* two orders that lock the same thing, or bear the same key, go into different rounds
* a refusal is an answer; whatever its handler had written is thrown away with its unit,
  but for what is kept anyway
* a thing that somebody else holds is skipped, and its order is asked for again alone;
  so is who writes a row that somebody holds for more than a moment
* an error undoes the whole round, which is then run one by one

A handler may therefore run twice: it touches nothing but its unit.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import answers, clock, logs, metrics, sqlstates
from chassis.answers import Key, Remembered
from chassis.errors import Conflict, Refused, Unavailable
from chassis.malformed import malformed
from chassis.operations import Operation, Operations
from chassis.shared import HeldElsewhere, Shared
from chassis.unit import Unit, settle
from proto.base import Answer, Command, Order, Problem

Body = Mapping[str, Any]
#: The gateway gives a message up after three seconds: what is not begun after two is
#: asked for again alone.
PATIENCE_S = 2.0


@dataclass(frozen=True)
class Parcel:
    """One order, unpacked."""

    order: Order
    operation: Operation
    command: Command

    def claims(self) -> set[Any]:
        """Return what no other order of a round may claim as well."""
        key = answers.key_of(self.order)
        return {*self.command.locks(), *([key] if key else [])}


@dataclass(frozen=True)
class Message:
    """The message that orders came in.

    `waits`: it may wait for what somebody else holds, since nobody stands behind it.
    After `until` (a monotonic second) nothing of any other is begun.
    """

    engine: Engine
    service: str
    waits: bool
    until: float

    def is_late(self) -> bool:
        return not self.waits and time.monotonic() > self.until


def carry_out(
    engine: Engine,
    service: str,
    operations: Operations,
    bodies: Sequence[Body],
    *,
    waits: bool,
) -> list[Answer]:
    """Answer every order of a message, in its order."""
    began = time.monotonic()
    message = Message(engine, service, waits, began + PATIENCE_S)
    unpacked = [unpack(operations, body) for body in bodies]
    given: dict[int, Answer] = {
        number: Answer(problem=each)
        for number, each in enumerate(unpacked)
        if isinstance(each, Problem)
    }
    parcels = {
        number: each for number, each in enumerate(unpacked) if isinstance(each, Parcel)
    }
    for together in rounds(parcels):
        said = one_round(message, [parcels[number] for number in together])
        given |= dict(zip(together, said, strict=True))
    for number, parcel in parcels.items():
        note(service, parcel, given[number], began)
    return [given[number] for number in range(len(bodies))]


def unpack(operations: Operations, body: Body) -> Parcel | Problem:
    """Return an order's parcel, or what is wrong with it."""
    try:
        order = Order.model_validate(body)
        operation = operations.get(order.operation)
        if operation is None:
            return Unavailable("operation-unknown", operation=order.operation).problem()
        return Parcel(order, operation, operation.kind.model_validate(order.command))
    except ValidationError as error:
        return malformed(error)


def rounds(parcels: Mapping[int, Parcel]) -> list[list[int]]:
    """Part the orders so that nothing is claimed twice in a round; bulk work is alone.

    Orders that claim the same thing keep their sequence.
    """
    parted: list[list[int]] = []
    claimed: list[set[Any]] = []
    for number, parcel in parcels.items():
        claims = parcel.claims()
        first = 1 + max((i for i, c in enumerate(claimed) if c & claims), default=-1)
        fits = parcel.operation.grouped and first < len(parted)
        if fits and parcels[parted[first][0]].operation.grouped:
            parted[first].append(number)
            claimed[first] |= claims
        else:
            parted.append([number])
            claimed.append(set(claims))
    return parted


def one_round(
    message: Message, parcels: list[Parcel], *, last: bool = False
) -> list[Answer]:
    """Carry out a round; one by one when it fails as a whole."""
    if message.is_late():
        return [Answer(alone=True)] * len(parcels)
    try:
        return transact(message, parcels)
    except Exception as error:
        logs.failed(named(parcels), error)
        if last or not worth_a_second_try(error, len(parcels)):
            return [instead(error, message)] * len(parcels)
    return [one_round(message, [each], last=True)[0] for each in parcels]


def named(parcels: list[Parcel]) -> str:
    """Return what a log calls them."""
    (first, *others) = parcels
    return f"a round of {len(parcels)}" if others else first.order.operation


def worth_a_second_try(error: Exception, orders: int) -> bool:
    """Tell whether each may fare better by itself: a neighbour may be to blame."""
    if isinstance(error, PoolTimeout):
        return False
    if isinstance(error, DBAPIError) and not sqlstates.held_elsewhere(error):
        return sqlstates.worth_a_second_try(error)
    return orders > 1


def instead(error: Exception, message: Message) -> Answer:
    """Return the answer to an order that could not be carried out."""
    if isinstance(error, IntegrityError):  # somebody else was first with the same name
        return Answer(problem=Conflict("key-known-otherwise").problem())
    if sqlstates.held_elsewhere(error) and not message.waits:
        return Answer(alone=True)
    away = isinstance(error, DBAPIError | PoolTimeout)
    kind = "database-does-not-answer" if away else "service-failed"
    return Answer(problem=Unavailable(kind, service=message.service).problem())


def transact(message: Message, parcels: list[Parcel]) -> list[Answer]:
    with message.engine.begin() as connection:
        shared = Shared(connection, blocking=message.waits)
        gather(shared, parcels)
        shared.fetch(each.order.key for each in parcels if each.order.key)
        before = answers.remembered(shared)
        units, given = [], []
        for parcel in parcels:
            unit = open_unit(connection, message.service, parcel.order, shared)
            given.append(answer(parcel, unit, before))
            if given[-1].problem:
                unit.refuse()
            if not given[-1].alone:
                units.append(unit)
        settle(connection, units, last=True)
    return given


def gather(shared: Shared, parcels: Iterable[Parcel]) -> None:
    """Let each kind of gathering see all its commands at once."""
    together: dict[Any, list[Command]] = {}
    for parcel in parcels:
        if parcel.operation.gather:
            together.setdefault(parcel.operation.gather, []).append(parcel.command)
    for gather_all, commands in together.items():
        gather_all(shared, commands)


def open_unit(connection: Connection, service: str, order: Order, shared: Shared) -> Unit:
    by = f"{order.asker.role}:{order.asker.account_id}"
    return Unit(connection, service, by, order.trace, order.asker, shared)


def answer(parcel: Parcel, unit: Unit, before: Mapping[Key, Remembered]) -> Answer:
    """Hear one order. What it refuses leaves nothing of it behind."""
    key = answers.key_of(parcel.order)
    known = before.get(key) if key else None
    try:
        refuse_late(parcel.order, unit)
        parcel.operation.may(parcel.command, unit)
        return replay(parcel, unit, known) if known else first(parcel, unit)
    except HeldElsewhere:
        return Answer(alone=True)
    except Refused as refusal:
        return Answer(problem=refusal.problem())


def refuse_late(order: Order, unit: Unit) -> None:
    """Raises Unavailable when nobody waits for an order any more.

    We may have been frozen with it, or have waited long for what it locks.
    """
    if order.late(clock.now()):
        raise Unavailable("too-late", service=unit.source)


def first(parcel: Parcel, unit: Unit) -> Answer:
    reply = parcel.operation.handle(parcel.command, unit)
    text = reply.model_dump_json()
    answers.remember(unit, parcel.order, parcel.command, reply, text)
    return Answer(reply=text, outcome=reply.result())


def replay(parcel: Parcel, unit: Unit, known: Remembered) -> Answer:
    """Give an answer again. A permit only if it would be given now, and still holds.

    Raises Invalid for another content, Conflict for a permit that has ended.
    """
    answers.refuse_other(known, parcel.order, parcel.command)
    answers.refuse_expired(known, unit.now)
    if known.good_until is None:
        return Answer(reply=known.reply, outcome=known.outcome)
    reply = parcel.operation.handle(parcel.command, unit)
    if reply.permit_until() is None:  # today it is no: that is the answer, and is kept
        answers.revoke(unit, parcel.order)
        return Answer(reply=reply.model_dump_json(), outcome=reply.result())
    if known.revoked_at:
        raise Conflict("permit-revoked")
    unit.forget()
    return Answer(reply=known.reply, outcome=known.outcome)


def note(service: str, parcel: Parcel, given: Answer, began: float) -> None:
    """Write the line of one order; of its content nothing."""
    outcome = given.problem.kind if given.problem else given.outcome
    metrics.ANSWERED.labels(service, parcel.order.operation, outcome).inc()
    logs.said(
        "answered",
        service=service,
        message=parcel.order.operation,
        outcome="alone" if given.alone else outcome,
        ms=round((time.monotonic() - began) * 1000, 1),
        trace=parcel.order.trace,
        by=str(parcel.order.asker.account_id),
    )
