"""Leave to ask somebody else where a debtor is (第三人): one at a time, and used once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, Uuid

from proto.contact import ThirdPartyStanding

metadata = MetaData()

#: A permit is worth nothing after so long, whatever else happens.
LONGEST = timedelta(days=30)

#: The newest permit of each case, by the case's id; its row is the case's lock here.
third_party_table = Table(
    "third_party",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("permit_id", Uuid, nullable=False),
    Column("good_until", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
#: Every permit there was, who issued it, and what became of it.
permit_table = Table(
    "third_party_permit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("good_until", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)


class PermitState(StrEnum):
    """Where a permit is. An open one that has run out is worth as little as the others."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"


@dataclass
class ThirdParty:
    """Who may be asked about a case: nobody, but for its newest permit (4.18)."""

    id: UUID
    permit_id: UUID
    good_until: datetime
    state: PermitState
    version: int

    def is_open(self, now: datetime) -> bool:
        """Tell whether its permit could still be used."""
        return self.state is PermitState.OPEN and now < self.good_until

    def permit(self, permit_id: UUID, good_until: datetime) -> None:
        """Put a new permit into the place of one that is over."""
        self.permit_id, self.good_until = permit_id, good_until
        self.state = PermitState.OPEN
        self.version += 1

    def end(self, permit_id: UUID, state: PermitState) -> bool:
        """Let this permit be used up or revoked. False when it is not the open one."""
        if (self.permit_id, self.state) != (permit_id, PermitState.OPEN):
            return False
        self.state = state
        self.version += 1
        return True

    def standing(self) -> ThirdPartyStanding:
        """Return what others decide by."""
        return ThirdPartyStanding(
            case_id=self.id,
            permit_id=self.permit_id,
            good_until=self.good_until,
            state=self.state,
            version=self.version,
        )
