"""What may be used once, as the bank sends it: used under its lock, never twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.unit import Unit
from proto.contact import ThirdPartyStanding
from proto.recovery import CashStanding
from services.field_visit import store
from services.field_visit.handlers import permits
from services.field_visit.model import Leave, LeaveKind, Use, Visit, leave_table


def use(leave: Leave, visit: Visit, what: str, until: datetime | None, unit: Unit) -> None:
    """Let a visit use it, from now on."""
    me = unit.asker.person_id if unit.asker else None
    used = leave.use(Use(visit.id, me, what, unit.now, until))
    unit.change(leave_table, leave.id, **used)


def keep_cash(event: CashStanding, unit: Unit) -> None:
    """Take the bank's word on cash in; what it takes back ends what was allowed by it."""
    if event.urgent():  # the visits first: whoever asks locks a visit, then its leaves
        for visit in store.resting(unit.connection, event):
            permits.end_cash(visit, unit)
    keep(event.authority_id, LeaveKind.CASH, event.case_id, event, unit)


def keep_third_party(event: ThirdPartyStanding, unit: Unit) -> None:
    """Take the bank's word on asking others in."""
    if event.urgent():  # the visits first: whoever asks locks a visit, then its leaves
        for visit in store.resting(unit.connection, event):
            permits.end_third_party(visit, unit)
    keep(event.permit_id, LeaveKind.THIRD_PARTY, event.case_id, event, unit)


def keep(
    leave_id: UUID,
    kind: LeaveKind,
    case_id: UUID,
    standing: CashStanding | ThirdPartyStanding,
    unit: Unit,
) -> None:
    body = standing.model_dump(mode="json")
    known = store.leave(unit.connection, leave_id)
    if known is None:
        write(leave_id, kind, case_id, body, unit)
    elif known.body["version"] < standing.version:
        unit.change(leave_table, leave_id, body=body)


def write(
    leave_id: UUID, kind: LeaveKind, case_id: UUID, body: dict[str, Any], unit: Unit
) -> Leave:
    """Keep something that may be used once, and return it."""
    unit.write(leave_table, id=leave_id, case_id=case_id, kind=kind, body=body, at=unit.now)
    return Leave(leave_id, case_id, kind, body, unit.now)
