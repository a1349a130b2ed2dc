"""What has happened at a door, folded from the journals of two phones."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Self
from uuid import UUID

from proto.facts import (
    AtTheGate,
    CashHanded,
    Circumstance,
    Claim,
    ComplaintMade,
    Conduct,
    ConsentGiven,
    ConsentWithdrawn,
    Disputed,
    Entered,
    Fact,
    Identified,
    Introduced,
    Knocked,
    Left,
    MediaNoted,
    Objected,
    PersonMet,
    Recording,
    Relation,
    Stopped,
    ThirdPartyAnswer,
    WrongAddress,
)

#: Facts that a door is folded from, or of which its day says that they are missing; all
#: others are no matter of permits.
MATTERS = (
    AtTheGate,
    Knocked,
    Conduct,
    MediaNoted,
    Introduced,
    PersonMet,
    Identified,
    ConsentGiven,
    ConsentWithdrawn,
    Objected,
    Entered,
    Left,
    Recording,
    ThirdPartyAnswer,
    Disputed,
    Circumstance,
    CashHanded,
    ComplaintMade,
    WrongAddress,
)


def speaks_against(fact: Fact) -> bool:
    """Tell whether a fact ends what the pair was allowed, whenever it is heard of."""
    match fact:
        case ConsentGiven(answer="refused") | ConsentWithdrawn() | Objected():
            return True
        case Disputed() | Circumstance() | ComplaintMade() | WrongAddress():
            return True
    return refuses_recording(fact)


def refuses_recording(fact: Fact) -> bool:
    """Tell whether a recorder stopped because somebody did not want it (S11)."""
    match fact:
        case Recording(running=False, reason=Stopped.OBJECTED):
            return True
    return False


class Noted(NamedTuple):
    """A fact, when its phone says it was, and whether it may speak for the pair.

    What was noted before the pair was cleared, or by a phone that was revoked, is kept
    and speaks against the pair only.
    """

    fact: Fact
    at: datetime
    counts: bool
    device_id: UUID | None = None

    @property
    def undoes(self) -> bool:
        """Whether it can take away what was so before."""
        match self.fact:
            case ConsentGiven(answer="refused"):
                return True
            case ConsentWithdrawn() | Objected() | PersonMet():
                return True
            case Disputed() | Circumstance() | ComplaintMade() | WrongAddress():
                return True
        return refuses_recording(self.fact)


@dataclass
class Door:
    """What is known of a door. What is said once stays said; doubt always wins.

    `spared` says that somebody was met who could not follow: a child, somebody confused.

    Facts are taken in the order they arrived. Two phones have two clocks: a yes needs
    both its arrival and its own date to be later than what it answers, a no neither.
    """

    mandate_declared: bool = False
    badge_shown: bool = False
    letter_shown: bool = False
    person_met: Relation | None = None
    identified_at: datetime | None = None
    items: int = 0
    consent_by: Relation | None = None
    consent_at: datetime | None = None
    consent_after_identified: bool = False
    withdrawn_at: datetime | None = None
    objection: bool = False
    moved_at: datetime | None = None
    inside: bool = False
    person_capable: bool = True
    spared: bool = False
    recorded: bool = False
    recording_refused: bool = False
    third_answer: str | None = None
    meetings: int = 0
    disputed: Claim | None = None
    special: bool = False
    complained: bool = False
    wrong_address: bool = False
    turned_away_at: datetime | None = None
    knocked_at: datetime | None = None
    handed: dict[UUID | None, Decimal] = field(default_factory=dict)
    knocked: dict[UUID | None, int] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Iterable[Noted]) -> Self:
        door = cls()
        for noted in facts:
            door.take(noted)
        return door

    @property
    def consent_withdrawn(self) -> bool:
        """Whether the debtor's last word was no."""
        withdrawn, given = self.withdrawn_at, self.consent_at
        return withdrawn is not None and (given is None or given <= withdrawn)

    @property
    def cash_handed(self) -> Decimal:
        """All that was taken: both phones may have noted the same handing."""
        return max(self.handed.values(), default=Decimal(0))

    @property
    def knocks(self) -> int:
        """How often the pair knocked: both phones may have noted the same knocking."""
        return max(self.knocked.values(), default=0)

    def take(self, noted: Noted) -> None:
        """Let one more fact count."""
        fact, at, counts, _ = noted
        match fact:
            case PersonMet():
                self.meet(fact, counts)
            case ConsentGiven(answer="refused") | ConsentWithdrawn():
                self.hear_no(fact.by, at)
            case Objected():
                self.objection = True
            case Entered() | Left():
                self.move(isinstance(fact, Entered), at)
            case Recording() | ThirdPartyAnswer() | CashHanded():
                self.note(fact, noted)
            case AtTheGate() | Knocked():
                self.come_near(fact, noted)
            case _ if counts:
                self.take_for_the_pair(fact, at)
        self.stop(fact)

    def note(self, fact: Recording | ThirdPartyAnswer | CashHanded, noted: Noted) -> None:
        """Take what helps the pair from a phone that counts, and the rest from any."""
        counts = noted.counts
        match fact:
            case Recording():
                helps = fact.announced and fact.running and not self.recording_refused
                self.recorded = helps if counts else self.recorded and helps
            case ThirdPartyAnswer():
                self.hear_third_party(fact, counts)
            case CashHanded():
                before = self.handed.get(noted.device_id, Decimal(0))
                self.handed[noted.device_id] = before + fact.amount

    def come_near(self, fact: AtTheGate | Knocked, noted: Noted) -> None:
        """Note how near the pair came to anybody, whoever wrote it down."""
        at = noted.at
        match fact:
            case AtTheGate():
                self.turned_away_at = None if fact.admitted else at
            case Knocked():
                before = self.knocked.get(noted.device_id, 0)
                self.knocked[noted.device_id] = before + fact.times
                self.knocked_at = min(self.knocked_at or at, at)

    def stop(self, fact: Fact) -> None:
        """Somebody may have said what ends the talk, whoever wrote it down."""
        match fact:
            case Disputed():
                self.disputed = fact.claim
            case Circumstance():
                self.special = True
            case ComplaintMade():
                self.complained = True
            case WrongAddress():
                self.wrong_address = True
            case Recording() if refuses_recording(fact):
                self.recording_refused, self.recorded = True, False

    def take_for_the_pair(self, fact: Fact, at: datetime) -> None:
        match fact:
            case Introduced():
                self.mandate_declared |= fact.mandate_declared
                self.badge_shown |= fact.badge_shown
                self.letter_shown |= fact.letter_shown
            case Identified():
                self.items = len(set(fact.items))
                self.identified_at = at if fact.name_said else None
            case ConsentGiven():
                self.hear_yes(fact.by, at)

    def meet(self, fact: PersonMet, counts: bool) -> None:
        """Somebody opened: neither who was identified before, nor who consented."""
        relation, self.person_capable = fact.relation, fact.capable
        self.spared = self.spared or not fact.capable
        self.third_answer, self.meetings = None, self.meetings + 1
        if relation is not self.person_met or relation is not Relation.DEBTOR:
            self.identified_at, self.items = None, 0
            self.consent_by, self.consent_at = None, None
            self.consent_after_identified = False
        if counts or relation is not Relation.DEBTOR:
            self.person_met = relation

    def hear_third_party(self, fact: ThirdPartyAnswer, counts: bool) -> None:
        """Take an answer to being asked. The first no is the last word (4.20)."""
        if self.third_answer in (None, "agrees") and (counts or fact.answer != "agrees"):
            self.third_answer = fact.answer

    def hear_yes(self, by: Relation, at: datetime) -> None:
        """Take a consent. Nobody else's replaces the debtor's own."""
        if self.consent_by is Relation.DEBTOR and by is not Relation.DEBTOR:
            return
        if self.consent_at is None or at >= self.consent_at:
            self.consent_by, self.consent_at = by, at
            identified = self.identified_at
            self.consent_after_identified = identified is not None and identified <= at

    def hear_no(self, by: Relation, at: datetime) -> None:
        """Take a no. The debtor's own may become a yes later; anybody else's stays."""
        if by is not Relation.DEBTOR:
            self.objection = True
        elif self.withdrawn_at is None or at > self.withdrawn_at:
            self.withdrawn_at = at

    def move(self, inside: bool, at: datetime) -> None:
        """Note where the pair is: by the later date, whichever arrives last."""
        if self.moved_at is None or at >= self.moved_at:
            self.inside, self.moved_at = inside, at
