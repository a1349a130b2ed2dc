"""What recovery does with each message: one module a matter, one function a message."""

from services.recovery.handlers.authority import authorise_cash, confirm_cash, revoke_cash
from services.recovery.handlers.banking import bank_cash, banking_falls
from services.recovery.handlers.codes import (
    end_code,
    post_payment_code,
    revoke_payment_code,
)
from services.recovery.handlers.left import note_money_left, settle_money_left
from services.recovery.handlers.receipts import (
    issue_receipt,
    note_allowance,
    of_the_pair,
    receipt_printed,
)
from services.recovery.handlers.shown import show_money, show_receipt
from services.recovery.handlers.taken import note_taking, receipt_falls

__all__ = [
    "authorise_cash",
    "bank_cash",
    "banking_falls",
    "confirm_cash",
    "end_code",
    "issue_receipt",
    "note_allowance",
    "note_money_left",
    "note_taking",
    "of_the_pair",
    "post_payment_code",
    "receipt_falls",
    "receipt_printed",
    "revoke_cash",
    "revoke_payment_code",
    "settle_money_left",
    "show_money",
    "show_receipt",
]
