"""A collector's day: where to go next, and what a visit still lacks before it is over."""

from enum import StrEnum
from uuid import UUID

from proto.base import Command, Moment, Reply, Value
from proto.decision import Text
from proto.field_visit.words import Ending, VisitState


class ShowDay(Command):
    """Where do I go today, in which order, and what is not done yet?"""


class Missing(StrEnum):
    """What is still to be seen to before a check-out, or what of it has not arrived."""

    NOT_CHECKED_IN = "not_checked_in"
    PARTNER_NOT_CHECKED_IN = "partner_not_checked_in"
    STILL_INSIDE = "still_inside"
    RECORDING_RUNNING = "recording_running"
    CONDUCT_CHECKLIST = "conduct_checklist"
    OWN_JOURNAL = "own_journal"
    PARTNER_JOURNAL = "partner_journal"
    CASH_WITHOUT_RECEIPT = "cash_without_receipt"
    MEDIA_NOT_RECEIVED = "media_not_received"


class StillMissing(Value):
    """One of these things, in words."""

    what: Missing
    says: Text


class DayVisit(Value):
    """One visit of the day. Of one that is `withdrawn` there is nothing else to say.

    `distance_m`: from the door before in this list, to a hundred metres; the first has
    none, nor has one that is over.
    """

    visit_id: UUID
    withdrawn: bool
    state: VisitState
    not_before: Moment
    not_after: Moment
    zone: str
    ending: Ending | None = None
    distance_m: int | None = None
    missing: tuple[StillMissing, ...] = ()


class Day(Reply):
    """The visits of a collector's day: those that are over, those to go to, in an order
    to go by, and those that are withdrawn.
    """

    visits: tuple[DayVisit, ...]
