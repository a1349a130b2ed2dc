"""What the tests of the chassis send: commands and events of a service that is not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select, text

from chassis import groups, tables
from chassis.operations import Operation, only
from chassis.shared import Shared
from chassis.unit import Unit
from proto import ids
from proto.base import Answer, Asker, Envelope, Order, Role
from proto.workforce import AgencyStanding, RegisterAgencies, Registered

SERVICE = "recovery"  # any schema: these tests bring their own handlers
OFFICER = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)

Handler = Callable[[RegisterAgencies, Unit], Registered]


def standing(agency_id: UUID, version: int = 1, active: bool = True) -> AgencyStanding:
    return AgencyStanding(agency_id=agency_id, code="c", active=active, version=version)


def order(agency_id: UUID, *, key: UUID | None = None, **but: Any) -> dict[str, Any]:
    """An order to register one agency, as it travels."""
    entry = {"agency_id": str(agency_id), "code": "c", "name": "n"}
    found = Order(
        operation="register_agencies",
        command={"agencies": [entry]},
        asker=OFFICER,
        trace="t",
        key=key,
    )
    return found.model_dump(mode="json") | but


def carry_out(its: Engine, handle: Handler, *orders: dict[str, Any]) -> list[Answer]:
    """Send orders in one message to a service that does this about them."""
    operation = Operation(RegisterAgencies, handle, only(Role.BANK_OFFICER))
    known = {"register_agencies": operation}
    return groups.carry_out(its, SERVICE, known, orders, waits=len(orders) == 1)


def envelope(event: AgencyStanding, **but: Any) -> Envelope:
    values = {
        "source": "doorstep/workforce",
        "type": event.topic(),
        "subject": str(event.agency_id),
        "time": "2026-03-02T12:00:00Z",
        "by": "test",
        "trace": "t",
        "data": event.model_dump(mode="json"),
    }
    return Envelope(**values | but)


def numbers(its: Engine, subject: UUID) -> list[int]:
    """The sequence numbers of a subject's events, in the order of the outbox."""
    table = tables.outbox
    query = select(table.c.sequence).where(table.c.subject == str(subject))
    with its.connect() as connection:
        return list(connection.scalars(query.order_by(table.c.id)))


def kept(its: Engine, agency_id: UUID) -> int | None:
    """The version of an agency's standing that is kept."""
    with its.connect() as connection:
        found = Shared(connection).kept([agency_id]).get(AgencyStanding, agency_id)
    return found.version if found else None


def empty(its: Engine, *names: str) -> None:
    with its.begin() as connection:
        for name in names:
            connection.execute(text(f"DELETE FROM {name}"))
