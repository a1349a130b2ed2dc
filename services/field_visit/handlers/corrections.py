"""Somebody says that something in a visit's record is otherwise: kept beside it."""

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.unit import Unit
from proto.base import Role
from proto.evidence import CorrectionKept, CorrectVisit
from proto.field_visit import VisitCorrected
from services.field_visit import store
from services.field_visit.handlers import judging, sealing
from services.field_visit.model import correction_table

#: What a correction is sealed for.
CORRECTION = "visit.correction"
OF_THE_BANK = (Role.BANK_OFFICER, Role.COMPLIANCE)


def corrector_of(command: CorrectVisit, unit: Unit) -> None:
    """Raises NotFound unless it is the pair, their supervisor, or the bank, and Forbidden
    for any other role.
    """
    visit, asker = store.visit(unit.shared, command.visit_id), unit.asker
    role = asker.role if asker else None
    mine = {
        Role.FIELD_COLLECTOR: asker and asker.person_id in visit.collectors,
        Role.SUPERVISOR: asker and asker.agency_id == visit.agency_id,
        **dict.fromkeys(OF_THE_BANK, True),
    }
    if role not in mine:
        raise Forbidden("role-may-not", role=role.value if role else "?")
    if not mine[role]:
        raise NotFound("visit", visit.id)


def correct_visit(command: CorrectVisit, unit: Unit) -> CorrectionKept:
    """Keep what somebody says, sealed, once by its id; the next part has it.

    Raises Conflict when the id is another's, or the case was shredded.
    """
    visit = store.visit(unit.shared, command.visit_id)
    known = store.correction(unit.connection, command.correction_id)
    if known is None:
        keep(command, unit)
        told = VisitCorrected(
            **judging.about(visit, unit), correction_id=command.correction_id
        )
        unit.emit(told, visit.case_id)
        sealing.look_soon(visit, unit)
    elif (known.visit_id, known.by) != (visit.id, unit.by):
        key = str(command.correction_id)
        raise Conflict("key-known-otherwise", thing="correction", key=key)
    return CorrectionKept(correction_id=command.correction_id, visit_id=visit.id)


def keep(command: CorrectVisit, unit: Unit) -> None:
    assert unit.asker is not None
    visit = store.visit(unit.shared, command.visit_id)
    unit.write(
        correction_table,
        id=command.correction_id,
        visit_id=visit.id,
        by=unit.by,
        role=unit.asker.role,
        person_id=unit.asker.person_id,
        text=unit.keyring.seal(visit.case_id, CORRECTION, command.text),
        at=unit.now,
    )
