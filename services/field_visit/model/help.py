"""A call for help from a door."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto.base import Sealed
from proto.field_visit import Watch

#: Who is told, in this order.
ORDER = (Watch.SUPERVISOR, Watch.BANK_OFFICER, Watch.EVERYBODY)


@dataclass
class Help:
    """Somebody of the pair needs somebody to act at once."""

    id: UUID
    visit_id: UUID
    collector_id: UUID
    device_id: UUID
    called_at: datetime
    at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    details: Sealed | None = None
    climbed: int = 0

    @property
    def told(self) -> Watch:
        """Who has been told by now: the supervisor at once, others as time passes."""
        return ORDER[min(self.climbed, len(ORDER) - 1)]

    def climb(self) -> bool:
        """Tell more people, or all of them again. False when somebody acts."""
        if self.acknowledged_at is not None:
            return False
        self.climbed += 1
        return True

    def acknowledge(self, by: str, at: datetime) -> bool:
        """Note who acts on it; the first one stands. True when news."""
        if self.acknowledged_at is not None:
            return False
        self.acknowledged_at, self.acknowledged_by = at, by
        return True
