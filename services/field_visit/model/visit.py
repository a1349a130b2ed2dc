"""A visit: two collectors, a door, and how far they have come."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Conflict
from proto.base import Sealed
from proto.decision import Decision
from proto.dispatch import Place
from proto.facts import PersonMet
from proto.field_visit import (
    Cause,
    Ending,
    VisitState,
)
from proto.places import Position
from services.field_visit.model.code import BankCode
from services.field_visit.model.course import REFUSED, STEPS, Due, Move
from services.field_visit.model.door import Door, Noted
from services.field_visit.model.leave import Leave, LeaveKind

#: How slow a phone's clock may be before what it dates is not believed (C.04 allows
#: a presence of this age).
CLOCK_SLACK = timedelta(seconds=180)
#: Whoever forgot to end a shift is not on duty by it the next morning: longer than this
#: nobody works, and it lets a shift go on over midnight.
LONGEST_SHIFT = timedelta(hours=16)
#: After these a check-out that comes late says nothing new.
NOT_AS_PLANNED = (Ending.ENDED_EARLY, Ending.NEVER_ENDED)


@dataclass
class CheckedIn:
    """One collector, present, as far from the door as the phone says.

    `where` is that place itself, once it was unsealed.
    """

    id: UUID
    collector_id: UUID
    device_id: UUID
    distance_m: float
    accuracy_m: float
    present_at: datetime
    where: Position | None = field(default=None, compare=False, repr=False)


@dataclass
class Visit:
    """A call by two named collectors at one door, for one case.

    `siblings` are the other visits to the case, locked with it. `due` is when it will be
    looked at for what; `danger_at` when somebody called for help from it. `shifts` are the
    pair's phones on which a shift has begun and not ended; nothing when that was not
    looked for; `began` is when each did. By an `appointment_id` the door is where the
    debtor said they would be, and not their own. `codes` are read where one is to be
    shown. `left_by` are those of the pair who have checked out, None where it was over
    before that was noted; `parts` is how often it was sealed.
    """

    id: UUID
    case_id: UUID
    agency_id: UUID
    collectors: tuple[UUID, ...]
    letter_id: UUID
    place: Sealed
    sheet: Sealed
    zone: str
    not_before: datetime
    not_after: datetime
    books: tuple[str, ...]
    state: VisitState
    cleared_until: datetime | None
    entry_reason: str | None
    entry_from: datetime | None
    entry_until: datetime | None
    ending: Ending | None
    badge: Sealed | None = None
    badge_blind: str | None = None
    paper_id: UUID | None = None
    paper_template: str | None = None
    paper_how: str | None = None
    appointment_id: UUID | None = None
    cause: Cause | None = None
    danger_at: datetime | None = None
    due: dict[Due, datetime] = field(default_factory=dict)
    nonce: UUID | None = None
    left_by: tuple[UUID, ...] | None = ()
    closed_at: datetime | None = None
    parts: int = 0
    shifts: frozenset[UUID] | None = None
    began: dict[UUID, datetime] = field(default_factory=dict)
    siblings: list["Visit"] = field(default_factory=list, compare=False, repr=False)
    leaves: list[Leave] = field(default_factory=list)
    codes: list[BankCode] = field(default_factory=list, compare=False, repr=False)
    here: list[CheckedIn] = field(default_factory=list)
    facts: list[Noted] = field(default_factory=list)
    where: Place | None = None

    @cached_property
    def door(self) -> Door:
        """What has happened at the door, by all that has arrived."""
        return Door.of(self.facts)

    def take(self, noted: Noted) -> bool:
        """Let one more fact count. True when it ended whatever permit there was."""
        door = self.door
        met = door.person_met
        self.facts.append(noted)
        door.take(noted)
        return isinstance(noted.fact, PersonMet) and met not in (None, noted.fact.relation)

    def heed_shift(self, device_id: UUID, begins: bool, at: datetime | None) -> None:
        """Let a shift begin or end on one of the pair's phones, at a moment."""
        if self.shifts is not None:
            mine = {device_id}
            self.shifts = self.shifts | mine if begins else self.shifts - mine
        if at is not None:
            self.began[device_id] = at

    def on_shift(self, device_id: UUID, at: datetime) -> bool | None:
        """Tell whether a shift had begun and was still that one, at a moment."""
        if self.shifts is None:
            return None
        began = self.began.get(device_id)
        lasts = began is not None and self.shift_lasts(began, at)
        return lasts and device_id in self.shifts

    def shift_lasts(self, began: datetime, at: datetime) -> bool:
        """Tell whether a shift is of this day at the door, or of the night before it."""
        if at - began < LONGEST_SHIFT:
            return True
        return self.local(began).date() == self.local(at).date()

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the wall clock at the debtor's door."""
        return moment.astimezone(ZoneInfo(self.zone))

    def open_for(self, now: datetime) -> None:
        """Refuse what comes before or after the time the visit was planned for.

        Raises Conflict.
        """
        self.refuse_over()
        if not self.not_before <= now < self.not_after:
            raise Conflict(
                "outside-plan",
                now=self.local(now).isoformat(timespec="minutes"),
                not_before=self.local(self.not_before).isoformat(timespec="minutes"),
                not_after=self.local(self.not_after).isoformat(timespec="minutes"),
            )

    def go(self, move: Move) -> VisitState:
        """Make a move; return how far the visit was before it.

        Raises Conflict when there is no such move from here, or its guard refuses it.
        """
        before = self.state
        if (step := STEPS.get((before, move))) is None:
            raise Conflict(REFUSED.get(before, "not-checked-in"), key=str(self.id))
        if step.guard:
            getattr(self, step.guard)()
        self.state = step.to
        return before

    def refuse_inside(self) -> None:
        """Raises Conflict while the pair is inside."""
        if self.door.inside:
            raise Conflict("still-inside", key=str(self.id))

    def refuse_unless_at_the_gate(self) -> None:
        """Raises Conflict unless the pair was turned away before it reached the door (S4).

        It has never checked in: the gate was as far as it came, in its own time.
        """
        at = self.door.turned_away_at
        if at is None or not self.not_before <= at < self.not_after:
            raise Conflict("not-checked-in", key=str(self.id))

    def refuse_closed(self) -> None:
        """Raises Conflict when the visit is over."""
        if self.state is VisitState.CLOSED:
            raise Conflict(REFUSED[self.state], key=str(self.id))

    def refuse_over(self) -> None:
        """Raises Conflict when the visit is over, or the pair was told to leave."""
        if self.state in (VisitState.CLOSED, VisitState.LEAVING):
            raise Conflict(REFUSED[self.state], key=str(self.id))

    def refuse_uncleared(self, now: datetime) -> None:
        """Raises Conflict when the pair is not cleared to be here now."""
        self.open_for(now)
        if self.state is not VisitState.CLEARED or self.cleared_until is None:
            raise Conflict("not-checked-in", key=str(self.id))
        if now >= self.cleared_until:
            until = self.local(self.cleared_until).isoformat(timespec="seconds")
            raise Conflict("permit-expired", until=until)

    def leave(self, *kinds: LeaveKind) -> Leave | None:
        """Return the newest leave of these kinds, if there is one."""
        return next((one for one in reversed(self.leaves) if one.kind in kinds), None)

    @property
    def code(self) -> BankCode | None:
        """The newest payment code of the case, where they were looked for."""
        return self.codes[-1] if self.codes else None

    def hour(self, now: datetime) -> Leave | None:
        """Return an hour that was named or vouched for and is now, if there is one."""
        kinds = (LeaveKind.APPOINTMENT, LeaveKind.HOUR)
        hours = (one for one in self.leaves if one.kind in kinds)
        hours = (one for one in hours if one.is_of(self.appointment_id))
        now_or_never = [one for one in hours if one.hour.covers(now)]
        mine = [one for one in now_or_never if one.free_for(self.id)]
        return next(iter(mine or now_or_never), None)

    def visited_on(self, day: date) -> bool:
        """Tell whether another visit to the case was at the door that day."""
        ends = (other.cleared_until for other in self.siblings)
        return any(end and self.local(end).date() == day for end in ends)

    def present(self, collector_id: UUID) -> CheckedIn | None:
        """Return where a collector checked in, if so."""
        return next((c for c in self.here if c.collector_id == collector_id), None)

    @property
    def missing(self) -> UUID | None:
        """Whoever has not checked in while the other has, if it is so."""
        away = [each for each in self.collectors if self.present(each) is None]
        return away[0] if len(away) == len(self.collectors) - 1 else None

    def has_phone(self, device_id: UUID) -> bool:
        """Tell whether somebody checked in with this phone."""
        return any(each.device_id == device_id for each in self.here)

    def has_permit(self, now: datetime) -> bool:
        """Tell whether the pair is allowed anything now."""
        if self.state is not VisitState.CLEARED:
            return False
        used = (leave.used_until for leave in self.leaves if leave.used_by == self.id)
        ends = (self.cleared_until, self.entry_until, *used)
        return any(end and end > now for end in ends)

    def clear(self, until: datetime | None) -> bool:
        """Let the pair knock until then. True the first time only."""
        self.go(Move.CLEAR)
        news, self.cleared_until = self.cleared_until is None, until
        return news

    def arrive(self) -> None:
        """Note that somebody is here who may not, or not yet, knock."""
        self.go(Move.WAIT)

    def send_away(self, now: datetime) -> bool:
        """Take back what was allowed before. True when something was."""
        before = self.go(Move.SEND_AWAY)
        self.end_permit(now)
        return before is VisitState.CLEARED

    def cut_short(self, cause: Cause, now: datetime) -> bool:
        """Let the pair do nothing more but end and leave. False when it was told before.

        Danger stands before any other cause. Raises Conflict when the visit is over.
        """
        news = self.go(Move.CUT_SHORT) is not VisitState.LEAVING
        if self.cause is None or cause is Cause.DANGER:
            news, self.cause = news or self.cause is not cause, cause
        self.end_permit(now)
        for what in (Due.PARTNER, Due.MET):
            self.due.pop(what, None)
        return news

    def permit_entry(self, reason: str | None, decision: Decision) -> None:
        """Let the pair in from now on, as long as the decision is good."""
        self.entry_reason = reason
        self.entry_from, self.entry_until = decision.decided_at, decision.good_until

    def end_permit(self, at: datetime) -> bool:
        """Let nobody in from then on; who went in before was let in. True when news."""
        if self.entry_until is None or self.entry_until <= at:
            return False
        self.entry_until = at
        return True

    def may_be_inside(self, at: datetime) -> bool:
        """Tell whether a live permit covers an entry at this moment of a phone's clock."""
        if self.entry_from is None or self.entry_until is None:
            return False
        return self.entry_from - CLOCK_SLACK <= at < self.entry_until

    def close(self, ending: Ending, now: datetime, cause: Cause | None = None) -> bool:
        """End the visit as its pair says. False when it was ended so before.

        One that was cut short ended early, whatever is said; one that ran out stays so.
        Raises Conflict when it ended otherwise, never began, or the pair is inside.
        """
        if self.state is VisitState.CLOSED and self.ending in (ending, *NOT_AS_PLANNED):
            return False
        turned_back = ending is Ending.NOT_ADMITTED
        self.go(Move.TURN_BACK if turned_back else Move.CHECK_OUT)
        ended = Ending.ENDED_EARLY if self.cause else ending
        self.end(ended, self.cause or cause, now)
        return True

    def run_out(self, now: datetime) -> None:
        """End a visit that nobody has ended. Raises Conflict when it is over."""
        self.go(Move.RUN_OUT)
        early = self.cause is not None
        self.end(Ending.ENDED_EARLY if early else Ending.NEVER_ENDED, self.cause, now)

    def end(self, ending: Ending, cause: Cause | None, now: datetime) -> None:
        self.ending, self.cause, self.due = ending, cause, {}
        self.closed_at = now
        if self.cleared_until:  # what is said afterwards helps nobody
            self.cleared_until = min(self.cleared_until, now)
        self.end_permit(now)

    def note_left(self, person_id: UUID | None) -> None:
        """Note that one of the pair has checked out."""
        if self.left_by is None:
            return
        if person_id in self.collectors and person_id not in self.left_by:
            self.left_by = (*self.left_by, person_id)

    @property
    def both_left(self) -> bool:
        """Whether each of the pair has checked out."""
        return self.left_by is not None and set(self.left_by) >= set(self.collectors)

    @property
    def ended_at(self) -> datetime:
        """When it was over; when it should have been, where nobody noted that."""
        return self.closed_at or self.not_after

    @property
    def in_danger(self) -> bool:
        """Whether somebody is, or was, in danger at this visit: nobody need leave (S13)."""
        return self.danger_at is not None or self.cause is Cause.DANGER

    @property
    def endangered(self) -> bool:
        """Whether one of this pair called for help at another visit to the case (S13)."""
        before = (other for other in self.siblings if other.danger_at is not None)
        return any(set(other.collectors) & set(self.collectors) for other in before)

    def fallen(self, now: datetime) -> list[Due]:
        """Return what it is to be looked at for by now, each once, the earliest first."""
        found = sorted((at, what) for what, at in self.due.items() if at <= now)
        for _, what in found:
            del self.due[what]
        return [what for _, what in found]

    def refuse_swap(self, leaves: UUID) -> None:
        """Raises Conflict when somebody has been there, or it is another pair's visit."""
        self.refuse_closed()
        if self.state is not VisitState.PLANNED or self.here or self.facts:
            raise Conflict("visit-begun", key=str(self.id))
        if leaves not in self.collectors:
            raise Conflict("not-of-the-pair", key=str(leaves))

    def swap(self, leaves: UUID, comes: UUID, letter_id: UUID) -> None:
        """Have another go instead of one of the pair, by another letter.

        Raises Conflict.
        """
        self.refuse_swap(leaves)
        pair = (comes if each == leaves else each for each in self.collectors)
        self.collectors, self.letter_id = tuple(pair), letter_id

    def row(self) -> dict[str, Any]:
        """Return the columns that may have changed."""
        return {
            "state": self.state,
            "cleared_until": self.cleared_until,
            "entry_reason": self.entry_reason,
            "entry_from": self.entry_from,
            "entry_until": self.entry_until,
            "ending": self.ending,
            "cause": self.cause,
            "danger_at": self.danger_at,
            "due": {what.value: at.isoformat() for what, at in self.due.items()},
            "look_at": min(self.due.values(), default=None),
            "left_by": None if self.left_by is None else list(self.left_by),
            "closed_at": self.closed_at,
        }
