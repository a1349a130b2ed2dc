"""What a worker does with a file: it proves the bytes, has a child look, keeps the copies.

What may be the machine's fault (a file that another machine does not see yet, a child that
somebody killed) is tried again; the last try says it of the file.
"""

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from chassis import child, media
from chassis.child import Limits
from chassis.jobs import TRIES, Job
from chassis.settings import settings
from proto.media import Fault, Inspection, MediaKind, NoteInspection
from services.field_visit.model import INSPECT

AT_ONCE = 2**20
#: Where children work, and the seconds after which nobody does any more.
LOOKING, OLD_S = "looking", 86_400


@dataclass(frozen=True)
class Look:
    """What looks at a file, how much it may take, and the copies it leaves."""

    function: str
    limits: Limits
    copies: tuple[str, ...] = ()


#: The memory that was measured, and a margin: docs/decisions/0027.
LOOKS = {
    INSPECT[MediaKind.PHOTO]: Look(
        "services.field_visit.jobs.photo:look",
        Limits(memory_mib=1024, cpu_s=30, clock_s=300),
        ("thumbnail", "stripped"),
    ),
    INSPECT[MediaKind.AUDIO]: Look(
        "services.field_visit.jobs.sound:look",
        Limits(memory_mib=384, cpu_s=600, clock_s=3600, file_mib=1),
    ),
    INSPECT[MediaKind.VIDEO]: Look(
        "services.field_visit.jobs.film:look",
        Limits(memory_mib=768, cpu_s=1200, clock_s=7200, file_mib=1),
    ),
}
#: What is wrong with a file that a child did not come to an end with.
FAULTS: dict[type[child.ChildEnded], Fault] = {
    child.OutOfMemory: Fault.TOO_MUCH_MEMORY,
    child.OutOfTime: Fault.TOO_LONG_TO_READ,
    child.Crashed: Fault.UNREADABLE,
    child.Killed: Fault.TOO_MUCH_MEMORY,
}


class NotThere(Exception):
    """The store has no such file, or other bytes: perhaps not yet."""


class NoCopy(Exception):
    """What a child left as a copy is no file of its own."""


def inspect(job: Job, renew: Callable[[], None]) -> NoteInspection:
    """Look at a file. What is wrong with it is found, and nothing to be raised.

    Raises NotThere, ChildEnded, OSError: then it is tried again.
    """
    folder = media.Folder(settings().media)
    return NoteInspection(
        media_id=UUID(job.task["media_id"]),
        visit_id=UUID(job.task["visit_id"]),
        found=found(job, folder, LOOKS[job.kind], renew),
    )


def found(
    job: Job, folder: media.Folder, look: Look, renew: Callable[[], None]
) -> Inspection:
    is_last = job.claim >= TRIES
    if not has(folder, job.task["sha256"], renew):
        if is_last:
            return Inspection(fault=Fault.MISSING)
        raise NotThere
    try:
        return looked_at(job, folder, look, renew)
    except child.ChildEnded as ended:
        fault = FAULTS.get(type(ended))
        if fault is None or (isinstance(ended, child.Killed) and not is_last):
            raise
        return Inspection(fault=fault)


def has(folder: media.Folder, sha256: str, renew: Callable[[], None]) -> bool:
    """Tell whether the store has these very bytes. Raises OSError."""
    try:
        with folder.open(sha256) as file:
            return digest(file, renew) == sha256
    except FileNotFoundError:
        return False


def digest(file: BinaryIO, renew: Callable[[], None]) -> str:
    whole = hashlib.sha256()
    while part := file.read(AT_ONCE):
        whole.update(part)
        if file.tell() % (64 * AT_ONCE) == 0:
            renew()
    return whole.hexdigest()


def looked_at(
    job: Job, folder: media.Folder, look: Look, renew: Callable[[], None]
) -> Inspection:
    """Have a child look, and keep what it copied. Raises ChildEnded."""
    path = folder.path(job.task["sha256"]).resolve()
    task = {"path": str(path), "media_type": job.task["media_type"]}
    with workplace(job, folder) as place:
        told = child.run(look.function, task, place, look.limits, renew)
        copies = {} if told.get("fault") else kept(folder, place, look.copies)
    return Inspection.model_validate(told | copies)


@contextmanager
def workplace(job: Job, folder: media.Folder) -> Iterator[Path]:
    """A folder for a child, beside the store: a link reaches no further. Gone afterwards.

    What killed workers left there goes as well: that of earlier tries, and what is old.
    """
    looking = folder.root.resolve() / LOOKING
    media.made_folder(looking)
    for left in looking.iterdir():
        if left.name.startswith(str(job.id)) or is_old(left):
            shutil.rmtree(left, ignore_errors=True)
    place = looking / f"{job.id}-{job.claim}"
    place.mkdir(mode=media.OURS)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def is_old(left: Path) -> bool:
    try:
        return time.time() - left.stat().st_mtime > OLD_S
    except FileNotFoundError:
        return False


def kept(folder: media.Folder, place: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """Keep a child's copies in the store; return the digest of each. Raises OSError."""
    return {name: keep(folder, place / name) for name in names}


def keep(folder: media.Folder, file: Path) -> str:
    """Raises NoCopy when it leads elsewhere: what read a stranger's file wrote it."""
    if not stat.S_ISREG(file.lstat().st_mode):
        raise NoCopy(file.name)
    with file.open("rb") as opened:
        sha256 = digest(opened, lambda: None)
        os.fsync(opened.fileno())
    folder.keep(file, sha256)
    return sha256
