"""Where a door is, and what kind of place it is the door of."""

from chassis.errors import Unavailable
from chassis.unit import Unit
from proto.dispatch import Place, PlaceClass
from services.field_visit.model import Visit


def door_of(visit: Visit, unit: Unit) -> Place:
    """Return where the door is. Opened once for both collectors."""
    if visit.where is None:
        opened = unit.keyring.open(visit.place, visit.case_id, "visit.place")
        visit.where = Place.model_validate_json(opened)
    return visit.where


def closed(visit: Visit, unit: Unit) -> bool:
    """Tell whether nobody goes there without a plan: a workplace, a school, a hospital.

    So is a public place, unless the debtor named it, and one that nobody can know any more,
    since its case was shredded.
    """
    try:
        place_class = door_of(visit, unit).place_class
    except Unavailable:
        return True
    public = place_class is PlaceClass.PUBLIC and visit.appointment_id is not None
    return not (public or place_class is PlaceClass.HOME)
