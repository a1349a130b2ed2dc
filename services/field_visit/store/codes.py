"""Payment codes of cases, oldest first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from proto.base import Sealed
from services.field_visit.model import BankCode, Visit, payment_code_table

ITS = payment_code_table.c
CODES = select(payment_code_table).order_by(ITS.version)


def codes(connection: Connection, case_id: UUID) -> list[BankCode]:
    """All that there ever were of a case, locked."""
    query = CODES.where(ITS.case_id == case_id).with_for_update()
    return [code_of(row) for row in connection.execute(query)]


def give_codes(connection: Connection, found: Sequence[Visit]) -> None:
    """Give each visit the payment codes of its case."""
    query = CODES.where(ITS.case_id.in_({visit.case_id for visit in found}))
    known = [code_of(row) for row in connection.execute(query)] if found else []
    for visit in found:
        visit.codes = [code for code in known if code.case_id == visit.case_id]


def code_of(row: Row[Any]) -> BankCode:
    return BankCode(**row._asdict() | {"code": Sealed.model_validate(row.code)})
