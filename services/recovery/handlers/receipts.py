"""A receipt for what the doorstep has let a pair take: at once, once, with its number."""

from datetime import timedelta
from typing import NoReturn

import rulebook
from chassis.errors import Conflict, NotFound
from chassis.unit import Unit
from proto.base import Asker, Role
from proto.dispatch import CaseStanding
from proto.field_visit import CashAllowed
from proto.recovery import (
    BankingFalls,
    IssueReceipt,
    ReceiptIssued,
    ReceiptPrinted,
    ReceiptShown,
)
from services.recovery import store
from services.recovery.handlers import authority, judging, shown
from services.recovery.model import (
    PRINT,
    ZONE,
    Allowance,
    Receipt,
    Till,
    allowance_table,
    receipt_table,
    series_table,
)

#: The order falls due this long after the deadline, whose own moment is still in time.
AFTER = timedelta(seconds=1)


def note_allowance(event: CashAllowed, unit: Unit) -> None:
    """Remember what a pair may take, and what they need for a receipt."""
    row = event.model_dump(exclude={"decision_id", "collectors", "sheet"})
    unit.write(
        allowance_table,
        id=event.decision_id,
        collectors=list(event.collectors),
        sheet=event.sheet.model_dump(mode="json"),
        **row,
    )


def of_the_pair(command: IssueReceipt, unit: Unit) -> None:
    """Raises NotFound for whoever is not of the pair: others shall not even know.

    Raises Conflict when nothing was heard to be allowed on this visit, for people of the
    agency that the case is with: it may be on its way.
    """
    allowance, asker = allowed(command, unit), unit.asker
    if asker is None or asker.role is not Role.FIELD_COLLECTOR:
        raise NotFound("visit", command.visit_id)
    if allowance is None:
        refuse_not_yet(command, asker, unit)
    elif not allowance.is_of(asker):
        raise NotFound("visit", command.visit_id)


def allowed(command: IssueReceipt, unit: Unit) -> Allowance | None:
    """Return what a pair was last allowed to take on that visit, as far as we heard."""
    till = store.known_till(unit.shared, command.case_id)
    return till.allowance(command.visit_id) if till else None


def refuse_not_yet(command: IssueReceipt, asker: Asker, unit: Unit) -> NoReturn:
    """Raises Conflict for people of the agency that the case is with, else NotFound."""
    case = unit.kept({CaseStanding: [command.case_id]}).get(CaseStanding, command.case_id)
    if case is None or case.agency_id != asker.agency_id:
        raise NotFound("visit", command.visit_id)
    raise Conflict("cash-not-allowed-yet", key=str(command.visit_id))


def issue_receipt(command: IssueReceipt, unit: Unit) -> ReceiptShown:
    """Write a receipt and use the authority up with it. The number is drawn last: whoever
    is refused has drawn none.

    The paper is never in the answer, which is kept as it is: only a question gets it.
    """
    till, allowance = store.till(unit.shared, command.case_id), allowed(command, unit)
    if allowance is None:  # `of_the_pair` has said so already
        raise NotFound("visit", command.visit_id)
    if known := till.receipt(command.receipt_id):
        if known.says(command):
            return shown.receipt(known, unit)
        key = str(known.id)
        raise Conflict("key-known-otherwise", thing="receipt", key=key)
    used = till.authority(allowance.authority_id)
    allowance.refuse_unlike(command)
    allowance.refuse_late(unit.now, grace(till, unit))
    used.spend()
    receipt = written(command, allowance, till, unit)
    till.receipts.append(receipt)
    row = {name: value for name, value in vars(receipt).items() if name != "deposits"}
    unit.write(receipt_table, **row | {"collectors": [*receipt.collectors]})
    authority.end(used, till, unit)
    tell(receipt, unit)
    return shown.receipt(receipt, unit)


def grace(till: Till, unit: Unit) -> timedelta:
    """Return how long after the permit a receipt is still taken.

    Who is handed the money at the permit's last moment has as long to write as anybody.
    """
    books = judging.case(till, unit).books
    minutes = rulebook.receipt_minutes(books, judging.today(unit)) or 0
    return timedelta(minutes=minutes)


def written(command: IssueReceipt, allowance: Allowance, till: Till, unit: Unit) -> Receipt:
    """Return the receipt, with the next number of the year and its deadline."""
    books, on = judging.case(till, unit).books, judging.today(unit)
    hours = rulebook.banking_hours(books, on) or 0
    series = store.series(unit.shared)
    number = series.draw(unit.now.astimezone(ZONE).year)
    unit.change(series_table, series.id, year=series.year, last=series.last)
    person = unit.asker.person_id if unit.asker else None
    return Receipt(
        id=command.receipt_id,
        number=number,
        case_id=till.id,
        visit_id=allowance.visit_id,
        agency_id=allowance.agency_id,
        authority_id=allowance.authority_id,
        allowance_id=allowance.id,
        collectors=allowance.collectors,
        issued_by=person or allowance.collectors[0],
        amount=command.amount,
        currency=command.currency,
        at=unit.now,
        bank_by=unit.now + timedelta(hours=hours),
    )


def tell(receipt: Receipt, unit: Unit) -> None:
    """Say that there is a receipt, have it drawn, and look at its deadline again."""
    issued = ReceiptIssued(
        receipt_id=receipt.id,
        visit_id=receipt.visit_id,
        case_id=receipt.case_id,
        agency_id=receipt.agency_id,
        number=receipt.number,
        amount=receipt.amount,
        currency=receipt.currency,
        bank_by=receipt.bank_by,
        at=receipt.at,
    )
    unit.emit(issued, receipt.case_id)
    unit.job(PRINT, receipt.case_id, receipt_id=receipt.id)
    falls = BankingFalls(receipt_id=receipt.id, case_id=receipt.case_id)
    unit.later(receipt.bank_by + AFTER, falls, receipt.case_id)


def receipt_printed(command: ReceiptPrinted, unit: Unit) -> ReceiptShown:
    """Keep the drawn receipt, sealed as it came."""
    till = store.till(unit.shared, command.case_id)
    found = till.receipt(command.receipt_id)
    if found is None:
        raise NotFound("receipt", command.receipt_id)
    unit.change(receipt_table, found.id, pdf=command.pdf.model_dump(mode="json"))
    return shown.receipt(found, unit)
