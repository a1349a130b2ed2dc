"""What was taken at a door: seen sharp, or heard, only for a reason that is kept."""

from enum import StrEnum
from uuid import UUID

from proto.base import Command, Moment, Reply, Role, Value


class LookReason(StrEnum):
    """Why somebody has to see or hear it as it was."""

    AUDIT = "audit"
    COMPLAINT = "complaint"
    COURT = "court"
    SUPERVISION = "supervision"
    DEBTOR_ASKED = "debtor_asked"  # the person concerned asked what is kept of them


class Looked(StrEnum):
    """What was looked at."""

    SHARP = "sharp"  # a photo without its metadata
    ORIGINAL = "original"  # a photo as it was received, with all that its camera wrote
    SOUND = "sound"
    FILM = "film"
    BUNDLE = "bundle"  # the evidence of a visit, with its files
    REPORT = "report"  # the page that is made of it


class LookAtMedia(Command):
    """See a photo sharp, or hear and see a recording, and have it kept who did and why.

    `original`: a photo as it was received, for the bank alone.
    """

    media_id: UUID
    reason: LookReason
    original: bool = False


class ShowLooks(Command):
    """Who looked at what was taken at a visit, and why."""

    visit_id: UUID


class LookShown(Value):
    """One look. `by` is an account; `media_id` is absent where it was a whole bundle."""

    what: Looked
    media_id: UUID | None
    by: str
    role: Role
    reason: LookReason
    at: Moment


class LooksShown(Reply):
    """The looks at a visit, the newest first. `more`: there are earlier ones."""

    visit_id: UUID
    looks: tuple[LookShown, ...]
    more: bool = False
