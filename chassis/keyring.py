"""Sealed personal fields: one key a case (or a person), wrapped by a master key.

AES-256-GCM or SM4-GCM, as the suite says (`chassis.boxes`); the purpose is the associated
data, so that a name does not open as an address. Losing a key shreds whatever was sealed
under it, wherever it is. Keys are held for one transaction and no longer.
"""

import base64
import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from chassis import blind, boxes
from chassis.errors import Conflict, Unavailable
from chassis.keyring_tables import key_table, metadata
from chassis.settings import settings
from chassis.wrapping import NONCE_BYTES, current, unwrap, wrap
from proto import ids
from proto.base import Sealed

__all__ = ["INDEX", "Keyring", "key_table", "metadata"]

#: A key as it lies in its table: whose it is, which master key wraps it, and itself.
Fetched = tuple[UUID, str | None, bytes]
#: The key of blind indexes and fingerprints: kept like all others, and never shredded.
INDEX = ids.named("keyring", "index")


@dataclass
class Keyring:
    """The keys one transaction has needed so far."""

    connection: Connection
    keys: dict[UUID, bytes] = field(default_factory=dict, repr=False)

    def seal(self, key_id: UUID, purpose: str, text: str) -> Sealed:
        """Seal a field under this key, which is made when it is the first.

        Raises Conflict when the key was shredded: nothing comes after that.
        """
        if (key := self.key(key_id)) is None:
            raise Conflict("key-shredded", key=str(key_id))
        return boxed(key, key_id, purpose, text)

    def open(self, sealed: Sealed, key_id: UUID, purpose: str) -> str:
        """Open a field of this case or person.

        Raises Unavailable when its key was erased, or it was sealed for another.
        """
        if key_id not in self.keys:
            self.load([key_id])
        if sealed.key_id != key_id or (key := self.keys.get(key_id)) is None:
            raise Unavailable("sealed-field-lost", purpose=purpose)
        nonce, box = base64.b64decode(sealed.nonce), base64.b64decode(sealed.box)
        try:
            return boxes.unseal(sealed.alg, key, nonce, box, purpose.encode()).decode()
        except InvalidTag:
            raise Unavailable("sealed-field-lost", purpose=purpose) from None

    def blind(self, column: str, text: str) -> str:
        """Return what a text is looked up by in a column of this bank."""
        return blind.blind(self.index_key(), settings().bank, column, text)

    def fingerprint(self, text: str) -> str:
        """Return what tells one text from another without telling the text."""
        return blind.fingerprint(self.index_key(), text)

    def index_key(self) -> bytes:
        key = self.key(INDEX)
        assert key is not None, "shred() refuses the index key"
        return key

    def key(self, key_id: UUID) -> bytes | None:
        """Return a key, made when it is the first; None when it was shredded."""
        if key_id not in self.keys:
            self.load([key_id])
        if key_id not in self.keys:
            self.make([key_id])
        return self.keys.get(key_id)

    def make(self, key_ids: list[UUID]) -> None:
        """Have a key for each of these, new ones where there is none; three statements.

        Where a tombstone stands, none is made.
        """
        master = current(self.connection)
        rows = [
            {
                "key_id": key_id,
                "wrapped": wrap(master, key_id, AESGCM.generate_key(256)),
                "master": master,
            }
            for key_id in sorted(set(key_ids))
        ]
        self.connection.execute(insert(key_table).on_conflict_do_nothing(), rows)
        self.load(key_ids)

    def take(self, fetched: Iterable[Fetched]) -> None:
        """Take keys that were read with other things. What does not open is read anew."""
        for key_id, master, wrapped in fetched:
            with contextlib.suppress(Unavailable):
                self.keys[key_id] = unwrap(master, key_id, wrapped)

    def load(self, key_ids: list[UUID]) -> None:
        """Fetch these keys, as far as they exist."""
        if not key_ids:
            return
        try:
            self.keys |= self.fetched(key_ids)
        except Unavailable:  # a rotation ended between reading the row and the file
            self.keys |= self.fetched(key_ids)

    def fetched(self, key_ids: list[UUID]) -> dict[UUID, bytes]:
        table = key_table.c
        wanted = select(table.key_id, table.wrapped, table.master).where(
            table.key_id.in_(set(key_ids)), table.wrapped.is_not(None)
        )
        return {
            key_id: unwrap(master, key_id, bytes(wrapped))
            for key_id, wrapped, master in self.connection.execute(wanted)
        }


def sealed(key: Fetched, purpose: str, text: str) -> Sealed:
    """Seal a field under a key as it lay in its table, and hold it no longer than that.

    Whoever stores it proves in the same statement that the key lies there still. Raises
    Unavailable when its master key is not here, or another.
    """
    key_id, master, wrapped = key
    return boxed(unwrap(master, key_id, wrapped), key_id, purpose, text)


def boxed(key: bytes, key_id: UUID, purpose: str, text: str) -> Sealed:
    nonce, alg = os.urandom(NONCE_BYTES), boxes.OF_SUITE[settings().seal_suite]
    box = boxes.seal(alg, key, nonce, text.encode(), purpose.encode())
    return Sealed(alg=alg, key_id=key_id, purpose=purpose, nonce=b64(nonce), box=b64(box))


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
