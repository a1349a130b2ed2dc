"""A photo, sound or film of a visit: what was said of it, and what a worker found in it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto.media import Inspection, MediaKind, ReceiveMedia

#: What a worker is asked to do with each.
INSPECT = {
    MediaKind.PHOTO: "inspect_photo",
    MediaKind.AUDIO: "inspect_audio",
    MediaKind.VIDEO: "inspect_video",
}


@dataclass
class Media:
    """One file of a visit. `counts`: its phone was enrolled when it came."""

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
