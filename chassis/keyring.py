"""Sealed personal fields: one key a case (or a person), wrapped by the master key.

AES-256-GCM; the purpose is the associated data, so that a name does not open as an
address. Losing a key's row shreds whatever was sealed under it, wherever it is.
"""

import base64
import contextlib
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.errors import Unavailable
from chassis.settings import settings
from proto.base import Sealed

NONCE_BYTES = 12

metadata = MetaData(schema="keyring")

#: One key a case or person; the one store that services share.
key_table = Table(
    "key",
    metadata,
    Column("key_id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


@dataclass
class Keyring:
    """The keys one transaction has needed so far."""

    connection: Connection
    keys: dict[UUID, AESGCM] = field(default_factory=dict)

    def seal(self, key_id: UUID, purpose: str, text: str) -> Sealed:
        """Seal a field under this key, which is made when it is the first."""
        if key_id not in self.keys:
            self.make([key_id])
        nonce = os.urandom(NONCE_BYTES)
        box = self.keys[key_id].encrypt(nonce, text.encode(), purpose.encode())
        return Sealed(key_id=key_id, purpose=purpose, nonce=b64(nonce), box=b64(box))

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
            return key.decrypt(nonce, box, purpose.encode()).decode()
        except InvalidTag:
            raise Unavailable("sealed-field-lost", purpose=purpose) from None

    def make(self, key_ids: list[UUID]) -> None:
        """Have a key for each of these, new ones where there is none; two statements."""
        rows = [
            {"key_id": key_id, "wrapped": wrap(key_id, AESGCM.generate_key(256))}
            for key_id in sorted(set(key_ids))
        ]
        self.connection.execute(insert(key_table).on_conflict_do_nothing(), rows)
        self.load(key_ids)

    def load(self, key_ids: list[UUID]) -> None:
        """Fetch these keys, as far as they exist, in one statement."""
        wanted = select(key_table.c.key_id, key_table.c.wrapped).where(
            key_table.c.key_id.in_(set(key_ids))
        )
        for key_id, wrapped in self.connection.execute(wanted):
            self.keys[key_id] = AESGCM(unwrap(key_id, bytes(wrapped)))


def fingerprint(text: str) -> str:
    """Return what tells one text from another without telling the text (HMAC-SHA-256)."""
    key = hmac.digest(master(), b"fingerprint", "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def wrap(key_id: UUID, key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master()).encrypt(nonce, key, key_id.bytes)


def unwrap(key_id: UUID, wrapped: bytes) -> bytes:
    try:
        return AESGCM(master()).decrypt(
            wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], key_id.bytes
        )
    except InvalidTag:
        raise Unavailable("master-key-does-not-fit", purpose="key") from None


@cache
def master() -> bytes:
    """Return the master key: 32 bytes from a file of mode 0600.

    Made when missing, but not in production: a new key there would open nothing.
    Raises RuntimeError when it is missing there, or when others can read it.
    """
    path = settings().keys / "master.key"
    if not path.exists() and settings().environment == "production":
        raise RuntimeError(f"no master key at {path}; mount it or set DOORSTEP_KEYS")
    make_secret(path, 32)
    if path.stat().st_mode & 0o077:
        raise RuntimeError(f"others can read the master key {path}; chmod 600 it")
    return path.read_bytes()


def make_secret(path: Path, size: int) -> None:
    """Make a file of `size` random bytes that only we can read, unless it is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(size))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # whole or not at all, and the first one wins
    draft.unlink()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
