"""Where a page of a keyset-paged list ended, as an opaque text and back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from chassis.errors import Invalid
from proto.base import Detail


class Place(NamedTuple):
    """After which row to go on: its moment, then its id.

    Nothing else of it: a number among its subject's would tell of rows that are hidden.
    """

    at: datetime
    key: UUID

    def cursor(self) -> str:
        text = f"{self.at.isoformat()} {self.key}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Read what `cursor` wrote. Raises Invalid."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            at, key = text.split(" ")
            place = cls(datetime.fromisoformat(at), UUID(key))
        except ValueError:
            place = None
        if place is None or place.at.tzinfo is None:
            raise Invalid("malformed", Detail(pointer="/after", kind="not-a-cursor"))
        return place
