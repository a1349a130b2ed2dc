"""Two ciphers that fields are sealed by: AES-256-GCM, and SM4-GCM (GB/T 32907).

A box names its own, so that whatever was sealed opens under either suite. SM4 takes 128
bits: they are derived from the key of the case by HKDF with SM3 (RFC 5869), so that no key
serves two ciphers, and one that is erased takes both with it.
"""

from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Algorithm = Literal["A256GCM", "SM4GCM"]

#: By which cipher each suite seals what is new.
OF_SUITE: dict[str, Algorithm] = {"international": "A256GCM", "sm": "SM4GCM"}
KEY_BYTES, TAG_BYTES = 16, 16
#: What the derived key is for: another use has another key (RFC 5869, 3.2).
FOR_SM4 = b"doorstep/sealed/SM4-GCM/1"


def seal(alg: Algorithm, key: bytes, nonce: bytes, text: bytes, purpose: bytes) -> bytes:
    """Return ciphertext and tag."""
    if alg == "A256GCM":
        return AESGCM(key).encrypt(nonce, text, purpose)
    writer = Cipher(SM4(for_sm4(key)), GCM(nonce)).encryptor()
    writer.authenticate_additional_data(purpose)
    return writer.update(text) + writer.finalize() + writer.tag


def unseal(alg: Algorithm, key: bytes, nonce: bytes, box: bytes, purpose: bytes) -> bytes:
    """Raises InvalidTag when it was sealed by another key, or for another purpose.

    ValueError for a nonce of another length.
    """
    if alg == "A256GCM":
        return AESGCM(key).decrypt(nonce, box, purpose)
    text, tag = box[:-TAG_BYTES], box[-TAG_BYTES:]
    if len(tag) < TAG_BYTES:
        raise InvalidTag
    reader = Cipher(SM4(for_sm4(key)), GCM(nonce, tag)).decryptor()
    reader.authenticate_additional_data(purpose)
    return reader.update(text) + reader.finalize()


def for_sm4(key: bytes) -> bytes:
    return HKDF(SM3(), KEY_BYTES, None, FOR_SM4).derive(key)
