"""What must not be allowed, asked all the same: seven kinds, each crew by turns.

Now and then a pair does what was refused and tells of it afterwards: what happened is
kept, and marked as a breach.
"""

import time
from collections.abc import Callable

from chaos.crews import attempts
from chaos.crews.acts import ALONE, LEAVING, REFUSED, UNCLEARED, Acts
from chaos.crews.sorts import Planned
from chaos.crews.stories import cash, certificate
from chaos.crews.stories.door import (
    CONFIRMED,
    CONSENT,
    DEBTOR,
    INTRODUCED,
    REASON,
    RECORDING,
    talk_and_go,
    whole,
)
from proto.facts import ConsentGiven, Entered, Left, PartnerGone, Relation
from proto.field_visit import DiscussDebt
from proto.pack import Deed, Met

OVER = "409 outside-plan"
OF_A_RELATIVE = ConsentGiven(answer="given", by=Relation.PARENT)


def by_turns(acts: Acts, visit: Planned) -> None:
    """Try what this crew has not tried for longest; nothing where it has no door for it."""
    crew = acts.crew
    kind = attempts.BY_TURNS[crew.turn % len(attempts.BY_TURNS)]
    crew.turn += 1
    CAN_TRY.get(kind, whole)(acts, visit)


def without_consent(acts: Acts, visit: Planned) -> None:
    """To come in before anybody is known, without consent, by a relative's, for nothing."""
    acts.check_in(visit, "200")
    acts.journal(visit, RECORDING, INTRODUCED, DEBTOR)
    if acts.now_and_then(0.3):
        acts.discuss(visit, REFUSED, forbidden=attempts.UNIDENTIFIED)
    if acts.now_and_then(0.2):
        acts.enter(visit, REASON, REFUSED, forbidden=attempts.NOBODY_KNOWN)
    acts.discuss(visit, "200", facts=(CONFIRMED,))
    word = (OF_A_RELATIVE,) if acts.now_and_then(0.3) else ()
    acts.enter(visit, REASON, REFUSED, facts=word, forbidden=attempts.NO_CONSENT)
    if acts.now_and_then(0.3):
        acts.journal(visit, Entered(), Left())  # a breach: kept, and marked
    if acts.now_and_then(0.3):
        no_reason = attempts.NO_REASON
        acts.enter(visit, None, REFUSED, facts=(CONSENT,), forbidden=no_reason)
        acts.enter(visit, REASON, "200")
    else:
        acts.enter(visit, REASON, "200", facts=(CONSENT,))
    acts.journal(visit, Entered(), Left())
    acts.check_out(visit)


def one_visitor(acts: Acts, visit: Planned) -> None:
    """One of them is here and asks; or the other goes, and who is left asks."""
    if acts.now_and_then(0.5):
        first = acts.crew.door.pair[:1]
        acts.check_in(visit, ALONE, pair=first, forbidden=attempts.ONE_VISITOR)
        if acts.now_and_then(0.8):
            acts.discuss(visit, UNCLEARED, forbidden=attempts.LEFT_ALONE)
        whole(acts, visit)
        return
    acts.check_in(visit, "200")
    acts.journal(visit, RECORDING, INTRODUCED, DEBTOR, CONFIRMED, PartnerGone(cause="ill"))
    acts.discuss(visit, LEAVING, forbidden=attempts.LEFT_ALONE)
    if acts.now_and_then(0.8):
        acts.enter(visit, REASON, LEAVING, forbidden=attempts.LEFT_ALONE)
    acts.check_out(visit)


def expired_pack(acts: Acts, visit: Planned) -> None:
    """A visit of a pack that is over: the pack says no, and so does the platform."""
    sorts, kind = acts.crew.sorts, attempts.PACK_EXPIRED.kind
    if not sorts.has(kind) or sorts.pack is None or sorts.over_at is None:
        return whole(acts, visit)
    over, clock = sorts.next(kind), acts.crew.door.platform
    time.sleep(max(0.0, (sorts.over_at - clock.now()).total_seconds()))
    said = sorts.pack.says(over.visit_id, Deed.CHECK_IN, Met.DEBTOR, clock.now())
    if said.allowed:
        raise AssertionError(f"a pack that is over says {said}")
    acts.check_in(over, OVER, forbidden=attempts.PACK_EXPIRED)
    if acts.now_and_then(0.8):
        acts.discuss(over, OVER, forbidden=attempts.PACK_EXPIRED)
    return whole(acts, visit)


def other_agency(acts: Acts, visit: Planned) -> None:
    """Somebody asks about a door of another agency: it does not exist for them."""
    if acts.crew.strangers:
        other, not_ours = acts.luck.choice(acts.crew.strangers), attempts.OTHER_AGENCY
        acts.check_in(other, "404 not-found", forbidden=not_ours)
        if acts.now_and_then(0.8):
            acts.ask(DiscussDebt, other, {}, "404 not-found", forbidden=not_ours)
    whole(acts, visit)


def after_hours(acts: Acts, visit: Planned) -> None:
    """To knock where it is night at that moment."""
    sorts, kind = acts.crew.sorts, attempts.AFTER_HOURS.kind
    if not sorts.has(kind):
        return whole(acts, visit)
    night = sorts.next(kind)
    acts.check_in(night, REFUSED, forbidden=attempts.AFTER_HOURS)
    if acts.now_and_then(0.8):
        acts.discuss(night, UNCLEARED, forbidden=attempts.TURNED_AWAY)
    acts.check_out(night)
    return whole(acts, visit)


def uncertified(acts: Acts, visit: Planned) -> None:
    """A certificate is taken back, before the visit or while the pair is at the door."""
    if acts.now_and_then(0.6) or not acts.crew.visits:
        certificate.taken_back_before(acts, visit)
    else:
        certificate.taken_back_meanwhile(acts, visit)
        visit = acts.crew.visits.popleft()
    certificate.given_back(acts, visit)
    talk_and_go(acts, visit)


CAN_TRY: dict[str, Callable[[Acts, Planned], None]] = {
    attempts.NO_CONSENT.kind: without_consent,
    attempts.NO_AUTHORITY.kind: cash.without_authority,
    attempts.ONE_VISITOR.kind: one_visitor,
    attempts.PACK_EXPIRED.kind: expired_pack,
    attempts.OTHER_AGENCY.kind: other_agency,
    attempts.AFTER_HOURS.kind: after_hours,
    attempts.UNCERTIFIED.kind: uncertified,
}
