"""Pairing codes: read back as they were signed, small enough, and hostile ones refused."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proto.base import FIRST_YEAR, LAST_YEAR
from proto.field_visit import Presence
from proto.pairing import (
    EPOCH,
    LENGTHS,
    MICROSECOND,
    PLACES,
    Unreadable,
    decode,
    encode,
)
from proto.places import Datum, Position
from proto.signing import Signature, signed_bytes

#: Bytes of a QR code of these versions at level M (ISO/IEC 18004, table 7).
VERSION_11_M, VERSION_12_M = 251, 287
SIGNATURE = st.binary(min_size=64, max_size=64).map(
    lambda raw: Signature(value=base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
)
WGS84 = st.builds(
    Position,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    accuracy_m=st.floats(0, 100_000),
)
SHIFTED = st.builds(
    Position,
    latitude=st.floats(1, 55),
    longitude=st.floats(73, 137),
    accuracy_m=st.floats(0, 100_000),
    datum=st.sampled_from([Datum.GCJ02, Datum.BD09]),
)
FROM, UNTIL = (
    int(datetime(year, 1, 2, tzinfo=UTC).timestamp()) * 1_000_000
    for year in (FIRST_YEAR + 1, LAST_YEAR - 1)
)
MOMENTS = st.integers(FROM, UNTIL).map(lambda at: EPOCH + at * MICROSECOND)
CODES = st.builds(
    Presence,
    visit_id=st.uuids(),
    collector_id=st.uuids(),
    device_id=st.uuids(),
    position=WGS84 | SHIFTED,
    at=MOMENTS,
    nonce=st.uuids(),
    answers=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    signature=SIGNATURE,
)


def said(**but) -> Presence:
    values = {
        "visit_id": UUID(int=1),
        "collector_id": UUID(int=2),
        "device_id": UUID(int=3),
        "position": Position(latitude=31.2304, longitude=121.4737, accuracy_m=8),
        "at": datetime(2026, 3, 2, 7, tzinfo=UTC),
        "nonce": UUID(int=4),
        "signature": Signature(value="A" * 86),
    }
    return Presence(**values | but)


@given(CODES)
@example(said(position=Position(latitude=-0.0, longitude=0, accuracy_m=0)))
def test_what_was_signed_is_read_back_to_the_byte(presence) -> None:
    read = decode(encode(presence))

    assert signed_bytes(read) == signed_bytes(presence)
    assert (read, read.fingerprint()) == (presence, presence.fingerprint())


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    east = datetime.fromisoformat("2026-03-02T15:00:00.123456+08:00")

    assert decode(encode(said(at=east))).at == east


def test_codes_fit_a_small_qr_code() -> None:
    first, answer = encode(said()), encode(said(answers="a" * 64))

    assert (len(first), len(answer)) == (220, 263) == tuple(LENGTHS.values())
    assert len(first) <= VERSION_11_M
    assert len(answer) <= VERSION_12_M


def test_a_presence_of_one_alone_is_no_code() -> None:
    with pytest.raises(Unreadable):
        encode(said(nonce=None))


@given(
    st.text(max_size=400) | st.binary(max_size=400).map(lambda raw: raw.decode("latin-1"))
)
@example("")
@example("DS1A.")
@example("DS1A." + "A" * 10_000_000)
@example("DS1A." + "４" * 215)
def test_whatever_else_is_scanned_is_refused_with_a_sentence(text) -> None:
    with pytest.raises(Unreadable) as refusal:
        decode(text)

    assert str(refusal.value) == "this is no pairing code; scan the other phone's again"


@given(st.sampled_from(["DS1A", "DS1B"]), st.data())
def test_any_bytes_of_the_right_length_are_read_or_refused(kind, data) -> None:
    """NaN, moments out of all bounds, datums that are none: never another error."""
    length = PLACES.size + 64 + (32 if kind == "DS1B" else 0)
    raw = data.draw(st.binary(min_size=length, max_size=length))
    text = f"{kind}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"

    try:
        read = decode(text)
    except Unreadable:
        return
    assert encode(read) == text


@given(st.integers(5, 262), st.characters(codec="ascii"))
def test_a_code_with_one_character_changed_is_another_or_none(place, other) -> None:
    text = encode(said(answers="a" * 64))
    changed = text[:place] + other + text[place + 1 :]

    try:
        read = decode(changed)
    except Unreadable:
        return
    assert (read == said(answers="a" * 64)) is (changed == text)


def test_an_answer_shown_as_a_first_code_is_none() -> None:
    answer = encode(said(answers="a" * 64))

    with pytest.raises(Unreadable):
        decode(answer.replace("DS1B", "DS1A"))


def test_the_same_code_written_otherwise_is_none() -> None:
    """Two bits of the last character mean nothing: only zeros are ours."""
    text = encode(said())
    assert text.endswith("A")  # two bits of the signature, and two of nothing
    assert len(text) == LENGTHS["DS1A"]

    with pytest.raises(Unreadable):
        decode(f"{text[:-1]}B")


def test_a_moment_before_all_clocks_is_refused() -> None:
    early = EPOCH - timedelta(days=1)
    code = said().model_copy(update={"at": early})

    with pytest.raises(Unreadable):
        decode(encode(code))
