"""A decision and why it was made. The rulebook writes it, everyone can read it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from proto.base import Moment, Reply, Value


class Outcome(StrEnum):
    """From the mildest to the strictest; a decision takes its strictest reason's."""

    PROCEED = "proceed"
    WAIT = "wait"
    ASK = "ask"
    STOP = "stop"


class Act(StrEnum):
    """What is asked before it is done."""

    CHECK_IN = "check_in"
    DISCUSS_DEBT = "discuss_debt"
    ENTER_PREMISES = "enter_premises"
    COLLECT_CASH = "collect_cash"
    HAND_OVER_LETTER = "hand_over_letter"
    ASK_THIRD_PARTY = "ask_third_party"
    SHOW_PAYMENT_CODE = "show_payment_code"
    AUTHORISE_CASH = "authorise_cash"


#: A sentence for a person in each language we speak: `{"zh-CN": ..., "en": ...}`.
Text = dict[str, str]


class Reason(Value):
    """One clause that was not met, in sentences fit to show a person.

    `clause` is the id in `rulebook/source/clauses.csv` (`4.29`), `cite` the place in the
    book (`CN-PLEDGE/10`), `quote` the source's own words, `values` what the sentences
    were made from, `cure` what would make it right.
    """

    key: str
    book: str
    clause: str
    cite: str
    quote: str
    outcome: Outcome
    says: Text
    cure: Text
    values: dict[str, Any] = {}


class Verdict(Value):
    """What the rulebook says of one act: an outcome and every clause against it.

    `books_hash` is the SHA-256 over the books as they were judged by.
    """

    act: Act
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    books: tuple[str, ...]
    books_hash: str
    on: date


class Decision(Verdict):
    """A verdict that was given: an allowance is a permit until `good_until`."""

    decision_id: UUID
    decided_at: Moment
    good_until: Moment | None = None


class Judgement(Reply):
    """The reply to an ask: the decision, whatever it is."""

    decision: Decision

    def result(self) -> str:
        return self.decision.outcome.value

    def permit_until(self) -> datetime | None:
        return self.decision.good_until
