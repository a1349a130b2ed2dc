"""An appointment at another place than the debtor's door (约定外访)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto.base import Sealed
from proto.dispatch import PlaceClass, VisitEntry


@dataclass
class Appointment:
    """Where and when the debtor said they would be: good for one visit there, once.

    `words` are sealed, and gone once it has ended: by a visit that has them, by its hour,
    or because the case was held or is over. `used_by` is that visit.
    """

    id: UUID
    case_id: UUID
    starts_at: datetime
    ends_at: datetime
    place_class: PlaceClass
    words: Sealed | None
    used_by: UUID | None = None
    ended_at: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Tell whether its hour is not over, and nothing has ended it before."""
        return self.ended_at is None and now < self.ends_at

    def holds(self, entry: VisitEntry) -> bool:
        """Tell whether a visit keeps to the hour that was named."""
        return self.starts_at <= entry.not_before and entry.not_after <= self.ends_at
