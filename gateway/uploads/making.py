"""An upload is announced: made once, however often it is asked for, and within limits."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chassis import clock
from chassis.errors import Conflict
from gateway.uploads import quotas, rows
from gateway.uploads.headers import Wish
from gateway.uploads.rows import ENDED, Upload
from proto.base import Asker
from proto.grants import VisitGrant


@dataclass(frozen=True)
class Announced:
    """A file that somebody wishes to send, of `length` bytes."""

    wish: Wish
    length: int
    asker: Asker

    def known(self, connection: Connection) -> Upload | None:
        """Return what was made of this before, by somebody who may not have heard of it.

        One that was ended may be made anew. Raises Conflict when it was another: a file
        has an id of its own.
        """
        found = rows.find(connection, self.wish.media_id)
        if found is None or self.may_replace(found):
            return None
        person_id = self.asker.person_id
        if person_id is None or not found.same(self.wish, self.length, person_id):
            raise Conflict("upload-of-another-content", key=str(self.wish.media_id))
        return found

    def may_replace(self, found: Upload) -> bool:
        return found.state == ENDED and found.person_id == self.asker.person_id

    def make(self, connection: Connection, grant: VisitGrant, folder: Path) -> datetime:
        """Make the upload, unless it is there; return until when it may be sent.

        Raises Conflict, TooLarge, TooMany, Unavailable, OSError.
        """
        row = self.row(grant)
        used = rows.used(connection, row["person_id"], row["visit_id"], row["made_at"])
        if found := self.known(connection):
            return found.expires_at
        quotas.refuse_full(used, self.length, self.wish.visit_id)
        promised = rows.promised(connection, row["made_at"] - quotas.PROMISED_FOR)
        quotas.refuse_full_disk(folder, promised + self.length)
        if not rows.add(connection, row):  # somebody else's, at this very moment
            raise Conflict("upload-of-another-content", key=str(self.wish.media_id))
        expires: datetime = row["expires_at"]
        return expires

    def row(self, grant: VisitGrant) -> dict[str, Any]:
        wish, now = self.wish, clock.now()
        return {
            "id": wish.media_id,
            "visit_id": wish.visit_id,
            "case_id": grant.case_id,
            "agency_id": grant.agency_id,
            "person_id": self.asker.person_id,
            "device_id": wish.device_id,
            "media_type": wish.filetype,
            "sha256": wish.sha256,
            "captured_at": wish.captured_at,
            "length": self.length,
            "made_at": now,
            "expires_at": now + quotas.GOOD_FOR,
            "done_at": None,
        }
