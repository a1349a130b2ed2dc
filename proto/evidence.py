"""A visit's record, sealed: what a worker tells of a seal, and what a reader is given.

The form of what is sealed is in `evidence/` and docs/evidence.md.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from proto.base import Command, Moment, Reply, Value
from proto.looking import LookReason
from proto.media import MediaKind, Sha256

#: A hash of either suite, in hex.
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Signed = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_\-]+$")]
Pem = Annotated[str, Field(max_length=1000)]
Text = Annotated[str, Field(max_length=8000)]


class Grade(StrEnum):
    """What a seal says of the record it seals."""

    PROVEN = "proven"
    KEPT = "kept"  # something is missing, and the seal says what


class NoteSeal(Command):
    """A worker has sealed a part of a visit. Sent by the job to its service, under its id.

    `seal_id` names what it has put aside: the part's lines lie in the store by the digest
    `records`, what they hide in `disclosure`. `head` is the text that it signed.
    """

    seal_id: UUID
    visit_id: UUID
    part: int = Field(ge=1)
    suite: Annotated[str, Field(max_length=20)]
    head: Text
    signature: Signed
    key: Digest
    public_key: Pem
    records: Sha256
    count: int = Field(ge=1)
    last: Digest
    grade: Grade
    reasons: tuple[Annotated[str, Field(max_length=40)], ...]
    sealed_at: Moment

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class LookForSeal(Command):
    """Is all of a visit here that both have left? Said by the visit to itself."""

    visit_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class LookAtLog(Command):
    """Is a head of the log to be given away today, or has a sealed case been erased?

    Said by the service to itself.
    """


class NoteTreeHead(Command):
    """A worker has signed a head of the log. `given_away`: it is the one of its day."""

    size: int = Field(ge=1)
    root: Digest
    suite: Annotated[str, Field(max_length=20)]
    text: Text
    signature: Signed
    key: Digest
    public_key: Pem
    given_away: bool
    at: Moment


class CorrectVisit(Command):
    """Something in a visit's record is otherwise. It is kept beside it, sealed, and stands
    in the next part; nothing that was sealed is changed.
    """

    correction_id: UUID
    visit_id: UUID
    text: Annotated[str, Field(min_length=1, max_length=1000)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class CorrectionKept(Reply):
    """The correction is on the visit's record."""

    correction_id: UUID
    visit_id: UUID


class OpenEvidence(Command):
    """Give a visit's sealed record to somebody who says why; that is kept."""

    visit_id: UUID
    reason: LookReason


class SealedPart(Value):
    """One part: the digest of its lines, the head that was signed, and its leaf; the
    answer of a timestamp authority over that (RFC 3161, base64), once there is one.
    """

    part: int
    records: Sha256
    head: Text
    signature: Signed
    leaf: int
    timestamp: str | None = None


class EvidencePlan(Reply):
    """What goes into somebody's copy. `disclosures` are asked for one by one; `log` is
    `data/log.json`, `keys` are public keys (PEM). Files of the kinds in `withholds` are not
    for this reader.
    """

    visit_id: UUID
    bank: str
    suite: str
    parts: tuple[SealedPart, ...]
    disclosures: tuple[UUID, ...]
    log: str
    keys: tuple[Pem, ...]
    withholds: tuple[MediaKind, ...] = ()


class ShowDisclosures(Command):
    """Some of what a visit's records hide, for whoever was given its evidence."""

    visit_id: UUID
    disclosure_id: UUID


class DisclosuresShown(Reply):
    """Lines of `data/disclosures.jsonl`; none of what was erased."""

    lines: str


class ListTreeHeads(Command):
    """The heads of the log that were given away, the newest first."""

    before: UUID | None = None
    limit: int = Field(default=100, ge=1, le=400)


class TreeHeadShown(Value):
    """A head of the log as it was signed: `text` is what the `signature` is over."""

    head_id: UUID
    at: Moment
    size: int
    root: Digest
    text: str
    signature: Signed
    key: Digest


class TreeHeads(Reply):
    """Heads of the log. `next`: ask for those before this one; absent when it is all."""

    heads: tuple[TreeHeadShown, ...]
    next: UUID | None = None
