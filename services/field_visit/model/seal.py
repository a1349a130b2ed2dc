"""A seal: one part of a visit's record, signed, and a leaf of the log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

#: What a worker is asked to do.
SEAL, SIGN_HEAD, PUBLISH_HEAD = "seal_visit", "sign_tree_head", "publish_tree_head"
#: What lines of disclosures are sealed for.
DISCLOSED = "visit.disclosed"


@dataclass(frozen=True)
class Seal:
    """One part, as it was sealed; see `seal_table`."""

    id: UUID
    visit_id: UUID
    part: int
    suite: str
    head: str
    signature: str
    key: str
    public_key: str
    records: str
    count: int
    last: str
    grade: str
    reasons: tuple[str, ...]
    leaf: int
    sealed_at: datetime


@dataclass(frozen=True)
class TreeHead:
    """A signed head of the log; see `tree_head_table`."""

    id: UUID
    size: int
    root: str
    suite: str
    text: str
    signature: str
    key: str
    public_key: str
    given_away: bool
    at: datetime


class Lacks(StrEnum):
    """What a visit's record lacks: it is not sealed yet for it, or as `kept` only."""

    CHECK_OUT = "check_out"  # one of the pair has not checked out
    JOURNAL_GAP = "journal_gap"  # a phone's entries wait for what lies before them
    FILE_MISSING = "file_missing"  # a file that a phone has noted has not come
    FILE_NOT_INSPECTED = "file_not_inspected"  # nobody has looked at a file yet
    RECORDING_OPEN = (
        "recording_open"  # a recorder ran, and more of its recording is to come
    )
    JOURNAL_FORKED = "journal_forked"  # a phone has sent two histories
    OF_BEFORE = "of_before"  # it was over before it was noted who checked out, and when


#: What is waited for until the deadline; the rest will not get better.
WAITED_FOR = (
    Lacks.CHECK_OUT,
    Lacks.JOURNAL_GAP,
    Lacks.FILE_MISSING,
    Lacks.FILE_NOT_INSPECTED,
    Lacks.RECORDING_OPEN,
)


class Erased(StrEnum):
    """What was erased of a visit's record."""

    CASE = "case"
    POSITIONS = "positions"
    FILE = "file"
    LOST = "lost"  # a file that is not in the store, by nobody's order


class Opens(StrEnum):
    """Until when what a record hides can be opened: until its person's fields are erased,
    or until its positions are let go.
    """

    PERSON = "person"
    POSITION = "position"
