"""Values that are looked up by being equal, and not read."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from chassis.blind import blind, fingerprint

KEY = bytes(range(32))
NUMBER = "00000019700101001X"


@pytest.mark.parametrize(
    "written", ["00000019700101001x", "０００００0１9700101001Ｘ", " 000000 1970 0101 001X"]
)
def test_what_a_person_calls_the_same_is_found(written: str) -> None:
    assert blind(KEY, "demo", "case.id_number", written) == blind(
        KEY, "demo", "case.id_number", NUMBER
    )


@pytest.mark.parametrize(
    ("key", "bank", "column"),
    [
        (bytes(32), "demo", "case.id_number"),
        (KEY, "other", "case.id_number"),
        (KEY, "demo", "case.card_number"),
    ],
)
def test_no_key_bank_or_column_matches_another(key: bytes, bank: str, column: str) -> None:
    assert blind(key, bank, column, NUMBER) != blind(KEY, "demo", "case.id_number", NUMBER)


def test_keys_are_derived_as_hkdf_does() -> None:
    info = b"doorstep\0blind\0demo\0case.name"
    derived = HKDFExpand(SHA256(), 32, info).derive(KEY)
    expected = hmac.new(derived, "陈建国".encode(), hashlib.sha256).hexdigest()

    assert blind(KEY, "demo", "case.name", "陈 建国") == expected


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_a_fingerprint_tells_two_texts_apart(one: str, other: str) -> None:
    assert (fingerprint(KEY, one) == fingerprint(KEY, other)) == (one == other)
