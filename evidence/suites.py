"""The two suites: which hash, and how the server signs. Phones sign alike in both.

Keys are PEM (private: a file's path, public: the text). Signatures are what openssl makes,
64 bytes for Ed25519 and DER for SM2, and travel as base64url without padding.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from evidence import openssl
from evidence.errors import CannotCheck, DoesNotFit

PEM = re.compile(
    r"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n?", re.ASCII
)
#: What the DER of a public key begins with (RFC 8410; GB/T 35276, GM/T 0006).
ED25519 = bytes.fromhex("302a300506032b6570032100")
SM2 = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
#: What the known signatures are over.
KNOWN = b"doorstep evidence"


class Hash(Protocol):
    """What hashlib gives."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class Suite:
    """The algorithms of a bundle: `hash` names the digest, as in `manifest-<hash>.txt`."""

    name: str
    hash: str
    head: bytes  # of the DER of its public keys
    size: int  # of that DER
    making: tuple[str, ...]
    signing: tuple[str, ...]
    known: tuple[str, str]  # a key and its signature over KNOWN

    def new(self) -> Hash:
        """Return a digest to be fed."""
        return new(self.hash)

    def digest(self, content: bytes) -> bytes:
        state = self.new()
        state.update(content)
        return state.digest()

    def hex(self, content: bytes) -> str:
        return self.digest(content).hex()

    def sign(self, private: Path, content: bytes) -> str:
        """Sign with the private key in this PEM file; return base64url."""
        with openssl.files(content=content, signature=b"") as paths:
            there = ("-in", paths["content"], "-out", paths["signature"])
            words = ("pkeyutl", "-sign", "-inkey", private, "-rawin")
            done = openssl.run(*words, *self.signing, *there)
            signature = paths["signature"].read_bytes()
        if done.returncode or not signature:
            raise CannotCheck("cannot_sign", why=done.stderr.decode(errors="replace"))
        return b64(signature)

    def verifies(self, public: str, content: bytes, signature: str) -> bool:
        """Say whether the holder of this public key (PEM) signed these bytes."""
        der = der_of(public)
        raw = unb64(signature)
        if raw is None or not raw or not content or not self.fits(der):
            return False
        return _verifies(self.signing, public, content, raw)

    def fits(self, der: bytes | None) -> bool:
        """Say whether this is a public key of this suite."""
        return der is not None and der.startswith(self.head) and len(der) == self.size

    def try_out(self) -> None:
        """Raise CannotCheck where openssl or Python here does not know these algorithms.

        Otherwise a signature that it cannot read would look like one that does not fit.
        """
        public = f"-----BEGIN PUBLIC KEY-----\n{self.known[0]}\n-----END PUBLIC KEY-----\n"
        self.new()
        if not self.verifies(public, KNOWN, self.known[1]):
            raise CannotCheck("openssl_cannot", suite=self.name)

    def make_key(self, private: Path) -> str:
        """Make a private key in this file, which only we may read; return its public half.

        Raises FileExistsError where there is one: no key is ever written over.
        """
        private.touch(0o600, exist_ok=False)
        done = openssl.run("genpkey", *self.making, "-out", private)
        if done.returncode:
            private.unlink()
            raise CannotCheck("cannot_make", why=done.stderr.decode(errors="replace"))
        return public_of(private)


SUITES = {
    suite.name: suite
    for suite in (
        Suite(
            name="international",
            hash="sha256",
            head=ED25519,
            size=44,
            making=("-algorithm", "ed25519"),
            signing=(),
            known=(
                ("MCowBQYDK2VwAyEAmmt7LEdEsPOooPSESfG/x3GRiIA/Lkz/W3CbSeRBBo4="),
                (
                    "j-jXB8b9aqWWAQ9-gPdFhI0P2L_cGYJbZRxSCwxUaIxKdocbr6m92uIExqHd"
                    "Xtrip9hvB1EZQ84WMAG7kzE3AQ"
                ),
            ),
        ),
        Suite(
            name="sm",
            hash="sm3",
            head=SM2,
            size=91,
            making=("-algorithm", "SM2"),
            signing=("-digest", "sm3", "-pkeyopt", "distid:1234567812345678"),
            known=(
                (
                    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE9y3c6eQ72sv92iiDen9bsFeQ"
                    "2mkm4KfF1ITjFXvDq2FTWJ3khvlMH06Up7fy9LvJClzG3lWkP1DvMIrKiG5T"
                    "Lg=="
                ),
                (
                    "MEQCIEhKOEyVGcunckrSXJstZ3EmxYJ6LVHmkiZ9IEAQmz_rAiBoT2XWRowD"
                    "UB9coAYRwXOUevFbSBgIOI1jPGM_VNFvIw"
                ),
            ),
        ),
    )
}


def public_of(private: Path) -> str:
    """Return the public half (PEM) of a private key in a file."""
    done = openssl.run("pkey", "-in", private, "-pubout")
    if done.returncode:
        raise CannotCheck("no_key", path=str(private))
    return done.stdout.decode()


def kid(public: str) -> str:
    """Return a public key's name: the SHA-256 of its DER. Raises DoesNotFit for no key."""
    der = der_of(public)
    if der is None:
        raise DoesNotFit("no_public_key", "PEM", value=public[:80])
    return hashlib.sha256(der).hexdigest()


def der_of(public: str) -> bytes | None:
    """Return what stands in a PEM of one public key, if it is written as openssl does."""
    found = PEM.fullmatch(public)
    if found is None:
        return None
    try:
        return base64.b64decode(found[1].replace("\n", ""), validate=True)
    except ValueError:
        return None


def new(hash_name: str) -> Hash:
    """Return a digest to be fed. Raises CannotCheck where this Python has no SM3."""
    try:
        return hashlib.new(hash_name)
    except ValueError:
        raise CannotCheck("no_hash", name=hash_name) from None


@lru_cache(maxsize=1000)
def _verifies(signing: tuple[str, ...], public: str, content: bytes, raw: bytes) -> bool:
    with openssl.files(public=public.encode(), content=content, signature=raw) as paths:
        words = ("pkeyutl", "-verify", "-pubin", "-inkey", paths["public"], "-rawin")
        files = ("-in", paths["content"], "-sigfile", paths["signature"])
        return openssl.run(*words, *signing, *files).returncode == 0


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes | None:
    """Return the bytes, or None for what is not the one spelling of any."""
    try:
        content = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return None
    return content if b64(content) == text else None
