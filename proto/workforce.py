"""Workforce: agencies, their people, certificates and phones."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto.base import Command, Reply, Standing, Value
from proto.canonical import canonical
from proto.signing import PublicKey, Signature

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.\-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class AgencyEntry(Value):
    """A collection agency (催收机构) a bank has a contract with."""

    agency_id: UUID
    code: Code
    name: Name
    active: bool = True


class RegisterAgencies(Command):
    """Take these agencies in; known ones are brought up to date. All or none."""

    bulk: ClassVar[bool] = True

    agencies: Annotated[tuple[AgencyEntry, ...], Len(1, 1000)]


class Certificate(Value):
    """A collector's certificate (21.009). Both days count as inside."""

    number: Name
    valid_from: date
    valid_until: date


class PersonEntry(Value):
    """Somebody who works for an agency."""

    person_id: UUID
    agency_id: UUID
    staff_no: Code
    name: Name
    in_service: bool = True
    certificate: Certificate | None = None


class RegisterPeople(Command):
    """Take these people in; known ones are brought up to date. All or none."""

    bulk: ClassVar[bool] = True

    people: Annotated[tuple[PersonEntry, ...], Len(1, 5000)]


class DeviceEntry(Value):
    """A work phone, given to one person."""

    device_id: UUID
    code: Code
    person_id: UUID
    model: Name


class RegisterDevices(Command):
    """Take these phones in, without a key: each enrols its own. All or none."""

    bulk: ClassVar[bool] = True

    devices: Annotated[tuple[DeviceEntry, ...], Len(1, 5000)]


class EnrolDevice(Command):
    """A phone says which key it made. Only its person, only once until it is revoked.

    `signature` is by that key over `enrolment(device_id, public_key)`: it proves that the
    phone holds the private half.
    """

    device_id: UUID
    public_key: PublicKey
    signature: Signature


class RevokeDevice(Command):
    """A phone is lost, stolen or given back: nothing it signs counts from now on."""

    device_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=200)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.device_id,)


class Registered(Reply):
    """How many things were new, changed, or known just so."""

    new: int = 0
    changed: int = 0
    same: int = 0


class DeviceState(StrEnum):
    REGISTERED = "registered"
    ENROLLED = "enrolled"
    REVOKED = "revoked"


class DeviceShown(Reply):
    """A phone as workforce knows it."""

    device_id: UUID
    state: DeviceState
    thumbprint: str | None


class AgencyStanding(Standing):
    """An agency, and whether it may work."""

    agency_id: UUID
    code: str
    active: bool

    def key(self) -> UUID:
        return self.agency_id

    def urgent(self) -> bool:
        return not self.active


class PersonStanding(Standing):
    """A person of an agency, without the name: who may work, certified for which days."""

    person_id: UUID
    agency_id: UUID
    staff_no: str
    in_service: bool
    certified_from: date | None
    certified_until: date | None

    def key(self) -> UUID:
        return self.person_id

    def urgent(self) -> bool:
        return not self.in_service or self.certified_until is None


class DeviceStanding(Standing):
    """A phone, whose it is, and the key it signs with while it is enrolled."""

    device_id: UUID
    person_id: UUID
    state: DeviceState
    public_key: PublicKey | None

    def key(self) -> UUID:
        return self.device_id

    def urgent(self) -> bool:
        return self.state is DeviceState.REVOKED


def enrolment(device_id: UUID, public_key: PublicKey) -> bytes:
    """Return the bytes a phone signs to prove that it holds its key."""
    return canonical({"device_id": str(device_id), "enrol": public_key.thumbprint()})
