"""Every query of contact."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from chassis.locking import Things
from chassis.shared import Shared
from proto.contact import PermitThirdParty, RevokeThirdPartyPermit
from services.contact.model import PermitState, ThirdParty, permit_table, third_party_table


def third_party_of(row: Row[Any]) -> ThirdParty:
    return ThirdParty(**dict(row._mapping) | {"state": PermitState(row.state)})


THIRD_PARTIES = Things("permit", ThirdParty, select(third_party_table), third_party_of)


def gather(
    shared: Shared, commands: Sequence[PermitThirdParty | RevokeThirdPartyPermit]
) -> None:
    """Lock what there is about the cases of these commands."""
    THIRD_PARTIES.lock(shared, [command.case_id for command in commands])


def third_party(shared: Shared, case_id: UUID) -> ThirdParty | None:
    """The newest permit of a case, locked, if there ever was one. Raises HeldElsewhere."""
    if shared.thing(ThirdParty, case_id) is None:
        THIRD_PARTIES.lock(shared, [case_id])
    return shared.thing(ThirdParty, case_id)


def is_known(connection: Connection, permit_id: UUID) -> bool:
    """Whether a permit was ever issued under this id."""
    query = select(permit_table.c.id).where(permit_table.c.id == permit_id)
    return connection.scalar(query) is not None
