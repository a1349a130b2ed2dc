"""How much anybody may send. Beyond, a phone is told what the limit is and what is used.

Bytes are those of whole files, counted when an upload is made: what is announced has its
place. A visit lasts some hours: four hours of sound at 128 kbit/s are 230 MB, an hour
of film at 4 Mbit/s 1.8 GB.
"""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from chassis.errors import Unavailable
from gateway.errors import BadHeader, TooLarge, TooMany
from gateway.uploads.headers import Wish
from gateway.uploads.rows import Used
from proto.media import MEDIA_TYPES, MediaKind

MIB, GIB = 1 << 20, 1 << 30
#: Bytes of one file.
MOST = {MediaKind.PHOTO: 25 * MIB, MediaKind.AUDIO: 500 * MIB, MediaKind.VIDEO: 2 * GIB}
#: Unfinished uploads of one person; bytes of one visit, and of a person within 24 hours.
OPEN_AT_ONCE, PER_VISIT, PER_DAY = 200, 4 * GIB, 8 * GIB
#: Bytes that stay free on the disk of the store, and seconds until one may ask again.
KEPT_FREE, AGAIN_S = GIB, 60
#: How long an upload may stay unfinished, and how long the disk has room kept for what is
#: missing of it: what nobody sends within a day keeps nobody else away for longer.
GOOD_FOR, PROMISED_FOR = timedelta(days=7), timedelta(days=1)


def refuse_size(wish: Wish, length: int) -> None:
    """Raise BadHeader on an empty file, TooLarge when its kind may not be so large."""
    if length == 0:
        raise BadHeader("upload-empty")
    kind = MEDIA_TYPES[wish.filetype]
    if length > MOST[kind]:
        raise TooLarge("upload-too-large", what=kind.value, most=MOST[kind], sent=length)


def refuse_full(used: Used, length: int, visit_id: UUID) -> None:
    """Raise TooMany, TooLarge when there is no room for one more of this length."""
    if used.open >= OPEN_AT_ONCE:
        raise TooMany("upload-too-many-open", most=OPEN_AT_ONCE, seconds=AGAIN_S)
    if used.today + length > PER_DAY:
        raise TooMany("upload-day-full", most=PER_DAY, used=used.today, seconds=3600)
    if used.visit + length > PER_VISIT:
        values = {"most": PER_VISIT, "used": used.visit, "visit": str(visit_id)}
        raise TooLarge("upload-visit-full", **values)


def refuse_full_disk(folder: Path, length: int) -> None:
    """Raise Unavailable when the store's disk would be nearly full."""
    try:
        disk = os.statvfs(folder)
    except FileNotFoundError:  # nothing has been kept yet
        refuse_full_disk(folder.absolute().parent, length)
        return
    if disk.f_bavail * disk.f_frsize - length < KEPT_FREE:
        raise Unavailable("media-store-full", seconds=AGAIN_S)
