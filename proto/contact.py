"""Contact: who may be called, written to, or asked about somebody else."""

from uuid import UUID

from proto.base import Command, Event, Moment, Reply, Standing


class PermitThirdParty(Command):
    """The bank lets one third party be asked once where the debtor is (4.18, X8).

    Locate only. A permit that is not used in time is worth nothing.
    """

    permit_id: UUID
    case_id: UUID
    good_until: Moment

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class RevokeThirdPartyPermit(Command):
    """Nobody is to be asked after all."""

    permit_id: UUID
    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ThirdPartyPermit(Reply):
    """The permit as it stands now."""

    permit_id: UUID
    case_id: UUID
    state: str


class ThirdPartyStanding(Standing):
    """The newest permit to ask a third party about a case: single use.

    `state` is `open`, `used` or `revoked`.
    """

    case_id: UUID
    permit_id: UUID
    good_until: Moment
    state: str

    def key(self) -> UUID:
        return self.case_id

    def urgent(self) -> bool:
        return self.state == "revoked"


class ThirdPartyPermitted(Event):
    """The bank issued a permit."""

    permit_id: UUID
    case_id: UUID
    at: Moment
