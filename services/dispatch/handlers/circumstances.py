"""Special circumstances, reported by whoever hears of them (S12)."""

from chassis.errors import NotFound, Unavailable
from chassis.unit import Unit
from proto.base import Sealed
from proto.circumstances import (
    CircumstancesShown,
    CircumstanceTaken,
    ReportCircumstance,
    ShowCircumstances,
)
from proto.facts import Hardship
from services.dispatch import store
from services.dispatch.handlers.events import hold_at_once
from services.dispatch.model import SPECIAL, Case, hold_table

#: As a phone's journal seals it, and as what is said when nobody named it.
PURPOSE, UNSAID = "visit.hardship", "unsaid"


def report_circumstance(command: ReportCircumstance, unit: Unit) -> CircumstanceTaken:
    """Hold a case for special circumstances at once; a case that is over stays so.

    Raises NotFound for a case of another agency.
    """
    case = store.case(unit.shared, command.case_id)
    refuse_stranger(case, unit)
    if hold := hold_at_once(case, SPECIAL, unit):
        which = command.hardship.value if command.hardship else UNSAID
        sealed = unit.keyring.seal(case.id, PURPOSE, which)
        hold.hardships.append(sealed.model_dump(mode="json"))
        unit.change(hold_table, hold.id, hardships=hold.hardships)
    return CircumstanceTaken(case_id=case.id)


def refuse_stranger(case: Case, unit: Unit) -> None:
    """Raises NotFound for whoever is of an agency that the case is not with."""
    agency_id = unit.asker.agency_id if unit.asker else None
    if agency_id is not None and agency_id != case.agency_id:
        raise NotFound("case", case.id)


def show_circumstances(command: ShowCircumstances, unit: Unit) -> CircumstancesShown:
    """Open what was reported; nothing is left of a case that was shredded."""
    case = store.look_at(unit.connection, command.case_id)
    hold = case.holds.get(SPECIAL)
    told = [opened(case, each, unit) for each in (hold.hardships if hold else ())]
    return CircumstancesShown(case_id=case.id, circumstances=tuple(told))


def opened(case: Case, sealed: dict[str, object], unit: Unit) -> Hardship | None:
    try:
        said = unit.keyring.open(Sealed.model_validate(sealed), case.id, PURPOSE)
    except Unavailable:
        return None
    return None if said == UNSAID else Hardship(said)
