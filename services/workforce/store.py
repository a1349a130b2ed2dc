"""Every query of workforce."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from chassis.errors import NotFound
from chassis.locking import locked
from chassis.shared import Shared
from proto.signing import PublicKey
from proto.workforce import DeviceState, RevokeDevice
from services.workforce.model import (
    Agency,
    Device,
    Person,
    agency_table,
    device_table,
    person_table,
)


def agencies(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Agency]:
    """These agencies, as far as they exist, locked in one order."""
    query = select(agency_table).where(agency_table.c.id.in_(set(ids)))
    rows = connection.execute(query.order_by(agency_table.c.id).with_for_update())
    return {row.id: Agency(**row._mapping) for row in rows}


def people(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Person]:
    """These people, as far as they exist, locked in one order; without their names."""
    columns = [person_table.c[name] for name in Person.__dataclass_fields__]
    query = select(*columns).where(person_table.c.id.in_(set(ids)))
    rows = connection.execute(query.order_by(person_table.c.id).with_for_update())
    return {row.id: Person(**row._mapping) for row in rows}


DEVICES = select(*(device_table.c[name] for name in Device.__dataclass_fields__))


def devices(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Device]:
    """These phones, as far as they exist, locked in one order."""
    rows = locked(Shared(connection), DEVICES, ids)
    return {row.id: device_of(dict(row._mapping)) for row in rows}


def gather(shared: Shared, commands: Sequence[RevokeDevice]) -> None:
    """Lock the phones of these commands."""
    lock(shared, [command.device_id for command in commands])


def lock(shared: Shared, ids: Iterable[UUID]) -> None:
    for row in locked(shared, DEVICES, ids):
        shared.put(row.id, device_of(dict(row._mapping)))


def device(shared: Shared, device_id: UUID) -> Device:
    """One phone, locked until the transaction ends."""
    if shared.thing(Device, device_id) is None:
        lock(shared, [device_id])
    if found := shared.thing(Device, device_id):
        return found
    raise NotFound("device", device_id)


def agency_of(connection: Connection, person_id: UUID) -> UUID:
    """For whom somebody works. It never changes, so that nobody is locked."""
    query = select(person_table.c.agency_id).where(person_table.c.id == person_id)
    return UUID(str(connection.scalar(query)))


def device_of(row: dict[str, Any]) -> Device:
    row["state"] = DeviceState(row["state"])
    row["public_key"] = row["public_key"] and PublicKey(**row["public_key"])
    return Device(**row)
