"""The cash of a receipt is paid in (缴存), or its deadline passes (4.34)."""

import rulebook
from chassis.errors import NotFound
from chassis.unit import Unit
from proto.recovery import (
    BankCash,
    BankingFalls,
    BankingOverdue,
    CashBanked,
    ReceiptShown,
)
from services.recovery import store
from services.recovery.handlers import shown
from services.recovery.handlers.taken import books
from services.recovery.model import ZONE, Deposit, Receipt, deposit_table

#: Deposit the money promptly to the designated account; also of books we do not know.
CLAUSES = ("4.34",)


def bank_cash(command: BankCash, unit: Unit) -> ReceiptShown:
    """Note what was paid in, what is missing or too much, and whether it was in time."""
    receipt = carried(command, unit)
    if (deposit := receipt.bank(command, unit.now)) is not None:
        unit.write(deposit_table, **vars(deposit))
        unit.emit(banked_event(receipt, deposit, unit), receipt.case_id)
    return shown.receipt(receipt, unit)


def carried(command: BankCash, unit: Unit) -> Receipt:
    """Return the receipt whose cash the asker's people carry. Raises NotFound."""
    till, asker = store.known_till(unit.shared, command.case_id), unit.asker
    found = till.receipt(command.receipt_id) if till else None
    if found is None or asker is None or not shown.may_see(found, asker):
        raise NotFound("receipt", command.receipt_id)
    return found


def banked_event(receipt: Receipt, deposit: Deposit, unit: Unit) -> CashBanked:
    late = receipt.is_late(deposit.at)
    return CashBanked(
        receipt_id=receipt.id,
        case_id=receipt.case_id,
        agency_id=receipt.agency_id,
        amount=deposit.amount,
        currency=receipt.currency,
        variance=receipt.variance,
        late=late,
        clauses=against(receipt, unit, late=late) if late or receipt.missing else (),
        at=unit.now,
    )


def against(receipt: Receipt, unit: Unit, *, late: bool) -> tuple[str, ...]:
    """Return the clauses against what is missing; of what is late, its deadline's too."""
    its, on = books(receipt.case_id, unit), receipt.at.astimezone(ZONE).date()
    clauses = rulebook.set_by("cash.banking", its, on) or CLAUSES
    return clauses + (rulebook.set_by("cash.banking_hours", its, on) if late else ())


def banking_falls(command: BankingFalls, unit: Unit) -> ReceiptShown:
    """Say that the deadline has passed, unless all was paid in before."""
    receipt = store.till(unit.shared, command.case_id).receipt(command.receipt_id)
    if receipt is None:
        raise NotFound("receipt", command.receipt_id)
    if receipt.missing:
        overdue = BankingOverdue(
            receipt_id=receipt.id,
            case_id=receipt.case_id,
            agency_id=receipt.agency_id,
            bank_by=receipt.bank_by,
            missing=receipt.missing,
            clauses=against(receipt, unit, late=True),
            at=unit.now,
        )
        unit.emit(overdue, receipt.case_id)
    return shown.receipt(receipt, unit)
