"""A whole visit from the first knock to the way out, and doors that nobody may ask of."""

from chaos.crews.acts import ALONE, REFUSED, UNCLEARED, Acts
from chaos.crews.crew import Planned
from proto.facts import (
    ConsentGiven,
    Entered,
    Identified,
    Introduced,
    Left,
    PersonMet,
    Recording,
    Relation,
)
from proto.field_visit import DiscussDebt

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
DEBTOR = PersonMet(relation=Relation.DEBTOR)
CONFIRMED = Identified(name_said=True, items=("card_tail", "birth_year"))
CONSENT = ConsentGiven(answer="given", by=Relation.DEBTOR)
REASON = "limited_mobility"


def whole(acts: Acts, visit: Planned) -> None:
    """From the first knock to the way out, now and then against the rules."""
    if acts.now_and_then(0.15):
        alone(acts, visit)
    acts.check_in(visit, "200")
    acts.journal(visit, RECORDING, INTRODUCED, DEBTOR)
    if acts.now_and_then(0.12):
        acts.discuss(visit, REFUSED, forbidden=True)
    if acts.now_and_then(0.10):
        acts.enter(visit, REASON, REFUSED, forbidden=True)
    acts.discuss(visit, "200", facts=(CONFIRMED,))
    if acts.now_and_then(0.12):
        acts.enter(visit, REASON, REFUSED, forbidden=True)
    if acts.now_and_then(0.05):
        acts.journal(visit, Entered(), Left())  # a breach: kept, and marked
    if acts.now_and_then(0.12):
        acts.enter(visit, None, REFUSED, facts=(CONSENT,), forbidden=True)
        acts.enter(visit, REASON, "200")
    else:
        acts.enter(visit, REASON, "200", facts=(CONSENT,))
    acts.journal(visit, Entered(), Left())
    if acts.now_and_then(0.3):
        acts.both_leave(visit)
    else:  # it is sealed when its time is up
        acts.check_out(visit)


def alone(acts: Acts, visit: Planned) -> None:
    """One of them is here and asks: wait, and no word of the debt."""
    first = acts.crew.door.pair[:1]
    acts.check_in(visit, ALONE, pair=first, forbidden=True)
    if acts.now_and_then(0.5):
        acts.discuss(visit, UNCLEARED, forbidden=True)


def trespass(acts: Acts, visit: Planned) -> None:
    """Somebody asks about a door of another agency: it does not exist for them."""
    other = acts.luck.choice(acts.crew.strangers)
    acts.check_in(other, "404 not-found", forbidden=True)
    acts.ask(DiscussDebt, other, {}, "404 not-found", forbidden=True)
    whole(acts, visit)
