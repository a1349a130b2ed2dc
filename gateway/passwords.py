"""Passwords: argon2id (RFC 9106) in threads, few at a time, and equal in time.

One check takes some 50 ms and 64 MiB with the library's defaults, so that no more than
two run at once; whoever asks meanwhile waits.
"""

import asyncio
import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from chassis.errors import Invalid
from proto.base import Detail

AT_ONCE = 2
#: Characters. More than the upper bound only costs us time.
SHORTEST, LONGEST = 12, 1024


class Passwords:
    """Makes and checks password hashes. `hasher` is cheap in tests, never elsewhere."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self.hasher = hasher or PasswordHasher()
        self.decoy = decoy(self.hasher)
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return the hash to keep. Raises Invalid when the password is too short."""
        if len(password) < SHORTEST:
            detail = Detail(
                pointer="/password", kind="weak-password", values={"shortest": SHORTEST}
            )
            raise Invalid("weak-password", detail, shortest=SHORTEST)
        async with self.slots:
            return await asyncio.to_thread(self.hasher.hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Say whether this is the password. `kept` None, an unknown name, takes as long."""
        async with self.slots:
            right = await asyncio.to_thread(self.check, kept or self.decoy, password)
        return right and kept is not None

    def check(self, kept: str, password: str) -> bool:
        try:
            return self.hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def decoy(hasher: PasswordHasher) -> str:
    """Return the hash of no password, which takes as long to check as one of this hasher.

    Not computed: a gateway that starts has nobody waiting for it but people.
    """
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, nothing = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${nothing}"
