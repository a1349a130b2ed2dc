"""How a simulated phone sends a file: by tus 1.0, from where it was left off."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorstep.client import Answer, Gateway
from proto import ids

UPLOADS, VERSION = "/v1/uploads", {"Tus-Resumable": "1.0.0"}
#: Bytes of one PATCH, and how often a line may break before the phone gives up for now.
PIECE, TRIES = 1 << 20, 5
#: These say that what the phone knows of the upload is no longer so: ask, and go on.
ASK_AGAIN = {409, 423, 429, 460, 503}


@dataclass(frozen=True)
class Taken:
    """A photo or a recording that a phone has made. `media_type` as in RFC 6838."""

    content: bytes
    media_type: str
    captured_at: datetime
    media_id: UUID

    @classmethod
    def now(cls, content: bytes, media_type: str, at: datetime) -> "Taken":
        return cls(content, media_type, at, ids.new())

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def send(gateway: Gateway, visit_id: UUID, device_id: UUID, taken: Taken) -> Answer:
    """Announce a file and send it whole; the answer to its last piece, or a refusal."""
    made = gateway.raw("POST", UPLOADS, announcement(visit_id, device_id, taken))
    if made.status_code not in (200, 201):
        return Answer(made.status_code)
    return send_rest(gateway, f"{UPLOADS}/{taken.media_id}", taken.content)


def announcement(visit_id: UUID, device_id: UUID, taken: Taken) -> dict[str, str]:
    """Return the headers by which a file is announced."""
    metadata = {
        "media_id": str(taken.media_id),
        "visit_id": str(visit_id),
        "device_id": str(device_id),
        "filetype": taken.media_type,
        "sha256": taken.sha256,
        "captured_at": taken.captured_at.isoformat(),
    }
    return VERSION | {
        "Upload-Length": str(len(taken.content)),
        "Upload-Metadata": written(metadata),
    }


def send_rest(gateway: Gateway, path: str, content: bytes) -> Answer:
    """Send what the gateway does not have yet, piece by piece."""
    answer = Answer(0)
    for _ in range(TRIES):
        head = gateway.raw("HEAD", path, VERSION)
        offset = int(head.headers.get("Upload-Offset", 0))
        answer = Answer(head.status_code, {"offset": offset})
        while offset < len(content):
            piece = content[offset : offset + PIECE]
            patched = gateway.raw("PATCH", path, about(offset), piece)
            answer = Answer(patched.status_code, {"offset": offset + len(piece)})
            if patched.status_code != 204:
                break
            offset += len(piece)
        if answer.ok or answer.status not in ASK_AGAIN:
            break
    return answer


def about(offset: int) -> dict[str, str]:
    type_ = {"Content-Type": "application/offset+octet-stream"}
    return VERSION | type_ | {"Upload-Offset": str(offset)}


def written(metadata: Mapping[str, str]) -> str:
    """Return the metadata as tus writes them: each name, and its value in base64."""
    return ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}"
        for name, value in metadata.items()
    )
