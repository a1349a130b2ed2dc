"""What is kept of cash: leaves of the bank's, permits, receipts, and what was paid in."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Rows = Callable[[str], list[Any]]
Real = Callable[[Any], float]


@dataclass(frozen=True)
class Authority:
    """The bank's leave for one case and sum, once, from a moment to another."""

    id: str
    case: str
    cap: Decimal
    state: str
    at: float
    good_until: float


@dataclass(frozen=True)
class Permit:
    """What a pair was let take, by which decision: recovery's `allowance`."""

    decision: str
    visit: str
    case: str
    authority: str
    amount: Decimal
    at: float
    good_until: float


@dataclass(frozen=True)
class Receipt:
    """A receipt, and the sum of what was paid in of it."""

    id: str
    number: str
    visit: str
    case: str
    authority: str
    permit: str
    amount: Decimal
    at: float
    banked: Decimal = Decimal(0)


@dataclass(frozen=True)
class Leave:
    """The door's row of a leave: its state as far as it was heard, and who has used it."""

    id: str
    state: str
    used_by: str | None
    used_person: str | None


@dataclass
class Money:
    """All of it."""

    authorities: list[Authority] = field(default_factory=list)
    permits: list[Permit] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)


def read(rows: Rows, real: Real) -> Money:
    """Return all that is kept of cash."""
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows("SELECT receipt_id, amount FROM recovery.deposit"):
        paid[str(row.receipt_id)] += row.amount
    return Money(
        authorities=[
            Authority(
                *(str(row.id), str(row.case_id), row.cap, row.state),
                *(real(row.at), real(row.good_until)),
            )
            for row in rows("SELECT * FROM recovery.authority")
        ],
        permits=[
            Permit(
                *(str(row.id), str(row.visit_id), str(row.case_id), str(row.authority_id)),
                *(row.amount, real(row.at), real(row.good_until)),
            )
            for row in rows("SELECT * FROM recovery.allowance")
        ],
        receipts=[
            receipt(row, real, paid[str(row.id)])
            for row in rows("SELECT * FROM recovery.receipt")
        ],
        leaves=[
            Leave(
                *(str(row.id), row.body["state"]),
                *(named(row.used_by), named(row.used_person)),
            )
            for row in rows("SELECT * FROM field_visit.leave WHERE kind = 'cash'")
        ],
    )


def receipt(row: Any, real: Real, banked: Decimal) -> Receipt:
    what = str(row.id), row.number, str(row.visit_id), str(row.case_id)
    by = str(row.authority_id), str(row.allowance_id)
    return Receipt(*what, *by, row.amount, real(row.at), banked)


def named(key: Any) -> str | None:
    return None if key is None else str(key)
