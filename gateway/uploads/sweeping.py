"""Removes what nobody will finish: uploads past their time, and files without a row.

Every gateway does it now and then, and only one at a time.
"""

import asyncio
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from chassis import clock
from chassis.errors import Unavailable
from chassis.logs import log, said
from chassis.media import Folder
from gateway.store import Database
from gateway.uploads import rows
from gateway.uploads.growing import Growing

#: Seconds between two sweeps, and uploads ended in one transaction.
EVERY_S, AT_ONCE = 600.0, 200
#: Days a row is kept: as long as answers are under their keys (chassis.housekeeping).
KEPT = timedelta(days=400)
#: Seconds by the disk's clock after which nobody is still working on a partial file.
ABANDONED_S = 8 * 86_400
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('sweep uploads', 0))")


async def forever(database: Database, folder: Folder) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            if count := await database.run(partial(sweep, folder=folder)):
                said("uploads swept", service="gateway", count=count)
        except (Unavailable, OSError) as error:
            log.warning("uploads are not swept: %s", type(error).__name__)


def sweep(connection: Connection, folder: Folder) -> int:
    """End what is past its time; return how many files were removed.

    A file goes before its row is committed: an upload whose file is gone begins anew.
    """
    if not connection.scalar(ALONE):
        return 0
    now = clock.now()
    over = rows.expired(connection, now, AT_ONCE)
    ended = sum(expire(connection, folder, each, now) for each in over)
    rows.forget(connection, now - KEPT)
    return ended + sum(remove(each) for each in abandoned(connection, folder))


def expire(connection: Connection, folder: Folder, upload_id: UUID, now: datetime) -> bool:
    """End an upload, unless somebody is sending just now, or made it anew since we looked:
    under its lock its row is asked again.
    """
    file = Growing.seize(folder.partial(str(upload_id)))
    if file is None:
        return False
    try:
        if ended := rows.expire(connection, upload_id, now):
            file.remove()
        return ended
    finally:
        file.close()


def abandoned(connection: Connection, folder: Folder) -> list[Path]:
    """Return partial files that nobody has written to for long and no upload is about.

    They are left by whoever was killed between two steps.
    """
    latest = time.time() - ABANDONED_S
    files = [each for each in folder.partial("x").parent.iterdir() if old(each, latest)]
    ids = {file: id_of(file.name) for file in files}
    open_ones = rows.unfinished(connection, [each for each in ids.values() if each])
    return [file for file, upload_id in ids.items() if upload_id not in open_ones]


def old(file: Path, latest: float) -> bool:
    try:
        return file.stat().st_mtime < latest
    except FileNotFoundError:
        return False


def id_of(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def remove(file: Path) -> bool:
    file.unlink(missing_ok=True)
    return True
