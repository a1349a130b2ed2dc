"""Who stands at the door, where, and on whose behalf."""

import math

from rulebook.facts import DoorFacts
from rulebook.identity import MEETING, nobody_met
from rulebook.rule import (
    CHECK_IN,
    EVERY_ACT,
    WITH_A_PERSON,
    Breach,
    Metres,
    NotKnowable,
    People,
    Rule,
    Seconds,
    known,
    measured,
)


class MinVisitors(Rule):
    """Nobody knocks alone (4.27). Only those the visit was planned for count."""

    key = "visit.min_visitors"
    acts = EVERY_ACT
    reads = frozenset({"here", "planned"})
    at_least: People

    def breach(self, facts: DoorFacts) -> Breach | None:
        here = len({one.collector_id for one in facts.here} & set(facts.planned))
        if here >= self.at_least:
            return None
        return self.broken(here=here, at_least=self.at_least)


class Mandate(Rule):
    """The case is with this agency now; without that, nothing is mandated (4.38)."""

    key = "visit.mandate"
    acts = EVERY_ACT
    reads = frozenset({"mandate_in_force"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        if known(facts.mandate_in_force, "mandate_in_force"):
            return None
        return self.broken()


class AuthorisationLetter(Rule):
    """A letter (授权书) for this day, pair and agency (4.15, 21.087)."""

    key = "visit.letter"
    acts = EVERY_ACT
    reads = frozenset({"here", "letter", "planned"})
    ways = ("missing", "revoked", "not_today", "other_agency", "other_people")

    def breach(self, facts: DoorFacts) -> Breach | None:
        letter = facts.letter
        if letter is None:
            return self.broken("missing")
        people = {*facts.planned, *(one.collector_id for one in facts.here)}
        flaws = {
            "revoked": letter.revoked is not False,
            "not_today": not letter.valid_on_day,
            "other_agency": not letter.for_agency,
            "other_people": not people or not people <= letter.names,
        }
        way = next((way for way, flawed in flaws.items() if flawed), None)
        return self.broken(way, number=letter.number) if way else None


class LetterShown(Rule):
    """The letter is shown before anything is said of the matter (4.15, 21.035)."""

    key = "visit.letter_shown"
    acts = WITH_A_PERSON
    reads = MEETING | {"letter_shown"}

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.letter_shown or nobody_met(facts) else self.broken()


class BadgeShown(Rule):
    """The badge (工作证件, 员工识别证) is worn and seen (4.15, 21.087)."""

    key = "visit.badge_shown"
    acts = WITH_A_PERSON
    reads = MEETING | {"badge_shown"}

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.badge_shown or nobody_met(facts) else self.broken()


class Introduced(Rule):
    """The pair has said whose mandate (委托身份) it holds (13.02, 21.034, 21.082)."""

    key = "visit.introduced"
    acts = WITH_A_PERSON
    reads = MEETING | {"introduced"}

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.introduced or nobody_met(facts) else self.broken()


class Recorded(Rule):
    """Whatever is said to anybody is recorded, from its first word (18.03, 21.079, 21.088).

    Announced and running: whoever objects is left in peace. Where a letter goes into a
    letterbox and nobody is met, nothing is said.
    """

    key = "visit.recorded"
    acts = WITH_A_PERSON
    reads = MEETING | {"recorded"}

    def breach(self, facts: DoorFacts) -> Breach | None:
        met = facts.recorded is True or nobody_met(facts)
        return None if met else self.broken()


class OnceADay(Rule):
    """Whoever was there today is not there again today: a term of the contract.

    For the sake of 21.036: coming back and back is harassment.
    """

    key = "visit.once_a_day"
    acts = CHECK_IN
    reads = frozenset({"visited_today"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.visited_today is False else self.broken()


class Certificate(Rule):
    """Everyone here holds the certificate (合格证书) of the trade (21.009)."""

    key = "staff.certificate"
    acts = EVERY_ACT
    reads = frozenset({"here"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        held = [known(one.certified, "certified") for one in _anyone(facts).here]
        return None if all(held) else self.broken()


class InService(Rule):
    """Everyone here works for the agency today: a term of the contract."""

    key = "staff.in_service"
    acts = EVERY_ACT
    reads = frozenset({"here"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        serving = [known(one.in_service, "in_service") for one in _anyone(facts).here]
        return None if all(serving) else self.broken()


class NeverAgain(Rule):
    """Who was in danger in a case does not go there again: a term of the contract."""

    key = "staff.never_again"
    acts = CHECK_IN
    reads = frozenset({"endangered"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.endangered is False else self.broken()


class OnDuty(Rule):
    """Everyone here has begun their shift and not ended it: a term of the contract.

    Only within it does the bank know who works, and only there are positions kept.
    """

    key = "staff.on_duty"
    acts = EVERY_ACT
    reads = frozenset({"here", "on_duty"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if known(_anyone(facts).on_duty, "on_duty") else self.broken()


class Together(Rule):
    """The two phones are where each other is: a term of the contract.

    Who is alone is not together with anybody, and is told so by `visit.min_visitors`.
    """

    key = "visit.together"
    acts = CHECK_IN
    reads = frozenset({"here", "apart_m"})
    within_m: Metres

    def breach(self, facts: DoorFacts) -> Breach | None:
        if len(facts.here) < 2:
            return None
        apart = measured(facts.apart_m, "apart_m")
        if apart <= self.within_m:
            return None
        return self.broken(apart_m=math.ceil(apart), within_m=round(self.within_m))


class AnsweredInTime(Rule):
    """A pairing code is answered at once, not sent about first: a term of the contract."""

    key = "visit.answered_in_time"
    acts = CHECK_IN
    reads = frozenset({"pairing"})
    within_s: Seconds

    def breach(self, facts: DoorFacts) -> Breach | None:
        if facts.pairing is None:
            return None
        took = measured(facts.pairing.answered_s, "answered_s")
        if took <= self.within_s:
            return None
        return self.broken(took_s=math.ceil(took), within_s=round(self.within_s))


class AtTheAddress(Rule):
    """The pair stands where the plan says the door is: a term of the contract."""

    key = "visit.at_the_address"
    acts = CHECK_IN
    reads = frozenset({"here"})
    within_m: Metres

    def breach(self, facts: DoorFacts) -> Breach | None:
        away = max(measured(one.distance_m, "distance_m") for one in _anyone(facts).here)
        if away <= self.within_m:
            return None
        return self.broken(away_m=math.ceil(away), within_m=round(self.within_m))


class PositionAccuracy(Rule):
    """A position so vague that it proves nothing is none: a term of the contract."""

    key = "visit.position_accuracy"
    acts = CHECK_IN
    reads = frozenset({"here"})
    within_m: Metres

    def breach(self, facts: DoorFacts) -> Breach | None:
        vague = max(measured(one.accuracy_m, "accuracy_m") for one in _anyone(facts).here)
        if vague <= self.within_m:
            return None
        return self.broken(accuracy_m=math.ceil(vague), within_m=round(self.within_m))


class PresenceFresh(Rule):
    """A presence is of now, not of this morning: a term of the contract."""

    key = "visit.presence_fresh"
    acts = CHECK_IN
    reads = frozenset({"here"})
    within_s: Seconds

    def breach(self, facts: DoorFacts) -> Breach | None:
        oldest = max(_ages(facts))
        if oldest <= self.within_s:
            return None
        return self.broken(age_s=math.ceil(oldest), within_s=round(self.within_s))


class PresenceClock(Rule):
    """A presence from the future has a clock that lies: a term of the contract."""

    key = "visit.presence_clock"
    acts = CHECK_IN
    reads = frozenset({"here"})
    ahead_s: Seconds

    def breach(self, facts: DoorFacts) -> Breach | None:
        ahead = -min(_ages(facts))
        if ahead <= self.ahead_s:
            return None
        return self.broken(ahead_s=math.ceil(ahead), within_s=round(self.ahead_s))


def _ages(facts: DoorFacts) -> list[float]:
    """Return the age of every presence; each of them is a number."""
    ages = [known(one.presence_age_s, "presence_age_s") for one in _anyone(facts).here]
    if not all(map(math.isfinite, ages)):
        raise NotKnowable("presence_age_s")
    return ages


def _anyone(facts: DoorFacts) -> DoorFacts:
    """Return the facts if somebody is here; of nobody, nothing can be known."""
    if not facts.here:
        raise NotKnowable("here")
    return facts
