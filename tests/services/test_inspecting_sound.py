"""What a worker finds in sound."""

import pytest

from chassis import child
from proto.media import Fault, MediaKind
from services.field_visit.jobs import sound
from tests.media import ENCODERS, film, half, tone
from tests.media import sound as a_sound
from tests.services.inspecting import (
    AAC,
    MP3,
    OGG,
    WAV,
    folder,
    here,
    inspected,
    keep,
)


@pytest.fixture(autouse=True)
def in_this_process(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children and their limits are looked at in `test_inspecting.py`."""
    monkeypatch.setattr(child, "run", here)


@pytest.mark.parametrize("media_type", ENCODERS)
def test_a_recording_is_as_long_as_what_comes_out_of_it(media_type) -> None:
    found = inspected(media_type, a_sound(media_type, seconds=3))

    assert found.fault is None
    assert found.seconds == pytest.approx(3, abs=0.15)
    assert (found.silent, found.clipped) == (pytest.approx(0, abs=0.05), 0)


@pytest.mark.parametrize("media_type", ENCODERS)
def test_how_much_of_it_is_silent_is_told(media_type) -> None:
    rate = 48_000 if media_type == OGG else 16_000
    parts = [*tone(1, rate=rate), *tone(3, gain=0, rate=rate)]

    found = inspected(media_type, a_sound(media_type, parts=parts))

    assert (found.fault, found.silent) == (None, pytest.approx(0.75, abs=0.05))


@pytest.mark.parametrize("media_type", ENCODERS)
def test_how_much_of_it_is_clipped_is_told(media_type) -> None:
    """A tone of four times full scale lies beyond it for 84 hundredths of the time."""
    rate = 48_000 if media_type == OGG else 16_000
    parts = [*tone(1, gain=4, rate=rate), *tone(1, rate=rate)]

    found = inspected(media_type, a_sound(media_type, parts=parts))

    assert found.fault is None
    if media_type == WAV:
        assert found.clipped == pytest.approx(0.42, abs=0.01)
    else:  # an encoder that loses something ripples the flat tops: fewer are seen
        assert 0 < (found.clipped or 0) < 0.42


def test_a_loud_tone_that_fits_is_not_clipped() -> None:
    assert inspected(WAV, a_sound(WAV, gain=0.99)).clipped == 0


@pytest.mark.parametrize("gain", [0, 0.002])
def test_what_is_silent_from_end_to_end_is_no_evidence(gain) -> None:
    found = inspected(AAC, a_sound(seconds=2, gain=gain))

    assert (found.fault, found.silent) == (Fault.NO_SOUND, 1)
    assert found.seconds == pytest.approx(2, abs=0.1)


def wav_that_claims(length: int) -> bytes:
    data = a_sound(WAV, seconds=2)
    at = data.index(b"data") + 4
    return data[:at] + length.to_bytes(4, "little") + data[at + 4 :]


@pytest.mark.parametrize(
    ("media_type", "data", "fault", "seconds"),
    [
        (AAC, lambda: half(a_sound(AAC, 4)), Fault.UNREADABLE, None),
        (AAC, lambda: half(a_sound(AAC, 4, movflags="faststart")), Fault.UNREADABLE, 2),
        (OGG, lambda: half(a_sound(OGG, 4)), Fault.UNREADABLE, 2),
        (MP3, lambda: half(a_sound(MP3, 4)), Fault.UNREADABLE, 2),
        (WAV, lambda: half(a_sound(WAV, 4)), Fault.UNREADABLE, 2),
        (WAV, lambda: wav_that_claims(4_000_000_000), Fault.UNREADABLE, 2),
        (WAV, lambda: wav_that_claims(2**32 - 1), None, 2),
        (WAV, lambda: a_sound(WAV, 2)[:44], Fault.UNREADABLE, None),
        (OGG, lambda: b"OggS" + bytes(500), Fault.UNREADABLE, None),
        (AAC, lambda: film(), Fault.OTHER_TYPE, None),
        (AAC, lambda: a_sound(OGG), Fault.OTHER_TYPE, None),
        (MP3, lambda: "喂？您好。".encode(), Fault.OTHER_TYPE, None),
        (WAV, lambda: bytes(1000), Fault.OTHER_TYPE, None),
        ("audio/flac", lambda: a_sound(WAV), Fault.OTHER_TYPE, None),
    ],
    ids=(
        *("half an mp4 without its index", "half an mp4", "half an ogg", "half an mp3"),
        *("half a wav", "a wav that claims 4 GB", "a wav of unknown length"),
        *("a wav of nothing", "ogg of nothing", "a film", "ogg as mp4", "words"),
        *("zeros", "another type"),
    ),
)
def test_bad_sound_is_reported_with_its_reason_and_what_could_be_heard(
    media_type, data, fault, seconds
) -> None:
    found = inspected(media_type, data, kind=MediaKind.AUDIO)

    assert found.fault is fault
    assert found.seconds == (seconds and pytest.approx(seconds, abs=0.2))


def test_sound_longer_than_a_visit_can_be_is_too_large(monkeypatch) -> None:
    monkeypatch.setattr(sound, "LONGEST_S", 1)
    told = sound.look(
        {"path": str(folder().path(keep(a_sound(WAV, 3)))), "media_type": WAV}
    )

    assert (told["fault"], 1 < told["seconds"] < 3) == ("too_large", True)
