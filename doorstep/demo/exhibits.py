"""What the story brings to a court: photos and sound that its phones took, a bundle, and
the proof that nobody can change it unseen.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis import clock
from doorstep import recorder
from doorstep.client import Answer, Gateway
from doorstep.phone import Phone
from doorstep.uploading import Taken, send
from proto.facts import MediaNoted, Recording
from proto.media import MEDIA_TYPES
from proto.places import Position

#: The public key of seals, as `GET /v1/keys` gives it, and a bundle with one bit changed,
#: which lies apart: whoever checks all that is in the folder meets none that is false.
SEAL, CHANGED = "seal.pub", "changed/visit.zip"
SHORTEST_S = 1.0
#: What the phones' cameras write into their photos.
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Exhibits:
    """A folder that whoever has to judge is given, and how its files are checked."""

    folder: Path

    def take(self, what: str, phone: Phone, visit_id: UUID, here: Position) -> Taken:
        """Let a phone take a photo or end a recording: noted first, with its digest."""
        taken = TAKES[what](phone, visit_id, here)
        note = MediaNoted(
            media_id=taken.media_id,
            media=MEDIA_TYPES[taken.media_type],
            sha256=taken.sha256,
        )
        phone.note(visit_id, note, clock.now())
        return taken

    def fetch(self, gateway: Gateway, path: str, name: str) -> Answer:
        """Keep what somebody asked for, and the public key of whoever sealed it."""
        answer = gateway.fetch(path, self.folder / name)
        if answer.ok:
            keys = gateway.get("/v1/keys").body["keys"]
            pems = [str(key["pem"]) for key in keys if key.get("purpose") == "seal"]
            (self.folder / SEAL).write_text("".join(pems))
        return answer

    def check(self, name: str) -> Answer:
        """Check a bundle as a stranger does; the answer is what that printed."""
        key = self.folder / SEAL
        code, lines = said(self.folder / name, "--key", key)
        grade, _, reason = (lines or [""])[0].partition(": ")
        body = {"grade": grade, "reason": reason, "printed": lines, "exit": code}
        return Answer(0, body)

    def change(self, name: str) -> Answer:
        """Change one bit in the middle of a copy, and check that."""
        content = bytearray((self.folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        changed = self.folder / CHANGED
        changed.parent.mkdir(mode=0o700, exist_ok=True)
        changed.write_bytes(content)
        return self.check(CHANGED)


def photo(phone: Phone, visit_id: UUID, here: Position) -> Taken:
    """Return a photo of the door, from the shared side of it."""
    at = clock.now()
    drawn = recorder.photo(str(visit_id), at.astimezone(ZONE), here)
    return Taken.now(drawn, "image/jpeg", at)


def sound(phone: Phone, visit_id: UUID, here: Position) -> Taken:
    """Return what a phone has recorded since it said that it records."""
    began = started(phone, visit_id)
    lasted = max((clock.now() - began) / timedelta(seconds=1), SHORTEST_S)
    return Taken.now(recorder.sound(lasted), "audio/wav", began)


TAKES: Mapping[str, Callable[[Phone, UUID, Position], Taken]] = {
    "photo": photo,
    "sound": sound,
}


def started(phone: Phone, visit_id: UUID) -> datetime:
    """Return when a phone's recorder was started at a visit the last time."""
    runs = (
        entry.at
        for entry in reversed(phone.entries)
        if entry.visit_id == visit_id
        and isinstance(entry.fact, Recording)
        and entry.fact.running
    )
    return next(runs, clock.now())


def upload(gateway: Gateway, visit_id: UUID, phone: Phone, taken: Taken) -> Answer:
    """Send a file, and say of it how many bytes it has."""
    answer = send(gateway, visit_id, phone.device_id, taken)
    return Answer(answer.status, {"media_type": taken.media_type} | dict(answer.body))


def said(*words: object) -> tuple[int, list[str]]:
    """Run the verifier as anybody does who has no Doorstep; return its code and words."""
    place = Path(__file__).parent.parent.parent
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(place)}
    command: list[Any] = [sys.executable, "-m", "evidence", *map(str, words)]
    done = subprocess.run(
        [*command, "--lang", "en"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout or done.stderr).splitlines()
