"""What has happened at a door, folded from the journals of two phones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from proto.field_visit import (
    ConsentGiven,
    ConsentWithdrawn,
    Entered,
    Fact,
    Identified,
    Introduced,
    Left,
    Objected,
    PersonMet,
    Relation,
)


class Noted(NamedTuple):
    """A fact, when its phone says it was, and whether it may speak for the pair.

    What was noted before the pair was cleared, or by a phone that was revoked, is kept
    and speaks against the pair only.
    """

    fact: Fact
    at: datetime
    counts: bool

    @property
    def undoes(self) -> bool:
        """Whether it can take away what was so before."""
        match self.fact:
            case ConsentGiven(answer="refused"):
                return True
            case ConsentWithdrawn() | Objected() | PersonMet():
                return True
        return False


@dataclass
class Door:
    """What is known of a door. What is said once stays said; doubt always wins.

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

    def take(self, noted: Noted) -> None:
        """Let one more fact count."""
        fact, at, counts = noted
        match fact:
            case PersonMet():
                self.meet(fact.relation, counts)
            case ConsentGiven(answer="refused") | ConsentWithdrawn():
                self.hear_no(fact.by, at)
            case Objected():
                self.objection = True
            case Entered() | Left():
                self.move(isinstance(fact, Entered), at)
            case _ if counts:
                self.take_for_the_pair(fact, at)

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

    def meet(self, relation: Relation, counts: bool) -> None:
        """Somebody opened: neither who was identified before, nor who consented."""
        if relation is not self.person_met:
            self.identified_at, self.items = None, 0
            self.consent_by, self.consent_at = None, None
            self.consent_after_identified = False
        if counts or relation is not Relation.DEBTOR:
            self.person_met = relation

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
