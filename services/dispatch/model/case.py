"""A case and the reasons why it is held."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from chassis.errors import Conflict
from proto import ids
from proto.base import Sealed
from proto.dispatch import CaseStanding, CaseState, ContactPlan, HoldReason, HoldShown
from services.dispatch.model.liable import Liable

SPECIAL = HoldReason.SPECIAL_CIRCUMSTANCES
#: Who answers for a case of which nobody knows any more who took it in.
DUTY_DESK = ids.named("account", "duty desk")
#: The bank looks at its cases by this wall clock.
BANK_ZONE = ZoneInfo("Asia/Shanghai")
#: Every wall clock there is.
ZONES = frozenset(available_timezones())
WORKED = (CaseState.PLACED, CaseState.HELD)


@dataclass
class Hold:
    """A reason why nobody works a case, who answers for it, and when it is looked at.

    Its review falls due on `falls_on`: first on `review_on`, then again each working day
    until somebody sets another day. It was asked for so many `times`, last at `last_at`.
    """

    id: UUID
    reason: HoldReason
    owner_id: UUID
    review_on: date
    falls_on: date
    placed_at: datetime
    last_at: datetime
    times: int = 1
    hardships: list[dict[str, Any]] = field(default_factory=list)

    def ask_again(self, at: datetime) -> None:
        """Note that it was asked for once more: who looked at it before knows nothing
        of that.
        """
        self.times, self.last_at = self.times + 1, at

    def put_to(self, review_on: date | None) -> bool:
        """Have it looked at on another day. False when its review falls due as before."""
        before = (self.review_on, self.falls_on)
        if review_on:
            self.review_on = self.falls_on = review_on
        return before != (self.review_on, self.falls_on)

    def falls(self, review_on: date, today: date) -> bool:
        """Tell whether its review by this day is due and was not said to be yet."""
        return self.review_on == review_on and self.falls_on <= today

    def shown(self) -> HoldShown:
        return HoldShown(
            reason=self.reason,
            owner_id=self.owner_id,
            review_on=self.review_on,
            since=self.placed_at,
            times=self.times,
            last_at=self.last_at,
        )


@dataclass
class Case:
    """An overdue debt that was placed (委案) with an agency.

    It is held while there is any hold. Without `address_open` nobody goes to its door.
    `plan` is how a person in special circumstances may be approached all the same;
    `liable` who owes the debt too, by their ids.
    """

    id: UUID
    number: str
    agency_id: UUID
    state: CaseState
    books: tuple[str, ...]
    debtor: Sealed
    address: Sealed
    entry: str
    version: int
    opened_by: UUID | None = None
    address_open: bool = True
    address_blind: str | None = None
    plan: ContactPlan | None = None
    liable: dict[UUID, Liable] = field(default_factory=dict)
    holds: dict[HoldReason, Hold] = field(default_factory=dict)

    @property
    def owner_id(self) -> UUID:
        """The account that answers for what happens to it by itself."""
        return self.opened_by or DUTY_DESK

    @property
    def over(self) -> bool:
        """Whether nobody will work it any more: recalled or paid off."""
        return self.state not in WORKED

    @property
    def special(self) -> bool:
        """Whether nobody may be contacted but by a plan."""
        return SPECIAL in self.holds or self.plan is not None

    def refuse_over(self) -> None:
        """Raises Conflict when it is no longer anybody's to work."""
        if self.over:
            raise Conflict("case-not-worked", key=self.number, state=self.state.value)

    def refuse_unseen(self, version: int) -> None:
        """Raises Conflict when something was added since somebody looked at it."""
        if version == self.version:
            return
        asked = sorted(hold.last_at for hold in self.holds.values())
        at = {"at": f"{asked[-1].astimezone(BANK_ZONE):%F %T}"} if asked else {}
        versions = {"seen": version, "version": self.version}
        raise Conflict("case-changed", key=self.number, **versions, **at)

    def hold(self, hold: Hold) -> None:
        """Let nobody work it, for one more reason; what was planned for is void."""
        self.holds[hold.reason] = hold
        self.state = CaseState.HELD
        self.plan = None if hold.reason is SPECIAL else self.plan

    def approach(self, plan: ContactPlan) -> bool:
        """Let the person be approached by a plan. False when nothing changes by it."""
        if not self.special or self.plan == plan:
            return False
        self.plan = plan
        return True

    def lift(self, reason: HoldReason) -> Hold | None:
        """Take one reason away; without another one it may be worked again."""
        lifted = self.holds.pop(reason, None)
        if lifted and not self.holds:
            self.state = CaseState.PLACED
        return lifted

    def end(self, state: CaseState) -> list[Hold] | None:
        """Let nobody work it ever again; return the holds that are lifted by that.

        None when it has ended so before. Raises Conflict when it has ended otherwise.
        """
        if self.state is state:
            return None
        self.refuse_over()
        lifted = list(self.holds.values())
        self.state, self.holds = state, {}
        return lifted

    def open_address(self, wanted: bool) -> bool:
        """Let its door be gone to, or not. False when that is so before."""
        changed, self.address_open = self.address_open is not wanted, wanted
        return changed

    def standing(self) -> CaseStanding:
        """Return what others decide by."""
        return CaseStanding(
            case_id=self.id,
            number=self.number,
            agency_id=self.agency_id,
            state=self.state,
            books=self.books,
            address_open=self.address_open,
            special=self.special,
            plan=self.plan,
            liable=tuple(sorted({each.relation for each in self.liable.values()})),
            version=self.version,
        )


def one_mandate(case: Case, agency_id: UUID) -> bool:
    """Tell whether a visit to this case's door serves this mandate and no other.

    A visit names one case: one bank, one agency, one debtor. What else is owed at that
    door is on no screen of it. The guard `guard:dispatch.one_mandate`.
    """
    return case.agency_id == agency_id
