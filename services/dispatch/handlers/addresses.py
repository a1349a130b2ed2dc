"""Doors: closed when nobody of that name lives there, opened again by the bank."""

from chassis.unit import Unit
from proto.dispatch import (
    AddressClosed,
    AddressReopened,
    CaseShown,
    CloseAddress,
    ReopenAddress,
)
from services.dispatch import store
from services.dispatch.handlers.holding import save, shown
from services.dispatch.model import Case


def close_address(command: CloseAddress, unit: Unit) -> CaseShown:
    """Close the door of a case because it was found wrong for another one."""
    case = store.case(unit.shared, command.case_id)
    close(case, unit)
    return shown(case)


def close(case: Case, unit: Unit) -> bool:
    """Close the door of a case; False when it is closed, or the case is over."""
    if case.over or not case.open_address(False):
        return False
    closed = AddressClosed(case_id=case.id, agency_id=case.agency_id, at=unit.now)
    unit.emit(closed, case.id)
    save(case, unit)
    return True


def reopen_address(command: ReopenAddress, unit: Unit) -> CaseShown:
    """Let this case's door be gone to again; those of others stay closed."""
    case = store.case(unit.shared, command.case_id)
    case.refuse_over()
    if case.open_address(True):
        opened = AddressReopened(case_id=case.id, agency_id=case.agency_id, at=unit.now)
        unit.emit(opened, case.id)
        save(case, unit)
    return shown(case)
