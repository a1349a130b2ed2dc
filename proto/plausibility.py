"""How plausible the positions of a visit are: scores, and what the person says to them.

A finding never decides anything. Whom it is about reads it and may answer.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from proto.base import Command, Moment, Reply, Value
from proto.decision import Text

#: A number that a score was made from; its name ends with its unit. Moments are text.
Number = float | int | str


class Signal(StrEnum):
    """What may speak against a phone's word of where it was."""

    MOCK_FLAG = "mock_flag"
    IMPOSSIBLE_SPEED = "impossible_speed"
    FROZEN_FIX = "frozen_fix"
    ZERO_VARIANCE = "zero_variance"
    TARGET_COPIED = "target_copied"
    REPLAYED_TRACK = "replayed_track"
    PAIR_MISMATCH = "pair_mismatch"
    EXIF_CONTRADICTION = "exif_contradiction"
    REUSED_PHOTO = "reused_photo"
    EDITED_PHOTO = "edited_photo"
    SCREEN_PHOTO = "screen_photo"
    STRIPPED_PHOTO = "stripped_photo"
    #: A datum said wrongly, 400 to 600 m off: a hint that counts for nothing.
    DATUM_HINT = "datum_hint"


Share = Annotated[float, Field(ge=0, le=1)]


class Found(Value):
    """A signal that speaks against what one collector's phone said at a visit."""

    signal: Signal
    score: Share
    says: Annotated[str, Field(max_length=64)]
    numbers: dict[str, Number]


class Scored(Value):
    """One collector's positions at a visit. `combined` is what the signals come to;
    `fixes` is how many positions were looked at, `refused` how many of them lay outside
    the shift and were not.
    """

    collector_id: UUID
    combined: Share
    fixes: int
    refused: int
    found: tuple[Found, ...]


class NoteScores(Command):
    """A worker has looked at a visit's positions. Sent by the job to its service.

    Of two looks the later one counts, whichever is told first.
    """

    visit_id: UUID
    looked_at: Moment
    scored: tuple[Scored, ...]

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class LetPositionsGo(Command):
    """Forget where people stood, once it was kept long enough and is no evidence."""


class ShowPlausibility(Command):
    """What was found in the positions of a visit; a collector sees what is about them."""

    visit_id: UUID


class ReplyToFinding(Command):
    """The person whom a finding is about says something to it; as often as they like."""

    reply_id: UUID
    visit_id: UUID
    finding_id: UUID
    text: Annotated[str, Field(min_length=1, max_length=2000)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class ReplyShown(Value):
    """What the person said to a finding; absent when the case was shredded since."""

    reply_id: UUID
    at: Moment
    text: str | None


class FindingShown(Value):
    """A finding with its numbers, its sentence in both languages, and the replies.

    `superseded_at` is set once the visit was looked at again and other numbers came out:
    what somebody may have answered is not rewritten.
    """

    finding_id: UUID
    signal: Signal
    score: Share
    numbers: dict[str, Number]
    says: Text
    at: Moment
    superseded_at: Moment | None
    replies: tuple[ReplyShown, ...]


class ScoreShown(Value):
    """What one collector's positions come to. `worth_a_look` is no verdict."""

    collector_id: UUID
    combined: Share
    worth_a_look: bool
    fixes: int
    refused: int
    at: Moment
    findings: tuple[FindingShown, ...]


class PlausibilityShown(Reply):
    """The scores of a visit; empty while nobody has looked at its positions."""

    visit_id: UUID
    scores: tuple[ScoreShown, ...]


class ReplyKept(Reply):
    """The reply stands beside the finding."""

    reply_id: UUID
    finding_id: UUID
