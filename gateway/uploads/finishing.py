"""The end of an upload: its file is synced, kept and landed with its row.

A finished file is linked into the store before the commit that lands it and ends its row:
killed in between, the next look at the upload finishes it.
"""

from dataclasses import dataclass
from functools import partial

from psycopg import Rollback
from sqlalchemy import Connection

from chassis import clock
from chassis.errors import Refused
from chassis.keyring import Fetched
from chassis.media import Folder
from gateway.landing.item import Item, Landings
from gateway.store import Database, Driver
from gateway.uploads import rows
from gateway.uploads.growing import Growing
from gateway.uploads.rows import Upload
from gateway.uploads.turns import Turn
from proto.base import Asker
from proto.grants import Landed, LandingReceipt
from proto.media import ReceiveMedia


@dataclass
class Ending:
    """A file that is to be kept and landed, once it is whole; `landed` when it is.

    `error` is what kept it from being landed although it is on disk.
    """

    folder: Folder
    database: Database
    landing: Landings
    turn: Turn
    file: Growing
    asker: Asker
    landed: Landed | None = None
    error: OSError | Refused | None = None

    @property
    def is_what_was_said(self) -> bool:
        return self.file.sha256.hexdigest() == self.turn.upload.sha256

    def begin(self) -> None:
        """Have the whole file on disk, and land it if nothing speaks against it.

        All in one thread: to change threads costs as much as a statement. Raises OSError
        where it is not on disk: then it is cut back to what is.
        """
        if not self.is_what_was_said:
            return
        self.file.sync(self.turn.upload.received)
        if self.turn.key is None:
            return
        at_once = partial(self.land_at_once, self.turn.key)
        try:
            if landed := self.database.directly(at_once):
                self.file.remove()
                self.file.close()
                self.landed = landed
        except (OSError, Refused) as error:
            self.error = error

    def land_at_once(self, key: Fetched, connection: Driver) -> Landed | None:
        upload = self.turn.upload
        with connection.transaction():
            item = item_of(upload, self.asker)
            landed = self.landing.land_at_once(connection, item, key)
            if landed is None:
                return None
            if not rows.finish_open(connection, upload.id, landed.receipt, clock.now()):
                raise Rollback
            self.folder.link(self.file.path, upload.sha256)
            return landed
        return None  # of what was rolled back nothing is stored

    def land(self, connection: Connection) -> Landed:
        """Land it, or say why not; what may not land is not kept.

        Raises Conflict, Invalid, Unavailable, OSError.
        """
        upload = self.turn.upload
        landed = self.landing.land(connection, item_of(upload, self.asker))
        self.folder.link(self.file.path, upload.sha256)
        rows.finish(connection, upload.id, landed.receipt, clock.now())
        return landed


def item_of(upload: Upload, asker: Asker) -> Item:
    """Return what is landed of a whole file."""
    now = clock.now()
    command = ReceiveMedia(
        media_id=upload.id,
        visit_id=upload.visit_id,
        device_id=upload.device_id,
        kind=upload.kind,
        media_type=upload.media_type,
        sha256=upload.sha256,
        size=upload.length,
        captured_at=upload.captured_at,
        received_at=now,
    )
    receipt = LandingReceipt(
        kind="media",
        visit_id=upload.visit_id,
        device_id=upload.device_id,
        sha256=upload.sha256,
        received_at=now,
    )
    return Item(upload.id, command, asker, upload.case_id, receipt)
