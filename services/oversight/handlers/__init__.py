"""What oversight does with each message."""

from services.oversight.handlers.notes import note
from services.oversight.handlers.projecting import Told, project, refresh, told
from services.oversight.handlers.shown import (
    by_bank,
    by_readers,
    by_supervisors,
    show_bank_board,
    show_board,
    show_timeline,
)

__all__ = [
    "Told",
    "by_readers",
    "note",
    "project",
    "refresh",
    "by_bank",
    "by_supervisors",
    "show_bank_board",
    "show_board",
    "show_timeline",
    "told",
]
