"""Idempotency: the same key gives the same answer, and another content is refused.

A key is one principal's for one operation (the IETF draft "The Idempotency-Key HTTP
Header Field"). The answer commits with the change it tells of. Rights are asked again
before it is given a second time, and an allowance is never repeated when it has run out
or was taken back: yesterday's yes is nobody's.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import tables
from chassis.errors import Conflict, Invalid
from chassis.shared import Shared
from chassis.unit import Unit
from proto.base import Command, Order, Reply

table = tables.answered
Key = tuple[UUID, UUID, str]


class Remembered(NamedTuple):
    """An answer that was given."""

    digest: str
    reply: str
    outcome: str
    good_until: datetime | None
    revoked_at: datetime | None


def key_of(order: Order) -> Key | None:
    """Return what an answer is kept under; a question has no key."""
    if order.key is None:
        return None
    return order.key, order.asker.account_id, order.operation


def digest(command: Command) -> str:
    """Return what tells one content from another: SHA-256 of the JSON we read from it.

    The order of names, and how a moment was written, make no other content.
    """
    return hashlib.sha256(command.model_dump_json().encode()).hexdigest()


def remembered(shared: Shared) -> dict[Key, Remembered]:
    """Return what was answered to a transaction's orders before."""
    return {
        (each["key"], UUID(each["principal"]), each["operation"]): Remembered(
            each["digest"],
            each["reply"],
            each["outcome"],
            moment(each["good_until"]),
            moment(each["revoked_at"]),
        )
        for each in shared.answered
    }


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def refuse_other(before: Remembered, order: Order, command: Command) -> None:
    """Raises Invalid when the key was used for another content."""
    if before.digest != digest(command):
        raise Invalid("key-of-another-content", key=str(order.key))


def refuse_expired(before: Remembered, now: datetime) -> None:
    """Raises Conflict when the answer was a permit that has run out."""
    if before.good_until and before.good_until <= now:
        until = before.good_until.isoformat(timespec="seconds")
        raise Conflict("permit-expired", until=until)


def remember(unit: Unit, order: Order, command: Command, reply: Reply, text: str) -> None:
    """Keep an answer under its key, in the transaction of the change it tells of."""
    if order.key is None:
        return
    unit.write(
        table,
        key=order.key,
        principal=order.asker.account_id,
        operation=order.operation,
        digest=digest(command),
        about=next(iter(command.locks()), None),
        reply=text,
        outcome=reply.result(),
        good_until=reply.permit_until(),
        at=unit.now,
    )


def revoke(unit: Unit, order: Order) -> None:
    """Take back the permit that was given under an order's key, and no other."""
    names = ("key", "principal", "operation")
    its = dict(zip(names, key_of(order) or (), strict=True))
    unit.revoked.append(its | {"at": unit.now})
