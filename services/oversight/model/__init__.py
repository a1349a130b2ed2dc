"""The audit record, and how a visit's events become a row of the board."""

from services.oversight.model.audience import hidden_from, told_to_agencies
from services.oversight.model.course import (
    EDITION,
    TAKES,
    board_row,
)
from services.oversight.model.happened import Happened
from services.oversight.model.paging import Place
from services.oversight.model.tables import (
    ABOUT,
    HOLDING,
    board_visit_table,
    finding_table,
    metadata,
    projection_table,
    timeline_table,
)

__all__ = [
    "ABOUT",
    "EDITION",
    "HOLDING",
    "Happened",
    "Place",
    "TAKES",
    "board_row",
    "board_visit_table",
    "finding_table",
    "hidden_from",
    "metadata",
    "projection_table",
    "timeline_table",
    "told_to_agencies",
]
