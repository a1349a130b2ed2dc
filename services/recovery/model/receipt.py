"""A receipt (收条), what it is written for, and what became of the cash (缴存)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from chassis.errors import Conflict
from proto import ids
from proto.base import Asker, Sealed
from proto.recovery import BankCash, IssueReceipt

#: The job that draws a receipt, and what the drawn one is sealed for.
PRINT, PDF = "print_receipt", "receipt.pdf"


@dataclass
class Allowance:
    """What the doorstep has let a pair take: so much, under this authority, until then."""

    id: UUID
    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    authority_id: UUID
    collectors: tuple[UUID, ...]
    amount: Decimal
    currency: str
    good_until: datetime
    at: datetime

    def is_of(self, asker: Asker) -> bool:
        """Tell whether it is one of the two that were allowed."""
        ours = self.agency_id == asker.agency_id
        return ours and asker.person_id in self.collectors

    def refuse_unlike(self, command: IssueReceipt) -> None:
        """Raises Conflict when a receipt is to say other than what was allowed."""
        if command.authority_id != self.authority_id:
            key, allowed = str(command.authority_id), str(self.authority_id)
            raise Conflict("receipt-other-authority", key=key, allowed=allowed)
        fits = command.currency == self.currency and command.amount <= self.amount
        if not fits:
            asked = f"{command.amount} {command.currency}"
            allowed = f"{self.amount} {self.currency}"
            raise Conflict("receipt-above-allowed", amount=asked, allowed=allowed)

    def refuse_late(self, now: datetime, grace: timedelta) -> None:
        """Raises Conflict when the permit ended longer ago than writing may take.

        Its last moment counts: who was handed the money then had as long to write.
        """
        last = self.good_until + grace
        if now > last:
            raise Conflict("receipt-too-late", until=last.isoformat(timespec="seconds"))


@dataclass
class Deposit:
    """What was paid in of a receipt's cash, with one slip."""

    id: UUID
    receipt_id: UUID
    amount: Decimal
    slip: str
    at: datetime


@dataclass
class Receipt:
    """What was taken, from whom, by whom, and until when it has to be with the bank."""

    id: UUID
    number: str
    case_id: UUID
    visit_id: UUID
    agency_id: UUID
    authority_id: UUID
    allowance_id: UUID
    collectors: tuple[UUID, ...]
    issued_by: UUID
    amount: Decimal
    currency: str
    at: datetime
    bank_by: datetime
    pdf: Sealed | None = None
    deposits: list[Deposit] = field(default_factory=list)

    def says(self, command: IssueReceipt) -> bool:
        """Tell whether this is the receipt that the command wants."""
        mine = (self.case_id, self.visit_id, self.authority_id)
        theirs = (command.case_id, command.visit_id, command.authority_id)
        sums = (self.amount, self.currency) == (command.amount, command.currency)
        return mine == theirs and sums

    @property
    def paid_in(self) -> Decimal:
        """What came to the bank so far."""
        return sum((each.amount for each in self.deposits), Decimal(0))

    @property
    def variance(self) -> Decimal:
        """What is too much (+) or still missing (-)."""
        return self.paid_in - self.amount

    @property
    def missing(self) -> Decimal:
        """What is still to be paid in."""
        return max(-self.variance, Decimal(0))

    def is_late(self, at: datetime) -> bool:
        """Tell whether that is after its deadline, whose moment is in time."""
        return at > self.bank_by

    def bank(self, command: BankCash, now: datetime) -> Deposit | None:
        """Note what was paid in; return it, nothing when it was noted so before.

        Raises Conflict when its slip was over another sum, or when all is paid in: then
        a second slip can only be a mistake, and would hide what it was meant for.
        """
        same = [each for each in self.deposits if each.slip == command.slip]
        if any(each.amount == command.amount for each in same):
            return None
        if same or (self.deposits and not self.missing):
            raise self.otherwise(same or self.deposits)
        key = ids.named("deposit", f"{self.id}/{command.slip}")
        self.deposits.append(Deposit(key, self.id, command.amount, command.slip, now))
        return self.deposits[-1]

    def otherwise(self, banked: list[Deposit]) -> Conflict:
        total = sum(each.amount for each in banked)
        told = {"banked": f"{total} {self.currency}"}
        slips = ", ".join(each.slip for each in banked)
        return Conflict("cash-banked-otherwise", key=self.number, slip=slips, **told)
