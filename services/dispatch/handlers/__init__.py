"""What dispatch does with each message: one module a matter, one function a message."""

from services.dispatch.handlers.addresses import close_address, reopen_address
from services.dispatch.handlers.appointments import end_appointment, keep_appointment
from services.dispatch.handlers.cases import (
    mark_paid_off,
    open_cases,
    recall_case,
    show_case,
)
from services.dispatch.handlers.circumstances import (
    report_circumstance,
    show_circumstances,
)
from services.dispatch.handlers.dangers import (
    danger_report_falls,
    note_cut_short,
    note_danger,
    report_danger,
)
from services.dispatch.handlers.events import close_door, dispute, spare, suspend
from services.dispatch.handlers.holds import (
    hold_case,
    hold_review_falls,
    resume_case,
    review_hold,
)
from services.dispatch.handlers.legal_holds import (
    lift_legal_hold,
    put_legal_hold,
    show_legal_holds,
)
from services.dispatch.handlers.liable import release_liable, type_liable
from services.dispatch.handlers.visits import plan_visits, swap

__all__ = [
    "close_address",
    "close_door",
    "danger_report_falls",
    "dispute",
    "end_appointment",
    "hold_case",
    "hold_review_falls",
    "keep_appointment",
    "lift_legal_hold",
    "mark_paid_off",
    "note_cut_short",
    "note_danger",
    "open_cases",
    "plan_visits",
    "put_legal_hold",
    "recall_case",
    "release_liable",
    "reopen_address",
    "report_circumstance",
    "report_danger",
    "resume_case",
    "review_hold",
    "show_case",
    "show_circumstances",
    "show_legal_holds",
    "spare",
    "suspend",
    "swap",
    "type_liable",
]
