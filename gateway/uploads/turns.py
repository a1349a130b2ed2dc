"""Who writes to an upload now: one request, until a newer one of its owner wants it.

A phone whose connection is gone opens another before we know. So whoever comes later is
right: the earlier request stops reading, notes what it has on disk, and lets go.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chassis.errors import Conflict, Refused, Unavailable
from chassis.keyring import Fetched
from chassis.logs import log
from gateway.uploads.growing import Growing
from gateway.uploads.magic import LOOKED_AT
from gateway.uploads.rows import Upload

if TYPE_CHECKING:
    from hashlib import _Hash

#: Seconds without a byte after which a PATCH is ended, what came being kept.
IDLE_S = 60.0
#: Seconds a request waits for the one before it to let go; between two looks.
LETS_GO_S, LOOK_S = 10.0, 0.02
#: Digests in the making that are remembered between two PATCHes.
REMEMBERED = 1_000


@dataclass
class Turn:
    """One request that has an upload. `file` is absent where it is done.

    `why` it has to let go, once it has to. `came_before`: the file was whole already. `key`
    is that of its case as it lies in the keyring, wrapped: whether it lies there still,
    the landing proves.
    """

    upload: Upload
    file: Growing | None = None
    key: Fetched | None = field(default=None, repr=False)
    patience: asyncio.Timeout | None = None
    why: Refused | None = None
    came_before: bool = False

    def leave(self, why: Refused) -> None:
        """Let go, soon: what is being written is written to its end."""
        self.why = self.why or why
        if self.patience and not self.patience.expired():
            self.patience.reschedule(asyncio.get_running_loop().time())

    def heard(self) -> None:
        """A byte has come: be patient again."""
        if self.patience and not self.why and not self.patience.expired():
            self.patience.reschedule(asyncio.get_running_loop().time() + IDLE_S)

    def over(self) -> Refused:
        """Return why it ended before its time."""
        return self.why or Unavailable("upload-idle", idle=int(IDLE_S), seconds=1)


def refusal(error: OSError) -> Unavailable:
    """Return what is said of a disk that does not do its part."""
    log.error("the media store fails: %s", error.strerror or type(error).__name__)
    return Unavailable("media-store-fails", seconds=60)


def taken_over() -> Refused:
    return Conflict("upload-taken-over")


def ending() -> Refused:
    return Unavailable("gateway-ends", seconds=1)


@dataclass
class Digests:
    """SHA-256 in the making, of files that nobody has written to since."""

    kept: dict[object, tuple[int, int, "_Hash"]] = field(default_factory=dict)

    def keep(self, turn: Turn) -> None:
        assert turn.file
        state = (turn.file.size, turn.file.written_at(), turn.file.sha256)
        self.kept[turn.upload.id] = state
        if len(self.kept) > REMEMBERED:
            del self.kept[next(iter(self.kept))]

    def resume(self, turn: Turn) -> None:
        """Bring the file to what its row says, and its digest with it.

        Read anew when this process has not written it, or somebody else did since.
        """
        file = turn.file
        assert file
        untouched = (turn.upload.received, file.written_at())
        was, size = self.kept.pop(turn.upload.id, None), file.there()
        file.part_from_store()
        file.cut(turn.upload.received)
        file.looked_at = file.size >= LOOKED_AT
        if was and was[:2] == untouched and size == file.size:
            file.sha256 = was[2]
        else:
            file.hash_again()
