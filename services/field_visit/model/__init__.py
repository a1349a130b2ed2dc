"""A visit, who stands at its door, what has happened there, and the tables of it."""

from services.field_visit.model.door import Door, Noted
from services.field_visit.model.tables import (
    checked_in_table,
    decision_table,
    journal_table,
    metadata,
    visit_table,
)
from services.field_visit.model.visit import CLOCK_SLACK, CheckedIn, Visit

__all__ = [
    "CLOCK_SLACK",
    "CheckedIn",
    "Door",
    "Noted",
    "Visit",
    "checked_in_table",
    "decision_table",
    "journal_table",
    "metadata",
    "visit_table",
]
