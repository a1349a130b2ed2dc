"""A payment code (付款码) of a case, and until when it was good."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from proto.base import Sealed


@dataclass
class BankCode:
    """What the bank has signed for a case. `ended_at`: since then it is worth nothing.

    `text` is the code itself, once it was opened and found to be the bank's: nothing when
    it was not, and then it is shown to nobody.
    """

    id: UUID
    case_id: UUID
    version: int
    sha256: str
    code: Sealed
    good_from: datetime
    good_until: datetime
    ended_at: datetime | None
    opened: bool = field(default=False, compare=False)
    text: str | None = field(default=None, compare=False, repr=False)

    def good_within(self, begins: datetime, ends: datetime) -> bool:
        """Tell whether it may be shown at some moment of a day, as far as is known."""
        return self.ended_at is None and self.good_from < ends and begins < self.good_until
