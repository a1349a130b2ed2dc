"""A cash authority: the bank's leave to take cash from one debtor, once (4.32)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis.errors import Conflict, Forbidden
from proto.decision import Decision
from proto.recovery import AuthoriseCash, AuthorityState, CashReason, CashStanding

#: What a new authority has to wait for: at most one of these a case.
LIVE = frozenset({AuthorityState.PROPOSED, AuthorityState.GRANTED})


@dataclass
class CashAuthority:
    """One debtor, one reason, one cap, one end, single use.

    `decision` is the newest that allowed it.
    """

    id: UUID
    case_id: UUID
    reason: CashReason
    cap: Decimal
    currency: str
    good_until: datetime
    state: AuthorityState
    asked_by: UUID
    confirmed_by: UUID | None
    decision: Decision
    at: datetime

    def says(self, command: AuthoriseCash) -> bool:
        """Tell whether this is what the command says."""
        mine = (self.case_id, self.reason, self.cap, self.currency, self.good_until)
        theirs = (command.case_id, command.reason, command.cap, command.currency)
        return mine == (*theirs, command.good_until)

    def is_live(self, now: datetime) -> bool:
        """Tell whether it is worth something now, or may come to be."""
        return self.state in LIVE and now < self.good_until

    def refuse_dead(self, now: datetime) -> None:
        """Raises Conflict when it is worth nothing any more."""
        if self.state not in LIVE:
            self.refuse_unless(AuthorityState.GRANTED)
        if now >= self.good_until:
            until = self.good_until.isoformat(timespec="seconds")
            raise Conflict("cash-authority-expired", key=str(self.id), until=until)

    def refuse_confirmation(self, by: UUID, now: datetime) -> None:
        """Raises Forbidden for the officer who asked, Conflict when it is too late."""
        self.refuse_unless(AuthorityState.PROPOSED)
        if self.asked_by == by:
            raise Forbidden("four-eyes-needed", key=str(self.id))
        self.refuse_dead(now)

    def refuse_unless(self, wanted: AuthorityState) -> None:
        """Raises Conflict when it is not in that state."""
        if self.state is not wanted:
            key, state = str(self.id), self.state.value
            raise Conflict("cash-authority-is-not", key=key, state=state, wanted=wanted)

    def revoke(self) -> bool:
        """Make it worth nothing. False when it was so before.

        Raises Conflict when it is spent: there is a receipt.
        """
        if self.state is AuthorityState.REVOKED:
            return False
        if self.state is AuthorityState.SPENT:
            self.refuse_unless(AuthorityState.GRANTED)
        self.state = AuthorityState.REVOKED
        return True

    def spend(self) -> None:
        """Use it up. Raises Conflict when it is not granted, or was used before."""
        self.refuse_unless(AuthorityState.GRANTED)
        self.state = AuthorityState.SPENT

    def standing(self, version: int) -> CashStanding:
        """Return what others decide by."""
        return CashStanding(
            case_id=self.case_id,
            authority_id=self.id,
            reason=self.reason,
            cap=self.cap,
            currency=self.currency,
            good_until=self.good_until,
            state=self.state,
            version=version,
        )
