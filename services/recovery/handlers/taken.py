"""Money was taken at a door, allowed or not: then a receipt is due (4.33)."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import rulebook
from chassis.unit import Unit
from proto import ids
from proto.dispatch import CaseStanding
from proto.field_visit import CashTaken
from proto.recovery import ReceiptFalls, ReceiptFound, ReceiptMissing
from services.recovery import store
from services.recovery.handlers import judging
from services.recovery.handlers.receipts import AFTER
from services.recovery.model import taking_table

#: Give a receipt at the same time.
CLAUSES = ("4.33",)


def note_taking(event: CashTaken, unit: Unit) -> None:
    """Remember what was taken, and look for the receipt of it all when it is due.

    Books that set no time, or a case we know nothing of, leave no time at all.
    """
    key = sum_of("taking", event.visit_id, event.taken, event.currency)
    if store.is_known(unit.connection, taking_table, key):
        return
    unit.write(taking_table, id=key, **event.model_dump())
    minutes = rulebook.receipt_minutes(books(event.case_id, unit), judging.today(unit))
    falls = ReceiptFalls(
        case_id=event.case_id,
        visit_id=event.visit_id,
        agency_id=event.agency_id,
        amount=event.taken,
        currency=event.currency,
    )
    since = min(event.at, unit.now)  # a phone whose clock is fast gains no time by it
    unit.later(since + timedelta(minutes=minutes or 0) + AFTER, falls, event.case_id)


def sum_of(what: str, visit_id: UUID, amount: Decimal, currency: str) -> UUID:
    """Return the id of a sum at a visit: what both phones write down is one thing."""
    return ids.named(what, f"{visit_id}/{amount:.2f}/{currency}")


def books(case_id: UUID, unit: Unit) -> tuple[str, ...]:
    """Return the books of a case; none when we do not know it."""
    found = unit.kept({CaseStanding: [case_id]}).get(CaseStanding, case_id)
    return found.books if found else ()


def receipt_falls(command: ReceiptFalls, unit: Unit) -> ReceiptFound:
    """Say that there is no receipt for all that was taken, if there is none by now."""
    till = store.known_till(unit.shared, command.case_id)
    receipted = till.receipted(command.visit_id, command.currency) if till else 0
    found = receipted >= command.amount
    if not found:
        missing = ReceiptMissing(**command.model_dump(), clauses=CLAUSES, at=unit.now)
        unit.emit(missing, command.case_id)
    return ReceiptFound(found=found)
