"""Pairing: two phones show each other a code, and so prove that they are side by side.

Phone A shows its signed presence (QR_A); phone B, which knows A's key by the ticket,
answers with its own (QR_B), which names A's by its digest; A carries both to the gateway.
No network is needed between the two. A code is `DS1A.` or `DS1B.` and the unpadded
base64url of a presence's bytes, network byte order, each field at its place: 220 or 263
characters, a QR code of version 12 at level M at the most (ISO/IEC 18004, byte mode).
"""

import base64
import binascii
import re
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import Field, ValidationError

from proto.base import Command, Moment, Reply, Value
from proto.field_visit import Presence
from proto.media import Sha256
from proto.places import Datum, Position
from proto.signing import PublicKey, Signature

#: What a code begins with: of whoever shows first, and of whoever answers.
FIRST, ANSWER = "DS1A", "DS1B"
TEXT = re.compile(r"(DS1[AB])\.([A-Za-z0-9_-]+)", re.ASCII)
#: Visit, collector, phone and nonce; where, by which datum, how exact; when; then the
#: digest that is answered, in an answer alone; then the signature.
PLACES = struct.Struct("!16s16s16s16sddBdq")
DIGEST, SIGNED = 32, 64
#: Characters of a code; nothing longer is looked at.
LENGTHS = {
    FIRST: 5 + -(-(PLACES.size + SIGNED) * 8 // 6),
    ANSWER: 5 + -(-(PLACES.size + DIGEST + SIGNED) * 8 // 6),
}
DATUMS = tuple(Datum)
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Unreadable(ValueError):
    """What was scanned is no code of ours. It says what is wrong, never what was read."""


class ShowPairing(Command):
    """Which phones are to pair for this visit, and by which nonce? Asked by its pair."""

    visit_id: UUID


class PairedPhone(Value):
    """One phone of the pair and its key, which the other checks its code with."""

    device_id: UUID
    collector_id: UUID
    public_key: PublicKey
    thumbprint: Sha256


class PairingTicket(Reply):
    """Whose phones may pair for a visit, and until when; `nonce` is the visit's own."""

    visit_id: UUID
    nonce: UUID
    phones: tuple[PairedPhone, ...] = Field(max_length=20)
    good_until: Moment


class PairingShown(Reply):
    """The ticket as a compact JWS (ES256, the gateway's key for packs)."""

    visit_id: UUID
    ticket: str
    good_until: Moment


def encode(presence: Presence) -> str:
    """Return the code that shows a presence. Raises Unreadable when it has no nonce."""
    if presence.nonce is None:
        raise Unreadable("a presence without a nonce is no code; take the visit's")
    here = presence.position
    ids = (presence.visit_id, presence.collector_id, presence.device_id, presence.nonce)
    content = PLACES.pack(
        *(each.bytes for each in ids),
        here.latitude,
        here.longitude,
        DATUMS.index(here.datum),
        here.accuracy_m,
        (presence.at - EPOCH) // MICROSECOND,
    )
    content += bytes.fromhex(presence.answers or "") + unb64(presence.signature.value)
    return f"{ANSWER if presence.answers else FIRST}.{b64(content)}"


def decode(text: str) -> Presence:
    """Return the presence that a code shows: exactly what was signed. Raises Unreadable."""
    found = TEXT.fullmatch(text) if len(text) <= LENGTHS[ANSWER] else None
    if found is None or len(text) != LENGTHS[found[1]]:
        raise Unreadable("this is no pairing code; scan the other phone's again")
    content = unb64(found[2])
    if b64(content) != found[2]:
        raise Unreadable("the code is written in another way than ours; scan it again")
    try:
        return read(content)
    except (ValidationError, OverflowError, IndexError) as problem:
        raise Unreadable("the code holds what cannot be; scan it again") from problem


def read(content: bytes) -> Presence:
    """Return the presence in these bytes, whose length is right."""
    *ids, latitude, longitude, datum, accuracy_m, at = PLACES.unpack_from(content)
    visit_id, collector_id, device_id, nonce = (UUID(bytes=each) for each in ids)
    return Presence(
        visit_id=visit_id,
        collector_id=collector_id,
        device_id=device_id,
        position=Position(
            latitude=latitude,
            longitude=longitude,
            datum=DATUMS[datum],
            accuracy_m=accuracy_m,
        ),
        at=EPOCH + at * MICROSECOND,
        nonce=nonce,
        answers=content[PLACES.size : -SIGNED].hex() or None,
        signature=Signature(value=b64(content[-SIGNED:])),
    )


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of base64url without padding. Raises Unreadable."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as problem:
        raise Unreadable("the code is cut short; scan it again") from problem
