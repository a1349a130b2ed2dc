"""People and things of tests: one factory a noun, all invented."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from chassis import signatures
from doorstep.phone import closing, present, signed
from proto import ids
from proto.facts import hides
from proto.field_visit import Closing, Presence
from proto.journal import (
    GENESIS,
    Entry,
    Journal,
)
from proto.places import Position
from proto.signing import PublicKey

BOOKS = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "TW-2005", "CONTRACT-DEMO")
#: Without Taiwan's book, which never lets anybody take money.
MAINLAND = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "CONTRACT-DEMO")
DOOR = {"latitude": 31.2304, "longitude": 121.4737}
AT_THE_DOOR = Position(**DOOR, accuracy_m=8)
DOWN_THE_ROAD = Position(latitude=31.2404, longitude=121.4737, accuracy_m=8)


@dataclass
class Phone:
    """A work phone: a key, and a journal that only grows."""

    person_id: UUID
    device_id: UUID = field(default_factory=ids.new)
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    seq: int = 0
    link: str = GENESIS

    @property
    def public_key(self) -> PublicKey:
        return signatures.public_key(self.private)

    def presence(
        self, visit_id: UUID, at: datetime, position: Position = AT_THE_DOOR, **code: Any
    ) -> Presence:
        """Where it is; `code` is the nonce and what it answers, when it pairs."""
        me = (self.private, self.device_id, self.person_id)
        return present(*me, visit_id, position, at, **code)

    def closing(self, answer: Presence, elapsed_ms: int) -> Closing:
        return closing(self.private, self.device_id, answer, elapsed_ms)

    def writes(self, visit_id: UUID | None, at: datetime, *facts: Any) -> Journal:
        """Go on with the journal: one entry a fact, a second apart."""
        entries = []
        for number, fact in enumerate(facts):
            self.seq += 1
            entry = Entry(
                seq=self.seq,
                visit_id=visit_id,
                at=at + timedelta(seconds=number),
                prev=self.link,
                fact=fact,
                salt=token_hex(16),
                hides=hides(fact),
            )
            self.link = entry.link()
            entries.append(entry)
        return self.signed(entries)

    def signed(self, entries: list[Entry]) -> Journal:
        return signed(self.private, self.device_id, entries)


def side_by_side(
    phones: Sequence[Phone],
    visit_id: UUID,
    nonce: UUID | None,
    at: datetime,
    position: Position = AT_THE_DOOR,
) -> list[Presence]:
    """The presences of these phones; of two, the second answers the code of the first."""
    if len(phones) == 1:
        return [phones[0].presence(visit_id, at, position)]
    first = phones[0].presence(visit_id, at, position, nonce=nonce)
    answers = first.fingerprint()
    return [first, phones[1].presence(visit_id, at, position, nonce=nonce, answers=answers)]


def person(person_id: UUID, agency_id: UUID, **but: Any) -> dict[str, Any]:
    """A certified collector, as `RegisterPeople` takes one."""
    certificate = {
        "number": "ZS-1",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
    }
    return {
        "person_id": person_id,
        "agency_id": agency_id,
        "staff_no": f"W{person_id.hex[-6:]}",
        "name": "周小川",
        "certificate": certificate,
    } | but


def case(case_id: UUID, agency_id: UUID, **but: Any) -> dict[str, Any]:
    """An overdue card debt in Shanghai, as `OpenCases` takes one."""
    debtor = {
        "name": "陈建国",
        "id_number": "000000197001010012",
        "card_number": "6222020000001234",
    }
    return {
        "case_id": case_id,
        "number": f"C{case_id.hex[-8:]}",
        "agency_id": agency_id,
        "books": BOOKS,
        "debtor": debtor,
        "address": {"text": "人民大道1号", "point": DOOR},
        "amount": "12345.67",
        "overdue_since": date(2025, 10, 1),
    } | but
