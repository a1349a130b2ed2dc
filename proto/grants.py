"""What lets a gateway accept facts alone, and what it gives for them.

A visit grant says that these phones may send facts of one visit; it is a compact JWS
(RFC 7515, ES256) under the gateway's key for packs, which it checks without asking
anybody. A landing receipt, under its key for receipts, is the phone's proof that the
gateway has stored what it sent.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from proto.base import Command, Moment, Reply, Value
from proto.media import Sha256
from proto.signing import PublicKey

#: How far the clocks of who grants and who takes a grant may differ.
CLOCKS_DIFFER = timedelta(seconds=60)


class GrantVisit(Command):
    """Which phones may send facts of this visit, and until when? Asked by its pair."""

    visit_id: UUID


class GrantedPhone(Value):
    """One phone of the pair, and the key that checks what it signs."""

    device_id: UUID
    collector_id: UUID
    public_key: PublicKey


class VisitGrant(Reply):
    """One visit, its pair's phones, and until when facts of it are taken on this word."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    collectors: tuple[UUID, UUID]
    phones: tuple[GrantedPhone, ...]
    granted_at: Moment
    good_until: Moment

    def good(self, now: datetime) -> bool:
        return self.granted_at - CLOCKS_DIFFER <= now < self.good_until


class LandingReceipt(Value):
    """The gateway has this, durably, since then: `sha256` of the body's canonical JSON
    (RFC 8785), or of an upload's bytes; `sequence` the journal's last entry, if any.
    """

    kind: Literal["journal", "help", "media"]
    visit_id: UUID
    device_id: UUID
    sha256: Sha256
    sequence: int | None = None
    received_at: Moment


class ComplaintReceipt(Value):
    """The gateway has this complaint, durably, since then; `sha256` as above."""

    kind: Literal["complaint"] = "complaint"
    complaint_id: UUID
    sha256: Sha256
    received_at: Moment


class Landed(Reply):
    """It is stored; the services hear of it as soon as they can be reached.

    `receipt` is a `LandingReceipt` as a compact JWS. What the rules say of it is read
    later.
    """

    visit_id: UUID
    receipt: str


class ComplaintLanded(Reply):
    """It is stored; the complaints desk hears of it as soon as it can be reached.

    `receipt` is a `ComplaintReceipt` as a compact JWS.
    """

    complaint_id: UUID
    receipt: str


class GrantShown(Reply):
    """The grant as a compact JWS; send it in the header `Visit-Grant`."""

    visit_id: UUID
    grant: str
    good_until: Moment
