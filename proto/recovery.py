"""Recovery: where the money is. Cash is refused unless the bank has said otherwise."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from proto.base import Command, Event, Moment, Reply, Sealed, Standing, Value
from proto.decision import Judgement
from proto.dispatch import Currency, Money
from proto.media import Sha256
from proto.payment_code import Jws

Variance = Annotated[Decimal, Field(max_digits=14, decimal_places=2)]
Slip = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class CashReason(StrEnum):
    """Why the bank may let cash be taken (4.31)."""

    REMOTE_AREA = "remote_area"
    LIMITED_MOBILITY = "limited_mobility"
    OTHER = "other"


class AuthorityState(StrEnum):
    """Where a cash authority is. Only a granted one is worth anything."""

    PROPOSED = "proposed"  # above the limit: waits for a second officer
    GRANTED = "granted"
    SPENT = "spent"
    REVOKED = "revoked"


class CodeState(StrEnum):
    """What a payment code is worth. Only a good one may be shown, while it lasts."""

    GOOD = "good"
    REPLACED = "replaced"  # the bank has posted a newer one
    REVOKED = "revoked"
    ENDED = "ended"  # the case is held, recalled or paid off


class AuthoriseCash(Command):
    """May cash be taken from this debtor, once, up to so much, until then (4.32)?

    Above the limit of the contract it counts only once a second officer confirmed it.
    """

    authority_id: UUID
    case_id: UUID
    reason: CashReason
    cap: Money
    currency: Currency = "CNY"
    good_until: Moment

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ConfirmCash(Command):
    """A second officer agrees. Never the one who asked for it."""

    authority_id: UUID
    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class RevokeCash(Command):
    """No cash is to be taken after all."""

    authority_id: UUID
    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class PostPaymentCode(Command):
    """This payment code (付款码) may be shown to the debtor of this case (9.09).

    `code` is signed by the bank (`proto/payment_code.py`). It replaces the one before.
    """

    code_id: UUID
    case_id: UUID
    code: Jws

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class RevokePaymentCode(Command):
    """This payment code is shown to nobody any more."""

    code_id: UUID
    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class IssueReceipt(Command):
    """Write a receipt (收条) for what was just taken, under the authority (4.33).

    There is no fee in it, for there is none to take (4.35).
    """

    receipt_id: UUID
    case_id: UUID
    visit_id: UUID
    authority_id: UUID
    amount: Money
    currency: Currency = "CNY"

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class BankCash(Command):
    """Cash was paid into the designated account (缴存, 4.34): all of it, or a part.

    A slip is one part: the same slip again is the same part.
    """

    receipt_id: UUID
    case_id: UUID
    amount: Money
    slip: Slip

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class BankingFalls(Command):
    """The deadline to bank a receipt's cash has come. Said by the case to itself."""

    receipt_id: UUID
    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ReceiptFalls(Command):
    """So much was taken at a visit in all: is there a receipt for it by now?

    Said by the case to itself.
    """

    case_id: UUID
    visit_id: UUID
    agency_id: UUID | None = None
    amount: Money
    currency: Currency

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ReceiptPrinted(Command):
    """The worker has drawn the receipt: `pdf` is a sealed one, base64 inside."""

    receipt_id: UUID
    case_id: UUID
    pdf: Sealed

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ShowReceipt(Command):
    """A receipt, and its PDF once it is drawn."""

    receipt_id: UUID


class SettleMoneyLeft(Command):
    """What the bank did with money that was left behind: given back, or booked by it."""

    incident_id: UUID
    case_id: UUID
    outcome: Literal["returned", "booked_by_the_bank"]

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ShowMoney(Command):
    """All there is of cash about a case, for the bank: authorities, receipts, incidents."""

    case_id: UUID


class CashAnswer(Judgement):
    """Whether the bank may authorise it, and where the authority stands now.

    `state` is absent when this was not allowed.
    """

    authority_id: UUID
    state: AuthorityState | None


class Authority(Reply):
    """A cash authority as it stands now."""

    authority_id: UUID
    case_id: UUID
    reason: CashReason
    cap: Money
    currency: Currency
    good_until: Moment
    state: AuthorityState


class Deposit(Value):
    """What was paid in with one slip, and whether that was after the deadline."""

    amount: Money
    slip: str
    at: Moment
    late: bool


class ReceiptShown(Reply):
    """A receipt. `number` has no gaps; `banked` is the sum of the `deposits` so far.

    `pdf` is base64, when it is drawn already: only to a question, of the bank at any time,
    of the pair for a day.
    """

    receipt_id: UUID
    number: str
    amount: Money
    currency: Currency
    at: Moment
    bank_by: Moment
    banked: Money | None
    variance: Variance | None
    deposits: tuple[Deposit, ...] = ()
    pdf: str | None = None


class ReceiptFound(Reply):
    """Whether there was a receipt for what was taken. Nobody asked but the case itself."""

    found: bool


class IncidentShown(Reply):
    """Money that was left behind."""

    incident_id: UUID
    amount: Money
    currency: Currency
    at: Moment
    counted_by_both: bool
    reported_late: bool
    outcome: str | None


class PostedCode(Reply):
    """A payment code as it stands now: by its digest, and never what it says."""

    code_id: UUID
    case_id: UUID
    sha256: Sha256
    not_before: Moment
    good_until: Moment
    state: CodeState


class MoneyShown(Reply):
    """All there is of cash about a case, and its payment codes."""

    authorities: tuple[Authority, ...]
    receipts: tuple[ReceiptShown, ...]
    incidents: tuple[IncidentShown, ...]
    codes: tuple[PostedCode, ...] = ()


class CashStanding(Standing):
    """The newest cash authority of a case: one debtor, reason, cap, expiry, single use."""

    case_id: UUID
    authority_id: UUID
    reason: CashReason
    cap: Money
    currency: Currency
    good_until: Moment
    state: AuthorityState

    def key(self) -> UUID:
        return self.case_id

    def urgent(self) -> bool:
        return self.state in (AuthorityState.SPENT, AuthorityState.REVOKED)


class PaymentCodeStanding(Standing):
    """The newest payment code of a case. `code` is sealed, and `sha256` its digest.

    `at` is since when it is so: what came before it is worth nothing from then on.
    """

    case_id: UUID
    code_id: UUID
    code: Sealed
    sha256: Sha256
    not_before: Moment
    good_until: Moment
    state: CodeState
    at: Moment

    def key(self) -> UUID:
        return self.case_id

    def urgent(self) -> bool:
        return self.state is not CodeState.GOOD


class CashAuthorised(Event):
    """The bank lets cash be taken; `confirmed_by` when it took four eyes."""

    authority_id: UUID
    case_id: UUID
    cap: Money
    currency: Currency
    four_eyes: bool
    at: Moment


class CashNotAuthorised(Event):
    """A bank's officer wanted to let cash be taken, and the rules do not allow it."""

    case_id: UUID
    decision_id: UUID
    clauses: tuple[str, ...]
    at: Moment


class ReceiptIssued(Event):
    """Money was taken, and a receipt given."""

    receipt_id: UUID
    visit_id: UUID
    case_id: UUID
    agency_id: UUID | None = None
    number: str
    amount: Money
    currency: Currency
    bank_by: Moment
    at: Moment


class ReceiptMissing(Event):
    """Money was taken and no receipt given in time (4.33), or one over less.

    `amount` is all that was taken at the visit by then.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID | None = None
    amount: Money
    currency: Currency
    clauses: tuple[str, ...]
    at: Moment


class CashBanked(Event):
    """Cash of a receipt was paid in: all of it, or a part.

    `variance` is what is still missing (-) or too much, `late` of this part. `clauses`
    speak against it when something is missing or it is late; none do otherwise.
    """

    receipt_id: UUID
    case_id: UUID
    agency_id: UUID | None = None
    amount: Money
    currency: Currency
    variance: Variance
    late: bool
    clauses: tuple[str, ...]
    at: Moment


class BankingOverdue(Event):
    """The cash of a receipt, or a part of it, was not paid in by the deadline (4.34)."""

    receipt_id: UUID
    case_id: UUID
    agency_id: UUID | None = None
    bank_by: Moment
    missing: Money
    clauses: tuple[str, ...]
    at: Moment


class MoneyLeftNoted(Event):
    """Money was left behind: an incident, never a payment.

    `counted_by_both` as far as both phones say so: the same incident is noted again when
    the second one denies it. `clauses` speak against a late report, the first time.
    """

    incident_id: UUID
    case_id: UUID
    amount: Money
    currency: Currency
    counted_by_both: bool
    reported_late: bool
    clauses: tuple[str, ...]
    at: Moment
