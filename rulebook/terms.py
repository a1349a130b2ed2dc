"""What a bank's contract with its agency must set where its books are silent."""

from typing import Annotated

from pydantic import Field, field_validator

from proto.decision import Act
from rulebook import wording
from rulebook.problems import unheard_of
from rulebook.rule import Term, Yuan

#: Whoever writes more than this has mistaken the unit.
PermitLasts = Annotated[int, Field(strict=True, gt=0, le=120)]
VisitLasts = Annotated[int, Field(strict=True, gt=0, le=240)]
Minutes = Annotated[int, Field(strict=True, gt=0, le=60)]
Hours = Annotated[int, Field(strict=True, gt=0, le=72)]


class EntryReasons(Term):
    """The special reasons (特殊情况) for which the bank lets a home be entered."""

    key = "visit.entry_reasons"
    allowed: frozenset[str]

    @field_validator("allowed")
    @classmethod
    def _have_names(cls, allowed: frozenset[str]) -> frozenset[str]:
        """Refuse a reason that nobody could be told, in one of our languages."""
        named = wording.named("entry_reason")
        for reason in sorted(allowed - named):
            raise unheard_of("entry-reason", reason, named)
        return allowed


class PermitMinutes(Term):
    """How long the permit for each act is good. An act left out is not settled by it."""

    key = "visit.permit_minutes"
    check_in: PermitLasts | None = None
    discuss_debt: PermitLasts | None = None
    enter_premises: PermitLasts | None = None
    collect_cash: PermitLasts | None = None
    hand_over_letter: PermitLasts | None = None
    ask_third_party: PermitLasts | None = None
    show_payment_code: PermitLasts | None = None

    def settles(self, act: Act) -> bool:
        return self.of(act) is not None

    def of(self, act: Act) -> int | None:
        """Return the minutes for one act, if they are set."""
        minutes: int | None = getattr(self, act.value, None)
        return minutes


class VisitMinutes(Term):
    """How long a visit is expected to take, so that its end can be judged too."""

    key = "visit.expected_minutes"
    minutes: VisitLasts


class WaitMinutes(Term):
    """How long a pair may stay at a door where nobody is met."""

    key = "visit.wait_minutes"
    minutes: Minutes


class ExitMinutes(Term):
    """How long leaving may take once somebody objected or took their leave back."""

    key = "visit.exit_minutes"
    minutes: Minutes


class WarnMinutes(Term):
    """How long before its window ends a pair that is at a door is warned (4.05)."""

    key = "visit.warn_minutes"
    first: Minutes
    last: Minutes


class PartnerMinutes(Term):
    """How long one collector may wait for the other before both are told of it."""

    key = "visit.partner_minutes"
    minutes: Minutes


class EndEarlyMinutes(Term):
    """How long ending and leaving may take once one of the pair cannot go on."""

    key = "visit.end_early_minutes"
    minutes: Minutes


class ClosingHours(Term):
    """How long after its planned end a visit that nobody has checked out of stays open."""

    key = "visit.closing_hours"
    hours: Hours


class SealHours(Term):
    """How long after its end a visit is sealed at the latest, whatever is missing then."""

    key = "visit.seal_hours"
    hours: Hours


class Knocks(Term):
    """How often a pair knocks, and how long it waits, before it says that nobody opens."""

    key = "visit.knocks"
    at_least: Annotated[int, Field(strict=True, gt=0, le=10)]
    minutes: Minutes


class ClimbSeconds(Term):
    """How long a call for help waits for somebody to act before more people are told."""

    key = "help.climb_seconds"
    seconds: Annotated[int, Field(strict=True, gt=0, le=600)]


class ReportHours(Term):
    """By when the bank reports violence or duress at a door to the police (21.054)."""

    key = "danger.report_hours"
    hours: Hours


class BankingHours(Term):
    """By when the cash of a receipt must be paid in (缴存): 4.34 says promptly."""

    key = "cash.banking_hours"
    hours: Hours


class ReceiptMinutes(Term):
    """By when a receipt (收条) must be given for what was taken: 4.33 says with it."""

    key = "cash.receipt_minutes"
    minutes: Minutes


class MoneyLeftMinutes(Term):
    """By when money that was pressed on a pair and left behind must be reported."""

    key = "cash.money_left_minutes"
    minutes: Minutes


class FourEyes(Term):
    """Above which sum, in yuan, two officers must allow cash. The sum itself needs one."""

    key = "cash.four_eyes_above"
    above: Yuan


class Covered(Term):
    """How much of a talk must be recorded for it to be proven (18.03, 21.079, 21.088)."""

    key = "recording.coverage"
    percent: Annotated[int, Field(strict=True, gt=0, le=100)]


class GapSeconds(Term):
    """From how long on a gap in a recording is one, and how far two clocks may differ."""

    key = "recording.gap_seconds"
    seconds: Annotated[int, Field(strict=True, gt=0, le=600)]
    tolerance_s: Annotated[int, Field(strict=True, gt=-1, le=60)]


class AwaitHours(Term):
    """By when after a visit its recordings must be here; later, there is none."""

    key = "recording.await_hours"
    hours: Hours


class FilmInside(Term):
    """Film is for the shared side of the door; inside only if the debtor agrees to it."""

    key = "recording.film_inside"
