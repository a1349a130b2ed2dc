"""What a crew does at a door: whole visits, and the ways in which they go wrong.

What must not be allowed is asked as well, and marked `forbidden`; so is whatever comes
later than a second after a hold or a revocation was acknowledged.
"""

from collections.abc import Callable

from chaos.acts import ALONE, LEAVING, REFUSED, UNCLEARED, Acts
from chaos.asking import GaveUp
from chaos.crew import Planned
from chaos.ledger import Told
from proto.dispatch import HoldCase, ResumeCase
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
from proto.letters import RevokeAuthorisation
from proto.workforce import RevokeDevice

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
DEBTOR = PersonMet(relation=Relation.DEBTOR)
CONFIRMED = Identified(name_said=True, items=("card_tail", "birth_year"))
CONSENT = ConsentGiven(answer="given", by=Relation.DEBTOR)
REASON = "limited_mobility"


def version_of(told: Told) -> int:
    """The version of the case that an answer shows; 1 when there is none, as if unseen."""
    reply = told.answer and told.answer.reply
    return int((reply or {}).get("version", 1))


class Stories(Acts):
    """One crew at work, until it is told to stop or has nothing more to do."""

    gave_up = ""

    def run(self) -> None:
        try:
            while self.crew.visits and not self.stop.is_set():
                self.next_story()(self.crew.visits.popleft())
            self.repeater.repeat(every=True)
        except GaveUp as error:  # the phone's journal cannot go on behind an unknown
            self.gave_up = f"{error} was never answered"
        except Exception as error:  # ours: a crew that stumbles must not look like a rest
            self.gave_up = f"the crew itself failed: {type(error).__name__}"
            raise

    def next_story(self) -> Callable[[Planned], None]:
        chance = self.luck.random()
        if chance < 0.12:
            return self.held
        if chance < 0.16 and self.crew.spares:
            return self.lost_phone
        if chance < 0.20 and self.crew.doomed:
            return self.revoked_letter
        if chance < 0.25 and self.crew.strangers:
            return self.trespass
        return self.whole

    def whole(self, visit: Planned) -> None:
        """From the first knock to the way out, now and then against the rules."""
        if self.now_and_then(0.15):
            self.alone(visit)
        self.check_in(visit, "200")
        self.journal(visit, RECORDING, INTRODUCED, DEBTOR)
        if self.now_and_then(0.12):
            self.discuss(visit, REFUSED, forbidden=True)
        if self.now_and_then(0.10):
            self.enter(visit, REASON, REFUSED, forbidden=True)
        self.discuss(visit, "200", facts=(CONFIRMED,))
        if self.now_and_then(0.12):
            self.enter(visit, REASON, REFUSED, forbidden=True)
        if self.now_and_then(0.05):
            self.journal(visit, Entered(), Left())  # a breach: kept, and marked
        if self.now_and_then(0.12):
            self.enter(visit, None, REFUSED, facts=(CONSENT,), forbidden=True)
            self.enter(visit, REASON, "200")
        else:
            self.enter(visit, REASON, "200", facts=(CONSENT,))
        self.journal(visit, Entered(), Left())
        self.check_out(visit)

    def alone(self, visit: Planned) -> None:
        """One of them is here and asks: wait, and no word of the debt."""
        first = self.crew.door.pair[:1]
        self.check_in(visit, ALONE, pair=first, forbidden=True)
        if self.now_and_then(0.5):
            self.discuss(visit, UNCLEARED, forbidden=True)

    def held(self, visit: Planned) -> None:
        """The bank holds the case while the pair is at the door, and resumes it."""
        self.check_in(visit, "200")
        if self.now_and_then(0.5):
            self.journal(visit, RECORDING, INTRODUCED, DEBTOR, CONFIRMED)
        case, officer, why = visit.case_id, self.crew.officer, {"reason": "disputed"}
        held = self.asked_by(officer, HoldCase, case, why, "200")
        if self.now_and_then(0.5):
            self.discuss(visit, "200", REFUSED, UNCLEARED, "409 permit-revoked")
        self.past(held)
        for _ in range(self.luck.randint(1, 3)):
            self.ask_what_is_forbidden(visit)
        seen = why | {"version": version_of(held)}
        self.asked_by(officer, ResumeCase, case, seen, "200")
        self.check_in(visit, "200", REFUSED)
        self.check_out(visit)

    def lost_phone(self, visit: Planned) -> None:
        """A phone is revoked while its pair is at the door."""
        lost = self.crew.spares.pop()
        pair = (lost, self.crew.door.pair[1])
        self.check_in(visit, "200", pair=pair)
        device, why = lost.phone.device_id, {"reason": "left in a taxi"}
        self.past(self.asked_by(self.crew.boss, RevokeDevice, device, why, "200"))
        self.check_in(visit, LEAVING, pair=pair, forbidden=True)
        self.check_in(visit, LEAVING, forbidden=True)
        self.check_out(visit)

    def revoked_letter(self, planned: Planned) -> None:
        """The letter of a visit is revoked while its pair is at the door."""
        self.crew.visits.appendleft(planned)  # that one is for later
        letter, visit = self.crew.doomed.pop()
        self.check_in(visit, "200")
        why = {"reason": "the pair was changed"}
        officer = self.crew.officer
        self.past(self.asked_by(officer, RevokeAuthorisation, letter, why, "200"))
        self.ask_what_is_forbidden(visit)
        self.check_out(visit)

    def trespass(self, visit: Planned) -> None:
        """Somebody asks about a door of another agency: it does not exist for them."""
        other = self.luck.choice(self.crew.strangers)
        self.check_in(other, "404 not-found", forbidden=True)
        self.ask(DiscussDebt, other, {}, "404 not-found", forbidden=True)
        self.whole(visit)

    def ask_what_is_forbidden(self, visit: Planned) -> None:
        if self.now_and_then(0.5):
            self.check_in(visit, REFUSED, LEAVING, forbidden=True)
        else:
            self.discuss(visit, REFUSED, UNCLEARED, LEAVING, forbidden=True)
