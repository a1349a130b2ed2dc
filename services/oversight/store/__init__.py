"""Every query of oversight."""

from services.oversight.store.made import (
    Projection,
    add,
    courses,
    entries,
    forget_unplanned,
    keep,
    known,
    move,
    planned,
    projection,
    show,
    shown_now,
    told_of_files,
)
from services.oversight.store.seen import (
    Seen,
    board,
    holds,
    is_bank,
    is_known,
    position,
    timeline,
)

__all__ = [
    "Projection",
    "Seen",
    "add",
    "board",
    "courses",
    "known",
    "shown_now",
    "told_of_files",
    "entries",
    "forget_unplanned",
    "holds",
    "is_bank",
    "is_known",
    "keep",
    "move",
    "planned",
    "position",
    "projection",
    "show",
    "timeline",
]
