"""Removing bytes from the store, unless somebody else has sent the very same ones.

A file is moved aside first, then it is asked whether anybody needs it: what comes in
meanwhile finds its name free and is kept anew. Killed in between, the job is done again and
finds what it moved aside.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from chassis import media
from chassis.jobs import Job
from chassis.settings import settings
from services.field_visit.store import is_needed

#: Where files are moved aside, beside the store: a name of its own for each job.
ASIDE = "deleting"


def delete(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
    """Remove the files of a job, and what has come of unfinished ones.

    Raises OSError: then it is tried again.
    """
    folder = media.Folder(settings().media)
    for digest in job.task["digests"]:
        renew()
        remove(folder, digest, str(job.id), engine)
    for upload in job.task.get("partial", ()):
        folder.partial(upload).unlink(missing_ok=True)


def remove(folder: media.Folder, digest: str, name: str, engine: Engine) -> None:
    """Remove one file, or put it back if it is somebody else's too. Raises OSError."""
    aside = move_aside(folder, digest, name)
    if not aside.exists():
        return
    with engine.connect() as connection:
        needed = is_needed(connection, digest)
    if needed:
        media.made_folder(folder.path(digest).parent)
        with suppress(FileExistsError):  # it has come in again meanwhile
            os.link(aside, folder.path(digest))
        media.sync_folder(folder.path(digest).parent)
    aside.unlink(missing_ok=True)
    media.sync_folder(aside.parent)


def move_aside(folder: media.Folder, digest: str, name: str) -> Path:
    """Return where a file lies now, if it is there at all."""
    place = folder.root / ASIDE
    media.made_folder(place)
    kept, aside = folder.path(digest), place / f"{digest}.{name}"
    with suppress(FileNotFoundError):
        kept.rename(aside)
        media.sync_folder(place)
        media.sync_folder(kept.parent)
    return aside
