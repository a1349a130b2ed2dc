"""What was done is judged by when it can have been done, and by what could be known then.

Hours on the whole interval: outside for certain is a breach, perhaps outside a suspicion.
What a recall or a hold forbade is no breach of a phone that could not have heard of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import rulebook
from chassis.unit import Unit
from proto import ids
from proto.decision import Act, Decision, Reason
from proto.facts import Entered
from proto.field_visit import (
    BreachRecorded,
    BreachSuspected,
    EntryVerdict,
)
from proto.journal import Entry
from proto.workforce import DeviceStanding, DeviceState
from rulebook import DoorFacts
from services.field_visit import store
from services.field_visit.handlers import judging
from services.field_visit.handlers.facts import Asked, facts_of
from services.field_visit.model import (
    CLOCK_SLACK,
    Noted,
    Timed,
    Visit,
    speaks_against,
    verdict_table,
)

HOURS = "contact.window"
#: Norms that rest on what others say of a case, a person, a phone or a paper.
OF_STANDINGS = frozenset(
    {
        "visit.mandate",
        "visit.address_open",
        "visit.letter",
        "visit.min_visitors",
        "special.care",
        "staff.certificate",
        "staff.in_service",
    }
)
#: Of longer than this nothing can be known.
LONGEST = timedelta(hours=48)
FINE, BREACH = EntryVerdict.FINE, EntryVerdict.BREACH
SUSPECTED, UNKNOWING = EntryVerdict.SUSPECTED, EntryVerdict.UNKNOWING


@dataclass(frozen=True)
class Written:
    """An entry that was just written, by which phone, and whether it may help the pair.

    `at` is when it was: what its phone says, within the bounds that `when` gives.
    """

    device_id: UUID
    entry: Entry
    at: datetime
    counts: bool
    when: Timed

    @property
    def earliest(self) -> datetime:
        """The earliest moment it can have been. A phone without an anchor is believed."""
        known = self.when.span.earliest
        return known if self.when.anchored and known else self.at

    @property
    def latest(self) -> datetime:
        return self.when.span.latest

    @property
    def heard_by(self) -> datetime:
        """Until when another phone can have dated what was so before this."""
        return (self.latest if self.when.anchored else self.at) + CLOCK_SLACK


@dataclass(frozen=True)
class Found:
    """A verdict, the clauses it names, and the decision it rests on."""

    verdict: EntryVerdict
    clauses: tuple[str, ...] = ()
    decision_id: UUID | None = None


def judge_deed(visit: Visit, act: Act, asked: Asked, written: Written, unit: Unit) -> None:
    """Judge what was done by what was known there then; mark it if it broke a rule."""
    mark(visit, act, written, judged(visit, act, asked, written, unit), unit)


def judged(visit: Visit, act: Act, asked: Asked, written: Written, unit: Unit) -> Found:
    """Say what the rules make of what was done, by what was known there then."""
    then = as_it_was(replace(visit, facts=believed(visit, unit)), written)
    facts = over_at_once(facts_of(then, unit, replace(asked, at=written.at)))
    facts = replace(facts, on_duty=on_duty(visit, written, unit))
    decision = judging.decide(visit, act, facts, unit)
    return weigh(then, act, facts, decision, written, unit)


def as_it_was(visit: Visit, written: Written) -> Visit:
    """Return a visit without what was said only later: neither noes nor yeses.

    A yes of the other phone may be dated later by as much as two honest clocks differ; what
    this phone noted before the deed came before it, whatever its clock says.
    """

    def known(each: Noted) -> bool:
        if each.device_id == written.device_id and not speaks_against(each.fact):
            return True
        return each.at <= (written.at if each.undoes else written.heard_by)

    return replace(visit, facts=[each for each in visit.facts if known(each)])


def on_duty(visit: Visit, written: Written, unit: Unit) -> bool | None:
    """Tell whether the pair was on duty then, as far as their journals say otherwise.

    Of the deed's own phone by the order of its journal; the other one's shift may have
    ended since.
    """
    if visit.shifts is None or not visit.here:
        return None
    others = {here.device_id for here in visit.here} - {written.device_id}
    away = others - visit.shifts
    if away and store.off_duty(unit.connection, away, written.at):
        return False
    return written.device_id in visit.shifts


def believed(visit: Visit, unit: Unit) -> list[Noted]:
    """Return what was noted at the door: it helps the pair where they were cleared then.

    A permit asks whether they are cleared now; a deed is of its own moment, and what was
    said before it may arrive when the visit is long over. What a lost phone notes helps
    nobody.
    """
    until = visit.cleared_until
    if until is None or all(each.counts for each in visit.facts):
        return visit.facts
    since = store.cleared_since(unit.connection, visit.id)
    here = unit.kept_all(DeviceStanding, [each.device_id for each in visit.here])
    mine = {k for k, each in here.items() if each.state is DeviceState.ENROLLED}

    def helps(each: Noted) -> bool:
        then = since is not None and since <= each.at + CLOCK_SLACK
        return then and each.at < until and each.device_id in mine

    return [each._replace(counts=each.counts or helps(each)) for each in visit.facts]


def over_at_once(facts: DoorFacts) -> DoorFacts:
    """A deed is a moment: what follows it is judged by itself."""
    return replace(facts, ends_at=facts.starts_at)


def weigh(
    visit: Visit,
    act: Act,
    facts: DoorFacts,
    decision: Decision,
    written: Written,
    unit: Unit,
) -> Found:
    """Say what a decision on a moment means for a deed that lies within bounds."""
    always, never, hours = by_the_hour(visit, act, facts, written)
    others = [each for each in decision.reasons if each.key != HOURS]
    for_sure, unsure, unknown = by_what_was_known(visit, act, facts, others, written, unit)
    if not always:
        for_sure = [*for_sure, *hours]
    elif not never:
        unsure = [*unsure, *hours]
    parts = ((BREACH, for_sure), (SUSPECTED, unsure), (UNKNOWING, unknown))
    for verdict, reasons in parts:
        if reasons:
            return Found(verdict, clauses(reasons), decision.decision_id)
    return Found(FINE, (), decision.decision_id)


def clauses(reasons: Sequence[Reason]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.clause for reason in reasons))


def by_the_hour(
    visit: Visit, act: Act, facts: DoorFacts, written: Written
) -> tuple[bool, bool, list[Reason]]:
    """Tell whether it may be, and whether it must be, within the hours; and what if not."""
    found: list[Reason] = []
    inside = outside = False
    for moment in moments(visit, act, facts, written):
        local = visit.local(moment)
        asked = replace(facts, starts_at=local, ends_at=local)
        verdict = rulebook.judge(act, asked, visit.books, local.date())
        against = [reason for reason in verdict.reasons if reason.key == HOURS]
        outside, inside = outside or bool(against), inside or not against
        found += against
    if written.latest - written.earliest > LONGEST:
        inside = outside = True
    return inside, not outside, found


def moments(visit: Visit, act: Act, facts: DoorFacts, written: Written) -> list[datetime]:
    """Return the bounds of the interval, and every moment between at which hours change."""
    first, last = written.earliest, min(written.latest, written.earliest + LONGEST)
    found, noon = {first, last}, visit.local(first).replace(hour=12)
    while noon.date() <= visit.local(last).date():
        then = replace(facts, starts_at=noon, ends_at=noon)
        turns = rulebook.turns(act, then, visit.books, noon.date())
        folded = (turn.replace(fold=fold) for turn in turns for fold in (0, 1))
        found |= {each.astimezone(UTC) for each in folded}
        noon += timedelta(days=1)
    return sorted(each for each in found if first <= each <= last)


def by_what_was_known(
    visit: Visit,
    act: Act,
    facts: DoorFacts,
    reasons: Sequence[Reason],
    written: Written,
    unit: Unit,
) -> tuple[list[Reason], list[Reason], list[Reason]]:
    """Part what speaks against a deed: surely, perhaps, or unknown to the phone then.

    What somebody took back counts from then on, and for whoever can have heard of it.
    """
    of_theirs = [each for each in reasons if each.key in OF_STANDINGS]
    ours = [each for each in reasons if each.key not in OF_STANDINGS]
    withdrawn = store.withdrawals(unit.connection, visit.id)
    if not withdrawn or said_here(visit):
        return list(reasons), [], []
    live = [each for each in withdrawn if each.live(written.earliest, written.latest)]
    if not live:
        return ours, [], []
    if not of_theirs:  # it holds again by now
        of_theirs = mandate_ended(visit, act, facts)
    since = min(each.at for each in live)
    phone = written.device_id, unit.by
    heard = store.contacts(unit.connection, visit.id, *phone, since)
    if any(at <= written.earliest for at in heard):
        return [*ours, *of_theirs], [], []
    if any(at <= written.latest for at in heard):
        return ours, of_theirs, []
    return ours, [], of_theirs


def said_here(visit: Visit) -> bool:
    """Tell whether it was at this door that somebody said what ends the mandate."""
    door = visit.door
    return bool(door.disputed or door.complained or door.special or door.wrong_address)


def mandate_ended(visit: Visit, act: Act, facts: DoorFacts) -> list[Reason]:
    ended = replace(facts, mandate_in_force=False)
    verdict = rulebook.judge(act, ended, visit.books, facts.starts_at.date())
    return [each for each in verdict.reasons if each.key == "visit.mandate"]


def mark(visit: Visit, act: Act, written: Written, found: Found, unit: Unit) -> None:
    """Keep a verdict, and tell of a breach or a suspicion."""
    unit.write(
        verdict_table,
        id=ids.named("verdict", f"{written.device_id}/{written.entry.seq}"),
        visit_id=visit.id,
        device_id=written.device_id,
        seq=written.entry.seq,
        verdict=found.verdict,
        clauses=list(found.clauses),
        decision_id=found.decision_id,
        at=unit.now,
    )
    says = {BREACH: BreachRecorded, SUSPECTED: BreachSuspected}.get(found.verdict)
    if says is not None:
        about: dict[str, Any] = judging.about(visit, unit) | {"at": written.at}
        about |= {"decision_id": found.decision_id, "clauses": found.clauses}
        unit.emit(says(**about, act=act), visit.case_id)


def judge_entry(visit: Visit, written: Written, unit: Unit) -> None:
    """The pair went in: judge it by what was known there then; keep it, and mark a breach.

    A reason lapses with its permit, so without one 4.28 always speaks against it. What
    arrives late is judged by its permit alone: standings of today may not be those of
    that moment. A permit that was taken back is still one to a phone that cannot know.
    """
    assert isinstance(written.entry.fact, Entered)
    covered = visit.may_be_inside(written.at)
    if covered and unit.now - written.at > CLOCK_SLACK:
        return mark(visit, Act.ENTER_PREMISES, written, Found(FINE), unit)
    reason = visit.entry_reason if covered else None
    if not covered and (
        store.withdrawals(unit.connection, visit.id) or was_before(visit, written)
    ):
        reason = store.permitted(unit.connection, visit.id, written.at, CLOCK_SLACK)
    asked = Asked(entry_reason=reason)
    return judge_deed(visit, Act.ENTER_PREMISES, asked, written, unit)


def was_before(visit: Visit, written: Written) -> bool:
    """Tell whether it was before the newest permit: then an earlier one may cover it."""
    return visit.entry_from is not None and written.at < visit.entry_from
