"""The audit record: what was refused, done against the rules, or left undone."""

from typing import Any

from chassis.unit import Unit
from proto import ids
from proto.dispatch import DangerReportOverdue
from proto.field_visit import (
    BreachRecorded,
    Judged,
)
from proto.recovery import (
    BankingOverdue,
    CashBanked,
    CashNotAuthorised,
    MoneyLeftNoted,
    ReceiptMissing,
)
from services.oversight.model import ABOUT, finding_table

Refusal = Judged | BreachRecorded | CashNotAuthorised
Undone = ReceiptMissing | BankingOverdue | DangerReportOverdue
#: What is often as it should be: a finding only when a clause speaks against it.
Done = CashBanked | MoneyLeftNoted


def note(event: Refusal | Undone | Done, unit: Unit) -> None:
    """Put a refusal, a breach or something that was left undone on the record."""
    if isinstance(event, Done) and not event.clauses:
        return
    about: dict[str, Any] = {name: getattr(event, name, None) for name in ABOUT}
    unit.write(
        finding_table,
        id=ids.new(),
        what=event.topic(),
        case_id=event.case_id,
        clauses=list(event.clauses),
        at=event.at,
        **about,
    )
