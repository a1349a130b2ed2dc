"""A payment code (付款码): what the bank has signed for one case, and what it is worth."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.errors import Conflict
from proto.base import Sealed
from proto.recovery import CodeState, PaymentCodeStanding, PostedCode

#: What it is sealed for.
CODE = "case.payment_code"


@dataclass
class PaymentCode:
    """One code of a case, sealed, and found by its digest."""

    id: UUID
    case_id: UUID
    code: Sealed
    sha256: str
    not_before: datetime
    good_until: datetime
    state: CodeState
    posted_by: UUID
    version: int
    at: datetime

    def says(self, case_id: UUID, sha256: str) -> bool:
        """Tell whether this is what somebody posts."""
        return (self.case_id, self.sha256) == (case_id, sha256)

    def refuse_dead(self) -> None:
        """Raises Conflict when it was taken back since it was posted."""
        if self.state is not CodeState.GOOD:
            key, state = str(self.id), self.state.value
            raise Conflict("payment-code-is-not-good", key=key, state=state)

    def end(self, state: CodeState) -> bool:
        """Make it worth nothing. False when it was so before."""
        if self.state is not CodeState.GOOD:
            return False
        self.state = state
        return True

    def standing(self, version: int, at: datetime) -> PaymentCodeStanding:
        """Return what others decide by."""
        return PaymentCodeStanding(
            case_id=self.case_id,
            code_id=self.id,
            code=self.code,
            sha256=self.sha256,
            not_before=self.not_before,
            good_until=self.good_until,
            state=self.state,
            at=at,
            version=version,
        )

    def shown(self) -> PostedCode:
        """Return what the bank is shown of it: never what it says."""
        return PostedCode(
            code_id=self.id,
            case_id=self.case_id,
            sha256=self.sha256,
            not_before=self.not_before,
            good_until=self.good_until,
            state=self.state,
        )
