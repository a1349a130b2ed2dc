"""Both suites against libraries written by others, and signatures that nobody made."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from chassis.signatures import public_key, sign
from evidence import canonical, es256
from evidence.errors import CannotCheck, CannotWrite, DoesNotFit
from evidence.suites import SUITES, Suite, b64, der_of, kid, unb64
from tests.evidence.making import Keys


def test_a_signature_and_what_is_none(keys: Keys) -> None:
    suite, public = keys.suite, keys.public("seal")
    signature = keys.sign("seal", b"text")

    assert suite.verifies(public, b"text", signature)
    assert not suite.verifies(public, b"other", signature)
    assert not suite.verifies(public, b"text", signature[:-1])
    assert not suite.verifies(public, b"text", signature + "A")
    assert not suite.verifies(public, b"text", "")
    assert not suite.verifies(keys.public("export"), b"text", signature)
    assert not suite.verifies("no key", b"text", signature)


def test_a_key_of_the_other_suite_signs_nothing(keys: Keys, tmp_path: Path) -> None:
    [other] = (each for each in SUITES.values() if each is not keys.suite)
    public = other.make_key(tmp_path / "other.pem")

    assert not keys.suite.verifies(
        public, b"text", other.sign(tmp_path / "other.pem", b"text")
    )


def test_ed25519_is_what_the_library_makes_of_it(tmp_path: Path) -> None:
    suite = SUITES["international"]
    public = suite.make_key(tmp_path / "key.pem")
    signature = unb64(suite.sign(tmp_path / "key.pem", b"text"))
    key: Any = load_pem_public_key(public.encode())

    key.verify(signature, b"text")
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"other")


def test_sm3_and_the_example_of_the_standard() -> None:
    """GB/T 32905, A.1."""
    assert SUITES["sm"].hex(b"abc") == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


def test_a_key_is_never_written_over_and_only_ours_to_read(tmp_path: Path) -> None:
    suite = SUITES["international"]
    public = suite.make_key(tmp_path / "key.pem")

    with pytest.raises(FileExistsError):
        suite.make_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    der = der_of(public)
    assert der is not None
    assert kid(public) == hashlib.sha256(der).hexdigest()


def test_signing_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotCheck, match="cannot_sign"):
        SUITES["sm"].sign(tmp_path / "nowhere.pem", b"text")


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_it_is_tried_whether_openssl_knows_a_suite(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.try_out()

    monkeypatch.setattr(Suite, "verifies", lambda *_: False)
    with pytest.raises(CannotCheck, match="openssl_cannot"):
        suite.try_out()


def test_phones_signatures_are_what_the_library_makes() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = {"kty": "EC", "crv": "P-256"} | public_key(key).model_dump(mode="json")
    pem = es256.pem_of(jwk)
    assert pem is not None
    load_pem_public_key(pem.encode())
    signature = str(sign(key, b"text").value)

    assert es256.verifies(pem, b"text", signature)
    assert not es256.verifies(pem, b"other", signature)
    assert not es256.verifies(pem, b"text", b64(bytes(64)))
    assert not es256.verifies(pem, b"text", signature + "=")


@given(st.binary(min_size=64, max_size=64))
def test_no_signature_is_too_odd_to_be_read(raw: bytes) -> None:
    der = es256.der_of(raw)

    assert der[1] == len(der) - 2
    assert der[3] == len(der[4:]) - len(der[4 + der[3] :])


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-384"},
    ],
)
def test_what_is_no_key_of_a_phone(jwk: dict[str, Any]) -> None:
    assert es256.pem_of(jwk) is None


def test_a_point_off_the_curve_signed_nothing() -> None:
    jwk = {"kty": "EC", "crv": "P-256", "x": b64(b"\1" * 32), "y": b64(b"\1" * 32)}
    pem = es256.pem_of(jwk)

    assert pem is not None
    assert not es256.verifies(pem, b"text", b64(b"\1" * 64))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_canonical_json_is_the_librarys_or_none(value: dict[str, Any]) -> None:
    try:
        text = canonical.canonical(value)
    except CannotWrite:
        return
    assert text.encode() == rfc8785.dumps(value)
    assert canonical.read(text.encode(), "here") == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": 1}', '{"a":1.0}', '{"b":1,"a":1}', '{"a":1,"a":1}', '{"a":1e2}', "[]", ""),
        *('{"a":NaN}', '{"a":"\\u0041"}', '{"a":"\\ud800"}', '{"é":1}', "[" * 5000, "{"),
        '{"a":' * 3000 + "1" + "}" * 3000,
        '{"a":' + "1" * 5000 + "}",
    ],
)
def test_what_is_not_canonical(text: str) -> None:
    with pytest.raises(DoesNotFit, match="not_canonical"):
        canonical.read(text.encode(), "here")


@pytest.mark.parametrize("text", ["A", "AB==", "AB", "A\nB", "é", "AA+/"])
def test_only_one_spelling_of_base64(text: str) -> None:
    assert unb64(text) is None
    assert unb64("AA-_") == b"\x00\x0f\xbf"
