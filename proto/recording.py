"""What of a visit is recorded: shown on its line, and judged when no more is to come."""

from typing import Literal
from uuid import UUID

from proto.base import Command, Moment, Reply, Value
from proto.facts import Stopped
from proto.media import MediaKind


class JudgeRecording(Command):
    """Is all here by now that was recorded? Said by a visit to itself, some hours on."""

    visit_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class ShowCoverage(Command):
    """What of a visit is recorded, for those who may see it."""

    visit_id: UUID


class SegmentShown(Value):
    """A part of the talk that one file has recorded, on one of the two phones."""

    device_id: UUID
    media_id: UUID
    kind: MediaKind
    begins_at: Moment
    ends_at: Moment


class GapShown(Value):
    """A part that no file has recorded. `reason` is what the phones said of it, if so."""

    begins_at: Moment
    ends_at: Moment
    seconds: float
    reason: Stopped | None


class LeftOutShown(Value):
    """A file that counts for nothing: a fault, or why it has no place in the talk."""

    media_id: UUID
    why: str


class InsideShown(Value):
    """A film that was made inside, though the debtor had not agreed: a suspicion."""

    media_id: UUID
    begins_at: Moment
    ends_at: Moment


NotProven = Literal["recording_unset", "recording_short", "recording_gap"]


class CoverageShown(Reply):
    """How much of a talk is recorded: on whichever phone, in seconds, and as a share of 1.

    `begins_at` and `ends_at` are absent where nobody was spoken with. `ended_at` is when
    the visit was over, absent while it is not; `judged_at` when all had come, or was late.
    `percent` is what the contract asks for, `not_proven` why it is not that. `restricted`:
    this is for the bank alone, and whoever else asks is told nothing of it (S3).
    """

    visit_id: UUID
    restricted: bool = False
    ended_at: Moment | None = None
    judged_at: Moment | None = None
    begins_at: Moment | None = None
    ends_at: Moment | None = None
    talk_s: float = 0
    recorded_s: float = 0
    filmed_s: float = 0
    share: float | None = None
    percent: int | None = None
    phones: tuple[UUID, ...] = ()
    segments: tuple[SegmentShown, ...] = ()
    gaps: tuple[GapShown, ...] = ()
    left_out: tuple[LeftOutShown, ...] = ()
    filmed_inside: tuple[InsideShown, ...] = ()
    not_proven: tuple[NotProven, ...] = ()
