"""An agency (催收机构), its people, and their phones."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.errors import Conflict
from proto.signing import PublicKey
from proto.workforce import DeviceState

metadata = MetaData()

agency_table = Table(
    "agency",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

#: `name` is sealed under the person's own key; `entry` tells one content from another.
person_table = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency_id", Uuid, ForeignKey("agency.id"), nullable=False),
    Column("staff_no", Text, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("entry", Text, nullable=False),
    Column("in_service", Boolean, nullable=False),
    Column("certificate_number", Text),
    Column("certified_from", Date),
    Column("certified_until", Date),
    Column("version", Integer, nullable=False),
    UniqueConstraint("agency_id", "staff_no"),
)

device_table = Table(
    "device",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("public_key", JSONB),
    Column("revoked_because", Text),
    Column("version", Integer, nullable=False),
)
Index("device_person", device_table.c.person_id)


@dataclass
class Agency:
    """A company that collects for a bank."""

    id: UUID
    code: str
    name: str
    active: bool
    version: int


@dataclass
class Person:
    """Somebody who works for an agency, as far as decisions need to know."""

    id: UUID
    agency_id: UUID
    staff_no: str
    entry: str
    in_service: bool
    certified_from: date | None
    certified_until: date | None
    version: int


@dataclass
class Device:
    """A work phone: registered, then enrolled with a key of its own, then revoked."""

    id: UUID
    code: str
    person_id: UUID
    model: str
    state: DeviceState
    public_key: PublicKey | None
    version: int

    def enrol(self, key: PublicKey) -> bool:
        """Take the phone's key. False when it is the key it has.

        Raises Conflict when it has another, or was revoked.
        """
        if self.state is DeviceState.REVOKED:
            raise Conflict("device-revoked", key=self.code)
        if self.public_key == key:
            return False
        if self.public_key:
            raise Conflict("device-has-key", key=self.code)
        self.public_key, self.state = key, DeviceState.ENROLLED
        self.version += 1
        return True

    def revoke(self) -> bool:
        """Trust nothing it signs from now on. False when that was so before."""
        if self.state is DeviceState.REVOKED:
            return False
        self.state = DeviceState.REVOKED
        self.version += 1
        return True
