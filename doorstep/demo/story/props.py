"""What several acts need: where things are asked, what phones note, and moments."""

from proto.facts import (
    Identified,
    Introduced,
    MaskedItem,
    PersonMet,
    Recording,
    Relation,
    Stopped,
)

#: Routes, by what stands in for the ids.
VISIT, CASE = "/v1/visits/{visit}", "/v1/cases/{case}"
CHECK_IN, JOURNAL = f"POST {VISIT}/check-ins", f"POST {VISIT}/journal"
TALK, ENTRY = f"POST {VISIT}/asks/discuss-debt", f"POST {VISIT}/asks/enter-premises"
CASH = f"POST {VISIT}/asks/collect-cash"
CHECK_OUT, SHOW_VISIT = f"POST {VISIT}/check-out", f"GET {VISIT}"
AUTHORITY = f"{CASE}/cash-authorities"

#: When the power fails in the afternoon, and the evening.
AFTER_THE_POWER_FAILED = "2026-03-02T15:06:00+08:00"
EVENING = "2026-03-02T21:02:00+08:00"

MOTHER, DEBTOR = Relation.PARENT, Relation.DEBTOR
RECORDING = Recording(announced=True, running=True)
RECORDED = Recording(announced=True, running=False, reason=Stopped.FINISHED)
#: A file has come, and a worker has looked at it.
FILE = ("field_visit.media_received", "field_visit.media_inspected")
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
CONFIRMED = Identified(name_said=True, items=(MaskedItem.ID_TAIL, MaskedItem.CARD_TAIL))
#: The debtor opens, hears who they are, and is confirmed.
DEBTOR_OPENS = (RECORDING, INTRODUCED, PersonMet(relation=DEBTOR), CONFIRMED)

ARRIVED, LEFT_THE_DOOR = "field_visit.collectors_arrived", "field_visit.collectors_left"
CHECK_IN_REFUSED, REVOKED = (
    "field_visit.check_in_not_allowed",
    "field_visit.clearance_revoked",
)
#: What a phone is shown of a case that is not its agency's to work now: nothing.
WITHDRAWN = {"withdrawn": True, "sheet": None, "badge": None}
