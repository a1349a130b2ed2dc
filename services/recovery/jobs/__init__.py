"""What a worker does for recovery: it draws receipts, and hands them back sealed."""

import base64
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection, Engine

from chassis import logs
from chassis.errors import Unavailable
from chassis.jobs import Job, Work
from chassis.keyring import Keyring
from chassis.settings import settings
from chassis.shared import Shared
from proto.base import Sealed
from proto.dispatch import CaseStanding, Sheet
from proto.recovery import ReceiptPrinted
from proto.workforce import AgencyStanding, PersonStanding
from services.recovery import store
from services.recovery.jobs.paper import Slip, draw
from services.recovery.model import PDF, PRINT, ZONE, Receipt

#: What the doorstep sealed the debtor's name for.
SHEET = "visit.sheet"


def print_receipt(
    job: Job, engine: Engine, renew: Callable[[], None]
) -> ReceiptPrinted | None:
    """Draw a receipt and seal it. Here alone the name of who paid is opened for it.

    Nothing is drawn when the case was shredded meanwhile: there is no name any more.
    """
    with engine.begin() as connection:
        receipt, sheet = store.to_print(connection, UUID(job.task["receipt_id"]))
        keyring = Keyring(connection)
        try:
            name = payer(keyring, receipt.case_id, sheet)
        except Unavailable as lost:
            if lost.kind != "sealed-field-lost":
                raise
            logs.log.warning("a receipt is not drawn: its case was shredded")
            return None
        drawn = draw(slip(receipt, name, connection))
        text = base64.b64encode(drawn).decode()
        sealed = keyring.seal(receipt.case_id, PDF, text)
    return ReceiptPrinted(receipt_id=receipt.id, case_id=receipt.case_id, pdf=sealed)


def payer(keyring: Keyring, case_id: UUID, sheet: Sealed) -> str:
    """Return the full name of who paid: a receipt without it proves nothing."""
    return Sheet.model_validate_json(keyring.open(sheet, case_id, SHEET)).debtor_name


def slip(receipt: Receipt, name: str, connection: Connection) -> Slip:
    """Return what stands on the paper. What we do not know by its name has its id."""
    kept = Shared(connection).kept(
        [receipt.case_id, receipt.agency_id, *receipt.collectors]
    )
    case = kept.get(CaseStanding, receipt.case_id)
    agency = kept.get(AgencyStanding, receipt.agency_id)
    people = [kept.get(PersonStanding, each) for each in receipt.collectors]
    return Slip(
        number=receipt.number,
        bank=settings().bank,
        agency=agency.code if agency else str(receipt.agency_id),
        payer=name,
        case=case.number if case else str(receipt.case_id),
        amount=receipt.amount,
        currency=receipt.currency,
        at=receipt.at.astimezone(ZONE),
        bank_by=receipt.bank_by.astimezone(ZONE),
        authority=str(receipt.authority_id),
        collectors=tuple(
            person.staff_no if person else str(each)
            for person, each in zip(people, receipt.collectors, strict=True)
        ),
    )


JOBS: dict[str, Work] = {PRINT: print_receipt}
