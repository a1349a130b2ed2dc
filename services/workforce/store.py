"""Every query of workforce."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from chassis.locking import Things
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


def device_of(row: Row[Any]) -> Device:
    key = row.public_key and PublicKey(**row.public_key)
    read = {"state": DeviceState(row.state), "public_key": key}
    return Device(**dict(row._mapping) | read)


AGENCIES = Things(
    "agency", Agency, select(agency_table), lambda row: Agency(**row._mapping)
)
#: Without their names.
PEOPLE = Things(
    "person",
    Person,
    select(*(person_table.c[name] for name in Person.__dataclass_fields__)),
    lambda row: Person(**row._mapping),
)
DEVICES = Things(
    "device",
    Device,
    select(*(device_table.c[name] for name in Device.__dataclass_fields__)),
    device_of,
)


def gather(shared: Shared, commands: Sequence[RevokeDevice]) -> None:
    """Lock the phones of these commands."""
    DEVICES.lock(shared, [command.device_id for command in commands])


def agency_of(connection: Connection, person_id: UUID) -> UUID:
    """For whom somebody works. It never changes, so that nobody is locked."""
    query = select(person_table.c.agency_id).where(person_table.c.id == person_id)
    return UUID(str(connection.scalar(query)))
