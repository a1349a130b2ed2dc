"""All the money of one case: what the bank allowed, what pairs may take, what they took."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Conflict, NotFound
from services.recovery.model.authority import CashAuthority
from services.recovery.model.code import PaymentCode
from services.recovery.model.left import Incident
from services.recovery.model.receipt import Allowance, Receipt

#: The bank's wall clock: its days, and the year of its receipts.
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Till:
    """The cash of one case, each kind oldest first. Who changes any of it holds it."""

    id: UUID
    version: int
    authorities: list[CashAuthority] = field(default_factory=list)
    allowances: list[Allowance] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    code_version: int = 0
    codes: list[PaymentCode] = field(default_factory=list)

    def authority(self, key: UUID) -> CashAuthority:
        """Return an authority of the case. Raises NotFound."""
        found = next((each for each in self.authorities if each.id == key), None)
        if found is None:
            raise NotFound("cash_authority", key)
        return found

    def refuse_second(self, now: datetime) -> None:
        """Raises Conflict while the case has an authority: there is one at a time."""
        for each in self.authorities:
            if each.is_live(now):
                until = each.good_until.isoformat(timespec="seconds")
                raise Conflict("cash-authority-live", key=str(each.id), until=until)

    def allowance(self, visit_id: UUID) -> Allowance | None:
        """Return the newest that was allowed on a visit."""
        of_visit = [each for each in self.allowances if each.visit_id == visit_id]
        return max(of_visit, key=lambda each: each.at, default=None)

    def receipt(self, key: UUID) -> Receipt | None:
        """Return a receipt of the case."""
        return next((each for each in self.receipts if each.id == key), None)

    def receipted(self, visit_id: UUID, currency: str) -> Decimal:
        """Return how much of what was taken on a visit has a receipt."""
        its = (r for r in self.receipts if (r.visit_id, r.currency) == (visit_id, currency))
        return sum((each.amount for each in its), Decimal(0))

    @property
    def code(self) -> PaymentCode | None:
        """The newest payment code of the case, whatever it is worth."""
        return self.codes[-1] if self.codes else None

    def code_of(self, key: UUID) -> PaymentCode:
        """Return a payment code of the case. Raises NotFound."""
        found = next((each for each in self.codes if each.id == key), None)
        if found is None:
            raise NotFound("payment_code", key)
        return found

    def incident(self, key: UUID) -> Incident:
        """Return an incident of the case. Raises NotFound."""
        found = next((each for each in self.incidents if each.id == key), None)
        if found is None:
            raise NotFound("incident", key)
        return found
