"""The cash of a case, and the tables of it."""

from services.recovery.model.authority import LIVE, CashAuthority
from services.recovery.model.code import CODE, PaymentCode
from services.recovery.model.left import Incident
from services.recovery.model.receipt import PDF, PRINT, Allowance, Deposit, Receipt
from services.recovery.model.series import Series
from services.recovery.model.tables import (
    allowance_table,
    authority_table,
    decision_table,
    deposit_table,
    incident_table,
    metadata,
    payment_code_table,
    receipt_table,
    series_table,
    taking_table,
    till_table,
)
from services.recovery.model.till import ZONE, Till

__all__ = [
    "CODE",
    "LIVE",
    "PDF",
    "PRINT",
    "ZONE",
    "Allowance",
    "CashAuthority",
    "Deposit",
    "Incident",
    "PaymentCode",
    "Receipt",
    "Series",
    "Till",
    "allowance_table",
    "authority_table",
    "decision_table",
    "deposit_table",
    "incident_table",
    "metadata",
    "payment_code_table",
    "receipt_table",
    "series_table",
    "taking_table",
    "till_table",
]
