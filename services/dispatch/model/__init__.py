"""A case, the reasons why it is held, and the visits planned for it."""

from services.dispatch.model.appointment import Appointment
from services.dispatch.model.case import (
    BANK_ZONE,
    DUTY_DESK,
    SPECIAL,
    ZONES,
    Case,
    Hold,
    one_mandate,
)
from services.dispatch.model.danger import Danger
from services.dispatch.model.liable import Liable, liable_of
from services.dispatch.model.sheet import is_home, masked, sheet
from services.dispatch.model.tables import (
    BLIND,
    FINDABLE,
    SHREDDED,
    appointment_table,
    case_table,
    danger_table,
    hold_table,
    metadata,
    visit_plan_table,
)

__all__ = [
    "BANK_ZONE",
    "BLIND",
    "DUTY_DESK",
    "FINDABLE",
    "SHREDDED",
    "SPECIAL",
    "ZONES",
    "Appointment",
    "Case",
    "Danger",
    "Hold",
    "Liable",
    "appointment_table",
    "case_table",
    "danger_table",
    "hold_table",
    "is_home",
    "liable_of",
    "masked",
    "metadata",
    "one_mandate",
    "sheet",
    "visit_plan_table",
]
