"""Photos, sound and film from a door: what is kept of each, and what a worker found in it.

The bytes are kept once under their SHA-256 and never rewritten; here are only facts about
them. A file is kept as it was received even when nothing can be read in it.
"""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from proto.base import Command, Moment, Reply, Value
from proto.pictures import Picture

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class MediaKind(StrEnum):
    PHOTO = "photo"
    AUDIO = "audio"
    VIDEO = "video"


#: What may be sent, by its media type (RFC 6838).
MEDIA_TYPES: dict[str, MediaKind] = {
    "image/jpeg": MediaKind.PHOTO,
    "image/png": MediaKind.PHOTO,
    "image/webp": MediaKind.PHOTO,
    "audio/mp4": MediaKind.AUDIO,  # AAC, as phones record it
    "audio/ogg": MediaKind.AUDIO,  # Opus
    "audio/mpeg": MediaKind.AUDIO,
    "audio/wav": MediaKind.AUDIO,
    "video/mp4": MediaKind.VIDEO,  # H.264 and AAC, as phones record it
    "video/webm": MediaKind.VIDEO,
}


class ReceiveMedia(Command):
    """A file has arrived whole: so many bytes with this digest, from this phone.

    Sent by the gateway on behalf of the collector who uploaded it. `captured_at` is what
    the phone claims, `received_at` when its last byte was stored.
    """

    media_id: UUID
    visit_id: UUID
    device_id: UUID
    kind: MediaKind
    media_type: Annotated[str, Field(max_length=64)]
    sha256: Sha256
    size: int = Field(ge=1, le=2**53 - 1)
    captured_at: Moment
    received_at: Moment

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class Fault(StrEnum):
    """Why a file is no evidence, or less of one. It is kept all the same."""

    MISSING = "missing"  # the store does not have it, or has other bytes
    OTHER_TYPE = "other_type"  # not what it was said to be
    UNREADABLE = "unreadable"  # cut short, flipped, or no picture or sound at all
    TOO_LARGE = "too_large"  # more than 40 megapixels, or longer than a visit can be
    TOO_LONG_TO_READ = "too_long_to_read"  # the child ran out of its time
    TOO_MUCH_MEMORY = "too_much_memory"  # or out of its memory
    NO_SOUND = "no_sound"  # silent from end to end


class Inspection(Value):
    """What a worker found in a file: of a photo its size in pixels and what EXIF claims,
    of sound its length in seconds and how much of it is silent or clipped (shares of 1);
    of film both, and the seconds of sound in it, 0 where it has none.

    `blurred`, its `thumbnail` and `stripped` are digests of copies without any metadata; in
    the first two nobody can be known. A position in EXIF is noted as such here.
    """

    fault: Fault | None = None
    width: int | None = None
    height: int | None = None
    taken_at: Moment | None = None
    has_position: bool = False
    seconds: float | None = None
    silent: float | None = None
    clipped: float | None = None
    sound_s: float | None = None
    thumbnail: Sha256 | None = None
    stripped: Sha256 | None = None
    blurred: Sha256 | None = None


class NoteInspection(Command):
    """A worker has looked at a file. Sent by the job to its service, under its id.

    `picture` is what a photo says of itself, for comparing.
    """

    late: ClassVar[bool] = True

    media_id: UUID
    visit_id: UUID
    found: Inspection
    picture: Picture | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class DeletionReason(StrEnum):
    """Why a file is deleted. A closed list: nobody can write a name into it."""

    ASKED = "person_asked"  # PIPL, art. 47
    TERM_OVER = "term_over"
    ORDERED = "ordered"  # by a court or an authority
    MISTAKE = "taken_by_mistake"
    SHREDDED = "case_shredded"


class MediaShown(Reply):
    """One file of a visit. `found` is absent while it has not been looked at; `counts`
    is false of what a phone sent that had been revoked. With `deleted_at` its bytes are
    gone, and `deleted_why` says why.
    """

    media_id: UUID
    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    device_id: UUID
    kind: MediaKind
    media_type: str
    sha256: Sha256
    size: int
    captured_at: Moment
    received_at: Moment
    counts: bool = True
    found: Inspection | None = None
    deleted_at: Moment | None = None
    deleted_why: DeletionReason | None = None


class DeleteMedia(Command):
    """Compliance has one file deleted: its bytes and copies go, its row stays and says so.
    Refused while the case is under a legal hold. Saying so again is harmless.
    """

    media_id: UUID
    reason: DeletionReason


class MediaGone(Reply):
    """It is deleted since then; its bytes go with the next job of a worker."""

    media_id: UUID
    deleted_at: Moment


class MediaKept(Reply):
    """It is on the visit's record."""

    media_id: UUID
    new: bool = True


class ShowMedia(Command):
    """One file, for those who may see its visit."""

    media_id: UUID


class ListMedia(Command):
    """The files of a visit in the order they were captured, for those who may see it."""

    visit_id: UUID


class MediaList(Reply):
    """The files of a visit. `restricted`: somebody was met who could not follow, and what
    was taken there is for the bank alone; whoever else asks is told of none (S3).
    """

    media: tuple[MediaShown, ...]
    restricted: bool = False
