"""A payment code is what the bank has signed for one case, and nothing else is one."""

import json
import os
from datetime import timedelta
from typing import Any

import pytest

from chassis import bank_codes, signatures
from chassis.bank_codes import FILE, NoBankCode, keys_of, parsed, read
from chassis.settings import Unusable, settings
from doorstep.codes import NotDrawn, payload
from proto import ids
from proto.payment_code import PURPOSE
from tests.banking import PAYLOAD, Signer, edwards, publish
from tests.services.conftest import NOON

CASE = ids.new()
EVENING = NOON + timedelta(hours=6)


def read_by(code: str, *signers: Signer, case_id=CASE, now=NOON, bank="demo"):
    keys = parsed([each.jwk() for each in signers])
    return read(code, keys, bank=bank, case_id=case_id, now=now)


def why(code: str, *signers: Signer, **but: Any) -> str:
    with pytest.raises(NoBankCode) as refused:
        read_by(code, *signers, **but)
    return refused.value.kind


@pytest.fixture(params=[Signer, edwards], ids=["ES256", "EdDSA"])
def bank(request) -> Signer:
    return request.param("2026-1")


def test_what_the_bank_signed_is_read_as_it_signed_it(bank) -> None:
    claims = read_by(bank.code(CASE, NOON, EVENING), bank)

    assert (claims.payload, claims.case_id) == (PAYLOAD, CASE)
    assert (claims.not_before, claims.good_until) == (NOON, EVENING)


def test_while_the_bank_changes_its_key_both_count(bank) -> None:
    old = edwards("2025-1")
    for each in (old, bank):
        assert read_by(each.code(CASE, NOON, EVENING), old, bank).payload == PAYLOAD
    assert why(old.code(CASE, NOON, EVENING), bank) == "payment-code-by-nobody"


def test_another_key_of_the_same_name_signs_nothing(bank) -> None:
    for other in (Signer(bank.kid), edwards(bank.kid)):
        kind = "altered" if other.alg == bank.alg else "by-nobody"
        assert why(other.code(CASE, NOON, EVENING), bank) == f"payment-code-{kind}"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"typ": "day-pack"},
        {"typ": "JWT"},
        {"kid": "another"},
        {"crit": ["exp"]},
        {"jku": "https://elsewhere.example/keys"},
        {"jwk": {"kty": "EC"}},
    ],
    ids=str,
)
def test_a_header_says_neither_by_what_nor_how_it_is_checked(bank, header) -> None:
    code = bank.code(CASE, NOON, EVENING, header=header)

    assert why(code, bank) == "payment-code-by-nobody"


def test_no_algorithm_but_the_key_s_own(bank) -> None:
    """The old trick: the public key as the secret of an HMAC, or no signature at all."""
    other = "EdDSA" if bank.alg == "ES256" else "ES256"
    assert why(bank.code(CASE, NOON, EVENING, header={"alg": other}), bank) == (
        "payment-code-by-nobody"
    )
    head = bank.code(CASE, NOON, EVENING).rpartition(".")[0]
    for nothing in ("", "AA", "A" * 86):
        assert why(f"{head}.{nothing}", bank) == "payment-code-altered"


def test_an_altered_payload_is_found(bank) -> None:
    head, _, signature = bank.code(CASE, NOON, EVENING).rpartition(".")
    mine = bank.code(CASE, NOON, EVENING, payload="https://mine.example").split(".")[1]

    assert why(f"{head.split('.')[0]}.{mine}.{signature}", bank) == "payment-code-altered"


def test_a_code_has_one_way_to_be_written_and_one_digest(bank) -> None:
    code = bank.code(CASE, NOON, EVENING)
    last = signatures.unb64(code.rpartition(".")[2])
    others = [
        code[:-1] + each
        for each in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if each != code[-1]
        and signatures.unb64((code[:-1] + each).rpartition(".")[2]) == last
    ]

    assert others != []  # other texts say the same bytes
    assert {why(each, bank) for each in others} == {"payment-code-unreadable"}


@pytest.mark.parametrize(
    ("but", "kind"),
    [
        ({"bank": "other"}, "of-another-bank"),
        ({"exp": int(NOON.timestamp())}, "unreadable"),  # it ends before it begins
        ({"payload": ""}, "unreadable"),
        ({"payload": "x" * 513}, "unreadable"),
        ({"nbf": "1"}, "unreadable"),
        ({"exp": 1e20}, "unreadable"),
        ({"debtor": "陈建国"}, "unreadable"),
    ],
    ids=str,
)
def test_what_it_claims_is_held_against_what_is_asked(bank, but, kind) -> None:
    assert why(bank.code(CASE, NOON, EVENING, **but), bank) == f"payment-code-{kind}"


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a.b.c", "..", "eyJ9.e30.AA", "W10.e30.AA"]
)
def test_what_is_no_jws_is_no_code(bank, text) -> None:
    assert why(text, bank) == "payment-code-unreadable"


def test_it_is_over_at_the_second_it_says(bank) -> None:
    code = bank.code(CASE, NOON, EVENING)

    assert read_by(code, bank, now=EVENING - timedelta(seconds=1))
    assert read_by(code, bank, now=EVENING - timedelta(microseconds=1))
    assert why(code, bank, now=EVENING) == "payment-code-over"


def test_a_phone_draws_what_the_bank_signed_and_nothing_else(bank) -> None:
    code = bank.code(CASE, NOON, EVENING)
    published = [
        {"kid": "ours", "purpose": "pack"},
        bank.jwk() | {"purpose": PURPOSE, "bank": "demo", "alg": bank.alg, "use": "sig"},
    ]

    assert payload(code, published, CASE, NOON) == PAYLOAD
    for case_id, at, keys, kind in (
        (ids.new(), NOON, published, "of-another-case"),
        (CASE, EVENING, published, "over"),
        (CASE, NOON - timedelta(seconds=1), published, "not-yet"),
        (CASE, NOON, published[:1], "by-nobody"),
        (CASE, NOON, [bank.jwk() | {"purpose": "pack"}], "by-nobody"),
        (CASE, NOON, [published[1] | {"bank": "other"}], "of-another-bank"),
    ):
        with pytest.raises(NotDrawn) as refused:
            payload(code, keys, case_id, at)
        assert refused.value.kind == f"payment-code-{kind}"
        assert PAYLOAD not in str(refused.value)


def test_the_keys_are_read_as_they_are_now(environment, bank) -> None:
    settings.cache_clear()
    assert keys_of(settings()) == ()
    publish(settings().keys, bank)
    assert [each.kid for each in keys_of(settings())] == ["2026-1"]
    publish(settings().keys, bank, Signer("2026-2"))
    os.utime(settings().keys / FILE, ns=(1, 1))  # another moment than before, for sure
    assert [each.kid for each in keys_of(settings())] == ["2026-1", "2026-2"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"keys": {}, "x": 1}x',
        '{"keys": [1]}',
        '{"keys": [{"kid": "a", "kty": "RSA"}]}',
        json.dumps({"keys": [Signer("a").jwk() | {"d": "A" * 43}]}),
        json.dumps({"keys": [Signer("a").jwk() | {"alg": "EdDSA"}]}),
        json.dumps({"keys": [Signer("a").jwk(), edwards("a").jwk()]}),
        json.dumps({"keys": [edwards("a").jwk() | {"crv": "P-256"}]}),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    environment, tmp_path, monkeypatch, content
) -> None:
    file = tmp_path / "codes.json"
    file.write_text(content)
    monkeypatch.setenv("DOORSTEP_BANK_CODE_KEYS", str(file))
    settings.cache_clear()

    with pytest.raises(Unusable, match="no JWK Set"):
        bank_codes.keys_in_place(settings())
    assert keys_of(settings()) == ()  # and nobody is shown a code


def test_a_file_that_is_named_has_to_be_there(environment, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DOORSTEP_BANK_CODE_KEYS", str(tmp_path / "nowhere.json"))
    settings.cache_clear()

    with pytest.raises(Unusable, match="is not there"):
        bank_codes.keys_in_place(settings())
    assert keys_of(settings()) == ()  # and nobody is shown a code
