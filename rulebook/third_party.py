"""Asking somebody else (第三方) where the debtor is: with their leave, and no more.

Who may be told of the debt is another matter (`rulebook/identity.py:DebtorOnly`): nobody.
"""

from rulebook.facts import DoorFacts, Locating
from rulebook.identity import DEBTOR
from rulebook.rule import LOCATE, Breach, NotKnowable, Rule, known

AGREES, OPEN = "agrees", "open"


class LocateConsent(Rule):
    """They are asked whether they may be asked, and agree (4.18).

    Of the debtor, or of nobody, there is nothing to ask.
    """

    key = "third_party.consent"
    acts = LOCATE
    reads = frozenset({"locating", "person_met"})
    ways = ("the_debtor", "not_asked", "not_given")

    def breach(self, facts: DoorFacts) -> Breach | None:
        if known(facts.person_met, "person_met") == DEBTOR:
            return self.broken("the_debtor")
        answer = _locating(facts).answer
        if answer is None:
            return self.broken("not_asked")
        return None if answer == AGREES else self.broken("not_given")


class TalkEnded(Rule):
    """Once they do not know, will not say or are annoyed, it is over (4.20)."""

    key = "third_party.ended"
    acts = LOCATE
    reads = frozenset({"locating"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if _locating(facts).answer in (None, AGREES) else self.broken()


class LocateOnly(Rule):
    """To find the debtor, or to verify something; never to collect (13.11)."""

    key = "third_party.locate_only"
    acts = LOCATE
    reads = frozenset({"locating"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if _locating(facts).purpose in ("locate", "verify") else self.broken()


class IntroducedToThem(Rule):
    """They too hear on whose behalf they are asked (13.10)."""

    key = "third_party.introduced"
    acts = LOCATE
    reads = frozenset({"introduced"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.introduced else self.broken()


class LocatePermit(Rule):
    """The bank lets this case's third parties be asked, once: a term of the contract."""

    key = "third_party.permit"
    acts = LOCATE
    reads = frozenset({"locating"})
    ways = ("missing", "used", "expired", "revoked")

    def breach(self, facts: DoorFacts) -> Breach | None:
        permit = _locating(facts).permit
        if permit == OPEN:
            return None
        if permit is not None and permit not in self.ways:
            raise NotKnowable("locating")
        return self.broken(permit or "missing")


class NotDisturbed(Rule):
    """Nothing is collected by way of anybody else, in any way at all (21.037)."""

    key = "third_party.not_disturbed"
    acts = LOCATE
    reads = frozenset[str]()

    def breach(self, facts: DoorFacts) -> Breach | None:
        return self.broken()


def _locating(facts: DoorFacts) -> Locating:
    """Return what is to be asked, and what they said to being asked."""
    return known(facts.locating, "locating")
