"""A letter (催收函) from hand to hand, or into the debtor's own letterbox."""

from rulebook.facts import DoorFacts
from rulebook.identity import DEBTOR
from rulebook.rule import HAND_OVER, Breach, Excuse, Rule, Yuan, known

IN_PERSON, LETTERBOX, POSTED = "in_person", "letterbox", "posted"


class NotPosted(Rule):
    """No paper is put up where others can read it (4.23, 21.089)."""

    key = "letter.not_posted"
    acts = HAND_OVER
    reads = frozenset({"handing"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return self.broken() if known(facts.handing, "handing") == POSTED else None


class ToTheDebtor(Rule):
    """To the debtor in person, or into the debtor's own letterbox (4.24).

    In person it is for the debtor once identified; the letterbox is for paper that was
    planned for it, plain and sealed.
    """

    key = "letter.to_debtor"
    acts = HAND_OVER
    reads = frozenset({"handing", "identity_confirmed", "paper", "person_met"})
    ways = ("not_identified", "not_for_letterbox", "neither")

    def breach(self, facts: DoorFacts) -> Breach | None:
        handing = known(facts.handing, "handing")
        if handing == IN_PERSON:
            identified = facts.person_met == DEBTOR and facts.identity_confirmed is True
            return None if identified else self.broken("not_identified")
        if handing == LETTERBOX:
            planned = facts.paper is not None and facts.paper.how == LETTERBOX
            return None if planned else self.broken("not_for_letterbox")
        return self.broken("neither")


class Template(Rule):
    """Only paper written from a template that the bank approved (4.26, 13.14)."""

    key = "letter.template"
    acts = HAND_OVER
    reads = frozenset({"paper"})
    ways = ("missing", "not_approved")

    def breach(self, facts: DoorFacts) -> Breach | None:
        if facts.paper is None:
            return self.broken("missing")
        return None if facts.paper.approved is True else self.broken("not_approved")


class ToNobodyElse(Rule):
    """No letter to kin, an employer, a committee or anybody else (4.25, 13.17)."""

    key = "letter.no_third_party"
    acts = HAND_OVER
    reads = frozenset({"handing", "person_met"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        if known(facts.handing, "handing") == LETTERBOX:
            return None
        return None if known(facts.person_met, "person_met") == DEBTOR else self.broken()


class OpenCase(Rule):
    """No letter once the debt is paid or the case handed back (13.18)."""

    key = "letter.open_case"
    acts = HAND_OVER
    reads = frozenset({"mandate_in_force"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        if known(facts.mandate_in_force, "mandate_in_force"):
            return None
        return self.broken()


class MinAmount(Rule):
    """No letter for a debt of `above` yuan or less (13.15).

    How much is owed is not known at a door, by design; 13.16 excepts visits from it.
    """

    key = "letter.min_amount"
    acts = HAND_OVER
    reads = frozenset[str]()
    above: Yuan

    def breach(self, facts: DoorFacts) -> Breach | None:
        return self.broken(above=f"{self.above:,.2f}")


class OnAVisit(Excuse):
    """A letter handed over by a pair that is on a visit (13.16)."""

    key = "letter.on_a_visit"
    reads = frozenset({"handing", "here"})

    def granted(self, facts: DoorFacts) -> bool:
        return bool(facts.here) and facts.handing in (IN_PERSON, LETTERBOX)
