"""Fields under SM4: sealed, opened, rotated and shredded as those under AES are."""

import base64
import json

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chassis import boxes, rotation
from chassis.errors import Unavailable
from chassis.keyring import Keyring
from chassis.settings import settings
from chassis.shredding import Reason, shred
from doorstep.shredding.traces import Search
from proto import ids
from proto.base import Sealed
from tests.chassis.conftest import Emptied

KEY, NONCE = bytes(range(32)), bytes(12)
EVERY = ("A256GCM", "SM4GCM")


@pytest.fixture
def suite(environment: None, monkeypatch: pytest.MonkeyPatch):
    def choose(name: str) -> None:
        monkeypatch.setenv("DOORSTEP_SEAL_SUITE", name)
        settings.cache_clear()

    return choose


def test_sm4_gcm_is_that_of_rfc_8998() -> None:
    """RFC 8998, A.1: what others compute for the same key, nonce and text."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4
    from cryptography.hazmat.primitives.ciphers.modes import GCM

    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    writer = Cipher(SM4(key), GCM(bytes.fromhex("00001234567800000000ABCD"))).encryptor()
    writer.authenticate_additional_data(
        bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    )
    text = b"".join(bytes([each] * 8) for each in b"\xaa\xbb\xcc\xdd\xee\xff\xee\xaa")
    box = writer.update(text) + writer.finalize()

    assert box.hex().upper().startswith("17F399F08C67D5EE19D0DC9969C4BB7D")
    assert writer.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"


@pytest.mark.parametrize("alg", EVERY)
@given(text=st.binary(max_size=200), purpose=st.binary(max_size=40))
def test_what_is_sealed_opens_again(alg, text: bytes, purpose: bytes) -> None:
    box = boxes.seal(alg, KEY, NONCE, text, purpose)

    assert boxes.unseal(alg, KEY, NONCE, box, purpose) == text
    assert len(box) == len(text) + boxes.TAG_BYTES


@pytest.mark.parametrize("alg", EVERY)
def test_not_by_another_cipher_key_purpose_or_nonce_nor_changed(alg) -> None:
    box = boxes.seal(alg, KEY, NONCE, b"text", b"purpose")
    other = next(each for each in EVERY if each != alg)

    for how in (
        (other, KEY, NONCE, box, b"purpose"),
        (alg, bytes(32), NONCE, box, b"purpose"),
        (alg, KEY, NONCE, box, b"address"),
        (alg, KEY, bytes([1] * 12), box, b"purpose"),
        (alg, KEY, NONCE, bytes([box[0] ^ 1]) + box[1:], b"purpose"),
        (alg, KEY, NONCE, box[:-1] + bytes([box[-1] ^ 1]), b"purpose"),
    ):
        with pytest.raises(InvalidTag):
            boxes.unseal(*how)


def test_no_key_serves_two_ciphers() -> None:
    assert boxes.for_sm4(KEY) not in (KEY[:16], KEY[16:])
    # openssl kdf -keylen 16 -kdfopt digest:SM3 -kdfopt hexkey:... -kdfopt info:... HKDF
    assert boxes.for_sm4(KEY).hex() == "a5735f6d6318fa9782d60f39e9335149"


def test_by_either_suite_what_the_other_sealed_opens(emptied: Emptied, suite) -> None:
    case, found = ids.new(), {}
    for name in boxes.OF_SUITE:
        suite(name)
        found[name] = emptied.ring_that_commits(case, "陈建国")

    assert {name: each.alg for name, each in found.items()} == boxes.OF_SUITE
    for name in boxes.OF_SUITE:
        suite(name)
        ring = emptied.ring()
        assert {ring.open(each, case, "p") for each in found.values()} == {"陈建国"}


def test_what_names_no_cipher_is_of_before_and_opens(emptied: Emptied, suite) -> None:
    case = ids.new()
    kept = emptied.ring_that_commits(case, "陈建国").model_dump(mode="json")
    del kept["alg"]
    suite("sm")

    assert emptied.ring().open(Sealed.model_validate(kept), case, "p") == "陈建国"


def test_it_opens_after_a_rotation_and_never_after_a_shredding(
    emptied: Emptied, suite
) -> None:
    suite("sm")
    case = ids.new()
    sealed = emptied.ring_that_commits(case, "陈建国")
    rotation.rotate(emptied.url)
    assert emptied.ring().open(sealed, case, "p") == "陈建国"
    assert opens(emptied.ring(), case, sealed) == (1, 1)

    with emptied.its.begin() as connection:
        shred(connection, case, "desk:test", Reason.ASKED)

    with pytest.raises(Unavailable, match="sealed-field-lost"):
        emptied.ring().open(sealed, case, "p")
    assert opens(emptied.ring(), case, sealed) == (1, 0)


def opens(ring: Keyring, case, sealed: Sealed) -> tuple[int, int]:
    """What a scan says of it."""
    what = Search(ring, case, [])
    what.look("here", sealed.model_dump_json().encode())
    tally = what.places["here"]
    return tally.sealed, tally.openable


@pytest.mark.parametrize("box", ["", "AAAA", base64.b64encode(bytes(15)).decode()])
def test_a_box_that_is_too_short_does_not_open(emptied: Emptied, suite, box) -> None:
    suite("sm")
    case = ids.new()
    sealed = emptied.ring_that_commits(case, "x").model_copy(update={"box": box})

    with pytest.raises(Unavailable, match="sealed-field-lost"):
        emptied.ring().open(sealed, case, "p")


def test_the_name_of_the_cipher_is_in_what_is_kept(emptied: Emptied, suite) -> None:
    suite("sm")
    kept = json.loads(emptied.ring_that_commits(ids.new(), "x").model_dump_json())
    assert kept["alg"] == "SM4GCM"
