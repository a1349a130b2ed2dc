"""What a phone's camera and recorder really made, on its own disk before it is told of.

A line is fsynced before the journal names the file: what was recorded is known here also
when the phone never says so.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from PIL import Image

from chaos.crews.ledger import Ledger
from doorstep import recorder
from doorstep.uploading import Taken
from tests.acting import AT_THE_DOOR

#: Noise at its best takes some four bytes a pixel: such a photo comes in more than one
#: piece, and has few enough pixels for a worker to look at soon.
SIZES, QUALITY = ((320, 240), (560, 420), (800, 600)), 100


@dataclass(frozen=True)
class Made:
    """A file of a phone. Moments are of the phone's clock; `ended` is when it was whole.

    `sent`: the phone means to send all of it.
    """

    media_id: str
    visit: str
    device: str
    kind: str
    sha256: str
    size: int
    began: datetime
    ended: datetime
    sent: bool = True


class Gallery:
    """The file of one phone that says what it made."""

    def __init__(self, file: Path) -> None:
        self.ledger = Ledger(file)

    def keep(
        self, taken: Taken, visit: UUID, device: UUID, ended: datetime, sent: bool
    ) -> None:
        made = Made(
            media_id=str(taken.media_id),
            visit=str(visit),
            device=str(device),
            kind=taken.media_type.partition("/")[0],
            sha256=taken.sha256,
            size=len(taken.content),
            began=taken.captured_at,
            ended=ended,
            sent=sent,
        )
        moments = {"began": made.began.isoformat(), "ended": ended.isoformat()}
        self.ledger.write(asdict(made) | moments)


def read(folder: Path) -> Iterator[Made]:
    """Yield what all phones made."""
    for file in sorted(folder.glob("*.jsonl")):
        for text in file.read_text("utf-8").splitlines():
            line = json.loads(text)
            began, ended = map(datetime.fromisoformat, (line["began"], line["ended"]))
            yield Made(**line | {"began": began, "ended": ended})


def photo(luck: Random, visit: UUID, at: datetime) -> Taken:
    """Return a JPEG: of a drawn door, with EXIF, or of noise and as large as photos are."""
    if luck.random() < 0.3:
        drawn = recorder.photo(str(visit), at, AT_THE_DOOR)
    else:
        size, out = luck.choice(SIZES), io.BytesIO()
        noise = luck.randbytes(size[0] * size[1] * 3)
        Image.frombytes("RGB", size, noise).save(
            out, "JPEG", quality=QUALITY, subsampling=0
        )
        drawn = out.getvalue()
    return Taken.now(drawn, "image/jpeg", at)


def sound(began: datetime, ended: datetime) -> Taken:
    """Return a WAV of so long a recording."""
    lasted = max(0.5, (ended - began) / timedelta(seconds=1))
    return Taken.now(recorder.sound(lasted), "audio/wav", began)
