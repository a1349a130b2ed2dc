"""Every query of oversight."""

from services.oversight.store.made import (
    Projection,
    add,
    courses,
    entries,
    forget_unplanned,
    keep,
    move,
    planned,
    projection,
    show,
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
