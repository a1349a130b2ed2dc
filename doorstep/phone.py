"""A simulated work phone: a key it never shows, a journal it never rewrites.

Its folder holds `key.pem`, `journal.jsonl` and what waits to be sent, all for our eyes
only. An entry is on disk before it counts, so that a phone which dies loses nothing and
repeats no number.
"""

import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis import signatures
from doorstep import codes
from doorstep.home import write_secretly
from doorstep.outgoing import Outgoing, Sender, Sent
from proto import ids
from proto.anchors import Anchor
from proto.canonical import canonical
from proto.facts import Anchored, Fact, PaymentCodeShown, hides
from proto.field_visit import Closing, Presence
from proto.journal import (
    GENESIS,
    Entry,
    Journal,
)
from proto.payment_code import digest
from proto.places import Position
from proto.signing import PublicKey, Signature, signed_bytes
from proto.workforce import enrolment

#: Stands where a signature will be while the bytes to sign are made.
UNSIGNED = Signature(value="A" * 86)
MOST_AT_ONCE = 200


class Phone:
    """The phone of one collector. Made at first use, the same one ever after."""

    def __init__(self, folder: Path, device_id: UUID, collector_id: UUID) -> None:
        self.device_id, self.collector_id = device_id, collector_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = _key(folder / "key.pem")
        self._file = folder / "journal.jsonl"
        self.entries: list[Entry] = _entries(self._file)
        self._confirmed = 0
        #: What was done and is still to be told; without a signal it waits there.
        self.outgoing, self.signal = Outgoing.of(folder), True
        #: Since when it runs, and under which name: its monotonic clock counts from then.
        self.boot_id, self._booted = ids.new(), time.monotonic()

    @property
    def public_key(self) -> PublicKey:
        return signatures.public_key(self._key)

    def enrolment(self) -> dict[str, object]:
        """Return the body that says which key it made, and proves that it holds it."""
        key = self.public_key
        proof = signatures.sign(self._key, enrolment(self.device_id, key))
        return {"public_key": key.model_dump(), "signature": proof.model_dump()}

    def presence(
        self,
        visit_id: UUID,
        position: Position,
        at: datetime,
        nonce: UUID | None = None,
        answers: str | None = None,
    ) -> Presence:
        """Return its collector's signed presence; with a nonce, another phone may carry
        it (`doorstep/pairing.py`).
        """
        me = (self._key, self.device_id, self.collector_id)
        return present(*me, visit_id, position, at, nonce=nonce, answers=answers)

    def closing(self, answer: Presence, elapsed_ms: int) -> Closing:
        """Return that it read the answer to its code, so much later by its own clock."""
        return closing(self._key, self.device_id, answer, elapsed_ms)

    def elapsed_ms(self) -> int:
        """Return the milliseconds since it was switched on; nobody can set them."""
        return int((time.monotonic() - self._booted) * 1000)

    def note(self, visit_id: UUID | None, fact: Fact, at: datetime) -> Entry:
        """Write down what happened, linked to the entry before; of no visit, of the day."""
        last = self.entries[-1] if self.entries else None
        entry = Entry(
            seq=last.seq + 1 if last else 1,
            visit_id=visit_id,
            at=at,
            prev=last.link() if last else GENESIS,
            fact=fact,
            boot_id=self.boot_id,
            elapsed_ms=self.elapsed_ms(),
            salt=secrets.token_hex(16),
            hides=hides(fact),
        )
        _append(self._file, entry)
        self.entries.append(entry)
        return entry

    def unconfirmed(self) -> Journal | None:
        """Return what nobody has confirmed yet, its head signed; nothing if all is."""
        waiting = self.entries[self._confirmed :][:MOST_AT_ONCE]
        return self.signed(waiting) if waiting else None

    def report(self, path: str) -> None:
        """Let what nobody confirmed, and what does not wait already, wait to be sent."""
        while unsent := self.entries[self._queued() :][:MOST_AT_ONCE]:
            journal = self.signed(unsent).model_dump(mode="json")
            self.outgoing.add(path, {"journal": journal})

    def _queued(self) -> int:
        """Return the number through which the journal is confirmed, or waits."""
        waiting = (each.body for each in self.outgoing.waiting)
        parts = [body["journal"] for body in waiting if "journal" in body]
        ends = [int(part["entries"][-1]["seq"]) for part in parts]
        return max([self._confirmed, *ends])

    def send(self, sender: Sender) -> list[Sent]:
        """Send what waits, as far as there is a signal: help first, then in order.

        The answer to a part of the journal says through which number it is kept.
        """
        sent = self.outgoing.send(sender) if self.signal else []
        for each in sent:
            if each.answer.ok:
                self.confirm(int(each.answer.body.get("through", 0)))
        return sent

    def part(self, first: int, last: int) -> Journal:
        """Return the entries of these numbers, signed: what the server says is missing."""
        return self.signed(self.entries[first - 1 : last][:MOST_AT_ONCE])

    def anchor(self, told: Anchor, asked_ms: int, at: datetime) -> Entry:
        """Note what time it was told, and when it had asked by its own clock."""
        fact = Anchored(
            anchor_id=told.anchor_id, asked_ms=asked_ms, got_ms=self.elapsed_ms()
        )
        return self.note(None, fact, at)

    def shows(
        self,
        visit_id: UUID,
        case_id: UUID,
        code: str,
        keys: Iterable[Mapping[str, Any]],
        at: datetime,
    ) -> str:
        """Return what to draw for the debtor's app, and note that it is shown.

        Raises NotDrawn, and then notes nothing, for nothing was shown.
        """
        drawn = codes.payload(code, keys, case_id, at)
        self.note(visit_id, PaymentCodeShown(sha256=digest(code)), at)
        return drawn

    def signed(self, entries: Sequence[Entry]) -> Journal:
        return signed(self._key, self.device_id, entries)

    def confirm(self, through: int) -> None:
        """Note that the server keeps everything up to this number."""
        self._confirmed = max(self._confirmed, min(through, len(self.entries)))


def present(
    key: ec.EllipticCurvePrivateKey,
    device_id: UUID,
    collector_id: UUID,
    visit_id: UUID,
    position: Position,
    at: datetime,
    *,
    nonce: UUID | None = None,
    answers: str | None = None,
) -> Presence:
    """Return a collector's presence, signed by the phone's key."""
    plain = Presence(
        visit_id=visit_id,
        collector_id=collector_id,
        device_id=device_id,
        position=position,
        at=at,
        nonce=nonce,
        answers=answers,
        signature=UNSIGNED,
    )
    signature = signatures.sign(key, signed_bytes(plain))
    return plain.model_copy(update={"signature": signature})


def closing(
    key: ec.EllipticCurvePrivateKey, device_id: UUID, answer: Presence, elapsed_ms: int
) -> Closing:
    """Return that an answer was read so much later, signed by the phone's key."""
    plain = Closing(
        device_id=device_id,
        answer=answer.fingerprint(),
        elapsed_ms=elapsed_ms,
        signature=UNSIGNED,
    )
    signature = signatures.sign(key, signed_bytes(plain))
    return plain.model_copy(update={"signature": signature})


def signed(
    key: ec.EllipticCurvePrivateKey, device_id: UUID, entries: Sequence[Entry]
) -> Journal:
    """Return entries of a journal, their head signed by the phone's key."""
    plain = Journal(device_id=device_id, entries=tuple(entries), signature=UNSIGNED)
    signature = signatures.sign(key, plain.head())
    return plain.model_copy(update={"signature": signature})


def _key(file: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key in the file, made when there is none."""
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        text = made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_secretly(file, text.decode())
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{file} holds another kind of key; remove it")
    return key


def _entries(file: Path) -> list[Entry]:
    """Read the journal; a last line that was cut short never counted."""
    if not file.exists():
        return []
    whole, _, cut = file.read_bytes().rpartition(b"\n")
    if cut:
        write_secretly(file, f"{whole.decode()}\n" if whole else "")
    return [Entry.model_validate_json(line) for line in whole.splitlines()]


def _append(file: Path, entry: Entry) -> None:
    line = canonical(json.loads(entry.model_dump_json())) + b"\n"
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
