"""A photo, sound or film of a visit: what was said of it, and what a worker found in it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto import ids
from proto.media import DeletionReason, Inspection, MediaKind, ReceiveMedia

#: What a worker is asked to do with each.
INSPECT = {
    MediaKind.PHOTO: "inspect_photo",
    MediaKind.AUDIO: "inspect_audio",
    MediaKind.VIDEO: "inspect_video",
}
#: And once it is deleted; the copies that go with it, by their names in what was found.
DELETE = "delete_media"
COPIES = ("thumbnail", "stripped", "blurred")


def erasure_of(media_id: UUID) -> UUID:
    """Return under which id the visit's record says that a file was erased."""
    return ids.named("erasure", str(media_id))


@dataclass
class Media:
    """One file of a visit. `counts`: its phone was enrolled when it came. Once it is
    deleted only its row is left.
    """

    id: UUID
    visit_id: UUID
    device_id: UUID
    kind: MediaKind
    media_type: str
    sha256: str
    size: int
    captured_at: datetime
    received_at: datetime
    counts: bool
    found: Inspection | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    deleted_why: DeletionReason | None = None

    def says(self, command: ReceiveMedia) -> bool:
        """Tell whether this file is told once more, whenever it came the second time."""
        return (
            self.id,
            self.visit_id,
            self.device_id,
            self.kind,
            self.media_type,
            self.sha256,
            self.size,
            self.captured_at,
        ) == (
            command.media_id,
            command.visit_id,
            command.device_id,
            command.kind,
            command.media_type,
            command.sha256,
            command.size,
            command.captured_at,
        )
