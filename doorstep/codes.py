"""A payment code (付款码) as a phone reads it: checked by the bank's key, then drawn.

What does not verify is drawn by no phone, whoever sent it: a gateway's word is not enough.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import bank_codes
from chassis.bank_codes import NoBankCode
from doorstep.errors import DoorstepError
from proto.payment_code import PURPOSE

#: What a collector is told. The code itself is in none of it.
WHY = {
    "payment-code-unreadable": "it cannot be read",
    "payment-code-by-nobody": "the bank has not signed it as one",
    "payment-code-altered": "the bank's signature does not fit",
    "payment-code-of-another-bank": "it is another bank's",
    "payment-code-of-another-case": "it is another case's",
    "payment-code-over": "it is not good any more",
    "payment-code-not-yet": "it is not good yet",
}


class NotDrawn(DoorstepError):
    """What was received is no payment code that may be shown here and now."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no payment code is shown: {WHY[kind]}; ask again")
        self.kind = kind


def payload(
    code: str, keys: Iterable[Mapping[str, Any]], case_id: UUID, at: datetime
) -> str:
    """Return what the debtor's own app is to read: the bank's payload, and nothing added.

    `keys` are those of `GET /v1/keys`. Raises NotDrawn.
    """
    banks = [dict(each) for each in keys if each.get("purpose") == PURPOSE]
    bank = next((str(each.get("bank")) for each in banks), "")
    try:
        known = bank_codes.parsed(banks)
        claims = bank_codes.read(code, known, bank=bank, case_id=case_id, now=at)
    except NoBankCode as wrong:
        raise NotDrawn(wrong.kind) from None
    except ValueError:
        raise NotDrawn("payment-code-by-nobody") from None
    if not claims.good(at):
        raise NotDrawn("payment-code-not-yet")
    return claims.payload
