"""What contact does with each message."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chassis.errors import Conflict, NotFound
from chassis.rows import refuse
from chassis.unit import Unit
from proto.base import Detail
from proto.contact import (
    PermitThirdParty,
    RevokeThirdPartyPermit,
    ThirdPartyPermit,
    ThirdPartyPermitted,
)
from proto.dispatch import CaseStanding, CaseState
from proto.field_visit import ThirdPartyMayBeAsked
from services.contact import store
from services.contact.model import (
    LONGEST,
    PermitState,
    ThirdParty,
    permit_table,
    third_party_table,
)


def permit_third_party(command: PermitThirdParty, unit: Unit) -> ThirdPartyPermit:
    """Let one third party be asked once; the same permit again changes nothing."""
    case = unit.kept_all(CaseStanding, [command.case_id]).get(command.case_id)
    if case is None:
        raise NotFound("case", command.case_id)
    newest = store.third_party(unit.shared, command.case_id)
    if newest is None or not is_the_same(command, newest, unit):
        if case.state is not CaseState.PLACED:
            raise Conflict("case-not-placed", key=case.number, state=case.state.value)
        refuse(list(wrong_end(command.good_until, unit.now)))
        newest = issue(command, newest, unit)
    return shown(newest)


def is_the_same(command: PermitThirdParty, newest: ThirdParty, unit: Unit) -> bool:
    """Tell whether this permit was issued just so.

    Raises Conflict when it was issued otherwise, or while another one is open.
    """
    said = (command.permit_id, command.good_until)
    if said == (newest.permit_id, newest.good_until):
        return True
    if store.is_known(unit.connection, command.permit_id):
        raise Conflict("key-known-otherwise", thing="permit", key=str(command.permit_id))
    if newest.is_open(unit.now):
        until = newest.good_until.isoformat()
        raise Conflict("permit-open-already", key=str(newest.permit_id), until=until)
    return False


def wrong_end(good_until: datetime, now: datetime) -> Iterator[Detail]:
    """Yield what is wrong with a permit's end: it is past, or too far away."""
    if not now < good_until <= now + LONGEST:
        values = {"until": good_until.isoformat(), "most": LONGEST.days}
        yield Detail(pointer="/good_until", kind="permit-not-near", values=values)


def issue(command: PermitThirdParty, newest: ThirdParty | None, unit: Unit) -> ThirdParty:
    """Issue a permit: the case's first, or one more."""
    permit_id, good_until = command.permit_id, command.good_until
    if newest is None:
        newest = ThirdParty(command.case_id, permit_id, good_until, PermitState.OPEN, 1)
        unit.write(third_party_table, **vars(newest))
    else:
        newest.permit(permit_id, good_until)
        unit.change(third_party_table, newest.id, **vars(newest))
    unit.write(
        permit_table,
        id=permit_id,
        case_id=newest.id,
        good_until=good_until,
        state=newest.state,
        issued_at=unit.now,
        issued_by=unit.by,
    )
    said = ThirdPartyPermitted(permit_id=permit_id, case_id=newest.id, at=unit.now)
    unit.emit(said, newest.id)
    unit.emit(newest.standing(), newest.id)
    return newest


def revoke_third_party_permit(
    command: RevokeThirdPartyPermit, unit: Unit
) -> ThirdPartyPermit:
    """Take a permit back; doing so twice changes nothing."""
    newest = store.third_party(unit.shared, command.case_id)
    if newest is None or newest.permit_id != command.permit_id:
        raise NotFound("permit", command.permit_id)
    if newest.state is PermitState.USED:
        raise Conflict("permit-used", key=str(newest.permit_id))
    end(newest, command.permit_id, PermitState.REVOKED, unit)
    return shown(newest)


def use(event: ThirdPartyMayBeAsked, unit: Unit) -> None:
    """Use a permit up: somebody may now be asked by it, and nobody a second time."""
    if newest := store.third_party(unit.shared, event.case_id):
        end(newest, event.permit_id, PermitState.USED, unit)


def end(newest: ThirdParty, permit_id: UUID, state: PermitState, unit: Unit) -> None:
    """End the open permit; one that is over, or another one, stays what it is."""
    if newest.end(permit_id, state):
        unit.change(third_party_table, newest.id, state=state, version=newest.version)
        unit.change(permit_table, permit_id, state=state, ended_at=unit.now)
        unit.emit(newest.standing(), newest.id)


def shown(newest: ThirdParty) -> ThirdPartyPermit:
    return ThirdPartyPermit(
        permit_id=newest.permit_id, case_id=newest.id, state=newest.state
    )
