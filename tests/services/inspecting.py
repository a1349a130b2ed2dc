"""Files in a store, and what a worker finds in them."""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from PIL import Image
from sqlalchemy import Connection, Engine

from chassis import media
from chassis.database import engine
from chassis.jobs import Job
from chassis.settings import settings
from proto import ids
from proto.media import MEDIA_TYPES, Inspection, MediaKind, NoteInspection
from services.field_visit.jobs import inspecting
from services.field_visit.model import INSPECT

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
AAC, OGG, MP3, WAV = "audio/mp4", "audio/ogg", "audio/mpeg", "audio/wav"


def folder() -> media.Folder:
    return media.Folder(settings().media)


def keep(data: bytes) -> str:
    """Put a file into the store as an upload does; return its digest."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = folder().partial("upload")
    file.write_bytes(data)
    folder().keep(file, sha256)
    return sha256


def job(media_type: str, sha256: str, kind: MediaKind | None = None, claim: int = 1) -> Job:
    kind = kind or MEDIA_TYPES[media_type]
    task = {"media_type": media_type, "sha256": sha256}
    task |= {"media_id": str(ids.new()), "visit_id": str(ids.new())}
    case_id = str(ids.new())
    return Job(ids.new(), "field_visit", INSPECT[kind], task, case_id, "test", "t", claim)


def inspected(media_type: str, data: bytes | Callable[[], bytes], **but: Any) -> Inspection:
    sha256 = keep(data if isinstance(data, bytes) else data())
    return noted(job(media_type, sha256, **but)).found


def noted(job: Job) -> NoteInspection:
    """What a worker notes; a place is sealed under a key that is made for it."""
    database = engine(settings().database_url, "field_visit", pool=0)
    with database.connect() as connection:
        lent = cast(Engine, Lent(connection))
        return inspecting.inspect(job, lent, lambda: None)


@dataclass
class Lent:
    """A database of which nothing is kept."""

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        yield self.connection


def here(
    function: str, task: dict[str, Any], place: Path, _: Any, renew: Callable[[], None]
) -> dict[str, Any]:
    """Look in this process, ten times as fast as in a child: for what needs no limits."""
    module, _, name = function.partition(":")
    most = Image.MAX_IMAGE_PIXELS
    try:
        with chdir(place), warnings.catch_warnings():
            told = getattr(import_module(module), name)(task)
    finally:
        Image.MAX_IMAGE_PIXELS = most
    return json.loads(json.dumps(told))
