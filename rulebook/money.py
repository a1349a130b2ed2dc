"""What may be taken at a door, what the bank may allow to be taken, and how else one pays.

Nothing, unless the bank has said otherwise: for one debtor, a reason of its list, up to
so much, until then, once. A book that says never is not talked out of it by another.
What the debtor's app is shown is the bank's own payment code (付款码), and nobody else's.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from pydantic import field_validator

from rulebook import wording
from rulebook.facts import DoorFacts, MoneyFacts, Payment
from rulebook.problems import unheard_of
from rulebook.rule import (
    AUTHORISE,
    COLLECT,
    SHOW_CODE,
    Breach,
    Excuse,
    NotKnowable,
    Rule,
    Yuan,
    known,
)

CASH = "cash"
GRANTED = "granted"
YUAN = "CNY"


def _named(allowed: frozenset[str]) -> frozenset[str]:
    """Refuse a reason that nobody could be told, in one of our languages."""
    reasons = wording.named("cash_reason")
    for reason in sorted(allowed - reasons):
        raise unheard_of("cash-reason", reason, reasons)
    return allowed


class NothingTaken(Rule):
    """Cash, cheques and goods (现金、现金支票或其它财物) are not taken (4.30)."""

    key = "cash.not_taken"
    acts = COLLECT
    reads = frozenset({"payment"})
    ways = ("cash", "cheque", "goods")

    def breach(self, facts: DoorFacts) -> Breach | None:
        what = _offered(facts).what
        if what not in self.ways:
            raise NotKnowable("payment")
        return self.broken(what)


class SpecialCase(Excuse):
    """Cash where the debtor cannot pay otherwise, and the bank agreed (4.31).

    Of cheques and goods it says nothing. That the bank's leave is good is for 4.32.
    """

    key = "cash.special_case"
    reads = frozenset({"cash", "payment"})
    allowed: frozenset[str]

    named = field_validator("allowed")(_named)

    def granted(self, facts: DoorFacts) -> bool:
        cash = facts.cash
        agreed = cash is not None and cash.state == GRANTED and cash.reason in self.allowed
        return agreed and _offered(facts).what == CASH


class CashAuthority(Rule):
    """The bank's leave to take this much, from this debtor, now, once (4.32).

    An authority is good before its last moment and not at it; its cap is included.
    """

    key = "cash.authority"
    acts = COLLECT
    reads = frozenset({"cash", "payment", "starts_at"})
    ways = (
        "missing",
        "proposed",
        "revoked",
        "spent",
        "expired",
        "other_currency",
        "over_cap",
    )

    def breach(self, facts: DoorFacts) -> Breach | None:
        cash, payment = facts.cash, _offered(facts)
        if cash is None:
            return self.broken("missing")
        flaws = {
            "proposed": cash.state == "proposed",
            "revoked": cash.state == "revoked",
            "spent": cash.state == "spent" or cash.used is not False,
            "missing": cash.state != GRANTED,
            "expired": not facts.starts_at < cash.good_until,
            "other_currency": payment.currency != cash.currency,
            "over_cap": payment.amount > cash.cap,
        }
        way = next((way for way, flawed in flaws.items() if flawed), None)
        if way is None:
            return None
        return self.broken(
            way,
            amount=f"{written(payment.amount)} {payment.currency}",
            cap=f"{written(cash.cap)} {cash.currency}",
        )

    def turns(self, facts: DoorFacts) -> Iterable[datetime]:
        return () if facts.cash is None else (facts.cash.good_until,)


class CashNever(Rule):
    """The agency takes no money and no fee from anybody, ever (21.038)."""

    key = "cash.never"
    acts = COLLECT | AUTHORISE
    reads = frozenset[str]()

    def breach(self, facts: DoorFacts | MoneyFacts) -> Breach | None:
        return self.broken()


class CashReason(Rule):
    """The bank allows cash for the reasons of its list alone (4.31)."""

    key = "cash.reason"
    acts = AUTHORISE
    reads = frozenset({"cash"})
    allowed: frozenset[str]

    named = field_validator("allowed")(_named)

    def breach(self, facts: MoneyFacts) -> Breach | None:
        if _at_the_bank(facts).cash.reason in self.allowed:
            return None
        return self.broken(allowed=wording.listing("cash_reason", self.allowed))


class CashMandate(Rule):
    """Cash is allowed for a case that is with an agency now (4.38)."""

    key = "cash.mandate"
    acts = AUTHORISE
    reads = frozenset({"mandate_in_force"})

    def breach(self, facts: MoneyFacts) -> Breach | None:
        if known(_at_the_bank(facts).mandate_in_force, "mandate_in_force"):
            return None
        return self.broken()


class CashCap(Rule):
    """So much in yuan and no more, whatever the bank's officer allows.

    The cap itself is allowed: a term of the contract.
    """

    key = "cash.cap"
    acts = COLLECT | AUTHORISE
    reads = frozenset({"cash", "payment"})
    ways = ("above", "other_currency")
    most: Yuan

    def breach(self, facts: DoorFacts | MoneyFacts) -> Breach | None:
        if isinstance(facts, MoneyFacts):
            amount, currency = facts.cash.cap, facts.cash.currency
        else:
            offered = _offered(facts)
            amount, currency = offered.amount, offered.currency
        if currency != YUAN:
            return self.broken("other_currency", currency=currency)
        if amount <= self.most:
            return None
        return self.broken("above", amount=written(amount), most=written(self.most))


class NoOwnCode(Rule):
    """Nobody holds out a code by which anybody but the bank is paid (4.30 21.038)."""

    key = "payment.no_own_code"
    acts = SHOW_CODE
    reads = frozenset({"code"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return self.broken() if facts.code and not facts.code.by_bank else None


class BankCode(Rule):
    """The bank has signed the code for this very case, and it is good now (9.09).

    Good from its first moment, and before its last one: a term of the contract.
    """

    key = "payment.bank_code"
    acts = SHOW_CODE
    reads = frozenset({"code", "starts_at"})
    ways = ("missing", "not_the_banks", "withdrawn", "not_yet", "expired")

    def breach(self, facts: DoorFacts) -> Breach | None:
        code = facts.code
        if code is None:
            return self.broken("missing")
        flaws = {
            "not_the_banks": code.by_bank is not True,
            "withdrawn": code.withdrawn is not False,
            "not_yet": facts.starts_at < code.good_from,
            "expired": not facts.starts_at < code.good_until,
        }
        way = next((way for way, flawed in flaws.items() if flawed), None)
        return self.broken(way) if way else None

    def turns(self, facts: DoorFacts) -> Iterable[datetime]:
        return () if facts.code is None else (facts.code.good_from, facts.code.good_until)


class PropertyNotTaken(Rule):
    """Nothing that belongs to the debtor or their people is taken away (21.091)."""

    key = "property.not_taken"
    acts = COLLECT
    reads = frozenset({"payment"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if _offered(facts).what == CASH else self.broken()


def written(amount: Decimal) -> str:
    """Write a sum as people read it, to the fen."""
    return f"{amount:,.2f}"


def _at_the_bank(facts: MoneyFacts) -> MoneyFacts:
    """Return the facts if they are the bank's. Those of a door have fields like them."""
    if not isinstance(facts, MoneyFacts):
        raise TypeError("leave to take cash is not given at a door")
    return facts


def _offered(facts: DoorFacts) -> Payment:
    """Return what somebody wants to hand over: a real thing, of a real worth."""
    payment = known(facts.payment, "payment")
    if not (payment.amount.is_finite() and payment.amount > 0):
        raise NotKnowable("payment")
    return payment
