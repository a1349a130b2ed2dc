"""Money that was left behind with a pair, against their word (S10)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis.errors import Conflict


@dataclass
class Incident:
    """It is no payment: the bank gives it back, or books it itself."""

    id: UUID
    case_id: UUID
    visit_id: UUID
    agency_id: UUID
    amount: Decimal
    currency: str
    counted_by_both: bool
    at: datetime
    reported_at: datetime
    reported_late: bool
    outcome: str | None = None
    settled_at: datetime | None = None

    def settle(self, outcome: str, now: datetime) -> bool:
        """Note what the bank did with it. False when it was noted so before.

        Raises Conflict when it was settled otherwise.
        """
        if self.outcome is None:
            self.outcome, self.settled_at = outcome, now
            return True
        if self.outcome == outcome:
            return False
        raise Conflict("money-left-settled", key=str(self.id), outcome=self.outcome)
