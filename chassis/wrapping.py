"""How the keys of cases and people are wrapped by a master key: AES-256-GCM.

In both suites: what is wrapped are random keys, and no word of anybody. The key's id is the
associated data, so that one case's key does not unwrap as another's.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from chassis import masters
from chassis.errors import Unavailable
from chassis.keyring_tables import master_table

NONCE_BYTES = 12


def current(connection: Connection) -> str:
    """Return the id of the master key that wraps what is new.

    Its row stays locked against removal until the commit, so that a rotation cannot
    retire it between this and the insert of what it wraps.
    """
    newest = select(master_table.c.id).order_by(master_table.c.number.desc()).limit(1)
    locked = newest.with_for_update(read=True, key_share=True)
    if (found := connection.scalar(locked)) is not None:
        return str(found)
    first = masters.first()
    row = insert(master_table).values(id=first)
    connection.execute(row.on_conflict_do_nothing())
    return first


def wrap(master_id: str, key_id: UUID, key: bytes) -> bytes:
    """Wrap a key; returns nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(masters.find(master_id)).encrypt(nonce, key, key_id.bytes)


def unwrap(master_id: str | None, key_id: UUID, wrapped: bytes) -> bytes:
    """Unwrap a key. Raises Unavailable when its master key is not here, or another."""
    master = masters.find(master_id or masters.unnamed())
    nonce, box = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        return AESGCM(master).decrypt(nonce, box, key_id.bytes)
    except InvalidTag:
        raise Unavailable("master-key-does-not-fit", purpose="key") from None
