"""The audit record, and how a visit's events become a row of the board."""

from services.oversight.model.audience import hidden_from, told_to_agencies
from services.oversight.model.course import (
    EDITION,
    TAKES,
    board_row,
    is_of_a_file,
    with_files,
)
from services.oversight.model.happened import Happened
from services.oversight.model.paging import Place
from services.oversight.model.tables import (
    ABOUT,
    HOLDING,
    MEDIA_ID,
    OF_FILES,
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
    "MEDIA_ID",
    "OF_FILES",
    "Place",
    "TAKES",
    "board_row",
    "board_visit_table",
    "finding_table",
    "hidden_from",
    "is_of_a_file",
    "metadata",
    "projection_table",
    "timeline_table",
    "told_to_agencies",
    "with_files",
]
