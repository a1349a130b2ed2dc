"""What people may see of money: a pair its receipts, an agency its own, the bank all."""

from datetime import datetime, timedelta

from chassis.errors import NotFound, Unavailable
from chassis.unit import Unit
from proto.base import Asker, Role
from proto.dispatch import CaseStanding
from proto.recovery import (
    Authority,
    Deposit,
    IncidentShown,
    MoneyShown,
    ReceiptShown,
    ShowMoney,
    ShowReceipt,
)
from services.recovery import model, store
from services.recovery.model import PDF, CashAuthority, Incident, Receipt

#: How long a pair may read the paper of what it took.
READABLE = timedelta(hours=24)


def show_money(command: ShowMoney, unit: Unit) -> MoneyShown:
    """Show all there is of a case's cash. Raises NotFound for a case we do not know."""
    if not unit.kept_all(CaseStanding, [command.case_id]):
        raise NotFound("case", command.case_id)
    till = store.shown_till(unit.connection, command.case_id)
    return MoneyShown(
        authorities=tuple(authority(each) for each in till.authorities),
        receipts=tuple(receipt(each, unit) for each in till.receipts),
        incidents=tuple(incident(each) for each in till.incidents),
        codes=tuple(each.shown() for each in till.codes),
    )


def show_receipt(command: ShowReceipt, unit: Unit) -> ReceiptShown:
    """Show a receipt, and to some its paper."""
    if unit.asker is None:
        raise NotFound("receipt", command.receipt_id)
    found = store.shown_receipt(unit.connection, unit.asker, command.receipt_id)
    return receipt(found, unit, with_pdf=may_read(found, unit.asker, unit.now))


def may_read(receipt: Receipt, asker: Asker, now: datetime) -> bool:
    """Tell whether they may have the paper, which names who paid.

    A supervisor never; the pair while they may have to show or print it: after that the
    name is not theirs to look up.
    """
    match asker.role:
        case Role.FIELD_COLLECTOR:
            return now <= receipt.at + READABLE
        case Role.BANK_OFFICER | Role.COMPLIANCE:
            return True
    return False


def may_see(receipt: Receipt, asker: Asker) -> bool:
    """Tell whether it is of the asker's own agency, or for a collector, of their pair."""
    if receipt.agency_id != asker.agency_id:
        return False
    return asker.role is Role.SUPERVISOR or asker.person_id in receipt.collectors


def receipt(receipt: Receipt, unit: Unit, *, with_pdf: bool = False) -> ReceiptShown:
    return ReceiptShown(
        receipt_id=receipt.id,
        number=receipt.number,
        amount=receipt.amount,
        currency=receipt.currency,
        at=receipt.at,
        bank_by=receipt.bank_by,
        banked=receipt.paid_in if receipt.deposits else None,
        variance=receipt.variance if receipt.deposits else None,
        deposits=tuple(deposit(each, receipt) for each in receipt.deposits),
        pdf=paper(receipt, unit) if with_pdf else None,
    )


def deposit(each: model.Deposit, receipt: Receipt) -> Deposit:
    late = receipt.is_late(each.at)
    return Deposit(amount=each.amount, slip=each.slip, at=each.at, late=late)


def paper(receipt: Receipt, unit: Unit) -> str | None:
    """Open the drawn receipt; nothing while it is not drawn, or when it was shredded."""
    if receipt.pdf is None:
        return None
    try:
        return unit.keyring.open(receipt.pdf, receipt.case_id, PDF)
    except Unavailable:
        return None


def authority(authority: CashAuthority) -> Authority:
    return Authority(
        authority_id=authority.id,
        case_id=authority.case_id,
        reason=authority.reason,
        cap=authority.cap,
        currency=authority.currency,
        good_until=authority.good_until,
        state=authority.state,
    )


def incident(incident: Incident) -> IncidentShown:
    return IncidentShown(
        incident_id=incident.id,
        amount=incident.amount,
        currency=incident.currency,
        at=incident.at,
        counted_by_both=incident.counted_by_both,
        reported_late=incident.reported_late,
        outcome=incident.outcome,
    )
