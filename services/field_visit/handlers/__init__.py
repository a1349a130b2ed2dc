"""What field_visit does with each message: one module a matter, one function a message."""

from services.field_visit.handlers.asks import discuss_debt, enter_premises
from services.field_visit.handlers.check_in import check_in, of_the_pair
from services.field_visit.handlers.course import check_out, plan
from services.field_visit.handlers.journal import record_journal
from services.field_visit.handlers.revoking import withdraw
from services.field_visit.handlers.shown import list_visits, show_visit

__all__ = [
    "check_in",
    "check_out",
    "discuss_debt",
    "enter_premises",
    "list_visits",
    "of_the_pair",
    "plan",
    "record_journal",
    "show_visit",
    "withdraw",
]
