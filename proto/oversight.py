"""Oversight: the record across services, and what it shows.

Its views are made from the stream of all events, and can be made again from it. They hold
no personal data: whoever is shown here is shown by staff number, and a debtor not at all.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from proto.base import Command, Moment, Reply, Value
from proto.dispatch import HoldReason
from proto.field_visit import Watch

#: Where a page ended; opaque to whoever hands it back.
Cursor = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_\-]+$")]


class ShowBoard(Command):
    """The visits of a day that the asker may see, soonest first.

    A visit is of the day its window begins on, by the wall clock at its door. Without
    `day`: today.
    """

    day: date | None = None
    limit: int = Field(default=100, ge=1, le=500)
    after: Cursor | None = None


class ShowBankBoard(ShowBoard):
    """The same for the bank: all agencies, and why a case is not to be worked."""


class BoardState(StrEnum):
    """How far a visit is, as the events tell."""

    PLANNED = "planned"
    REFUSED = "refused"  # a check-in was refused, and none was ever allowed
    AT_DOOR = "at_door"
    INSIDE = "inside"
    LEFT = "left"


class Against(Value):
    """A refusal or a breach at a visit, and the clauses that it rests on."""

    event_id: UUID
    topic: str
    clauses: tuple[str, ...]
    decision_id: UUID | None
    at: Moment


class HelpAlert(Value):
    """Somebody at a door has called for help; open until a person acknowledged it.

    `told`: who else was told by now, because nobody had acted.
    """

    help_id: UUID
    collector: str
    called_at: Moment
    acknowledged_at: Moment | None = None
    told: Watch | None = None


class Duty(Value):
    """Something the bank has to report by then, by these clauses (21.054)."""

    danger_id: UUID
    clauses: tuple[str, ...]
    report_by: Moment
    reported_at: Moment | None = None


class BoardVisit(Value):
    """One visit on the board. `collectors` are staff numbers, `agency` its code.

    `withdrawn`: the case is not to be worked now; why is not said here. `against` are the
    newest refusals and breaches, at most five; `refusals` and `breaches` count all.
    `last_topic` was said last of all events about it that the asker may see, at `last_at`.
    """

    visit_id: UUID
    case_id: UUID
    case_number: str | None
    agency_id: UUID
    agency: str
    collectors: tuple[str, ...]
    zone: str
    not_before: Moment
    not_after: Moment
    state: BoardState
    ending: str | None
    cause: str | None = None
    withdrawn: bool
    against: tuple[Against, ...] = ()
    refusals: int = 0
    breaches: int = 0
    help: tuple[HelpAlert, ...] = ()
    media: int = 0
    faulty_media: int = 0
    last_topic: str
    last_at: Moment


class BankVisit(BoardVisit):
    """One visit as the bank sees it: why its case is held, what is still to be reported."""

    holds: tuple[HoldReason, ...] = ()
    duties: tuple[Duty, ...] = ()


class Board(Reply):
    """A page of the board, and how far the stream had been read when it was made.

    `position` (`epoch.offset`) goes into `Last-Event-ID` of `/v1/events`: then nothing
    between page and stream is missed.
    """

    day: date
    visits: tuple[BoardVisit, ...]
    next: Cursor | None = None
    position: str | None = None


class BankBoard(Board):
    """A page of the bank's board."""

    visits: tuple[BankVisit, ...]


class ShowTimeline(Command):
    """What happened at one visit, or in one case, across all services, in order.

    Exactly one of the two is given. Raises Invalid otherwise.
    """

    visit_id: UUID | None = None
    case_id: UUID | None = None
    limit: int = Field(default=100, ge=1, le=500)
    after: Cursor | None = None


class TimelineEntry(Value):
    """One event: when it happened, who said it, and its open fields.

    `at` is by whoever tells of it, a phone for one; `said_at` is when its service said it.
    """

    event_id: UUID
    at: Moment
    said_at: Moment
    topic: str
    source: str
    visit_id: UUID | None
    case_id: UUID | None
    clauses: tuple[str, ...]
    data: dict[str, Any]


class Timeline(Reply):
    """A page of a timeline, oldest first."""

    entries: tuple[TimelineEntry, ...]
    next: Cursor | None = None
