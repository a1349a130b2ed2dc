"""What a worker finds in film."""

import pytest

from chassis import child
from proto.media import Fault, Inspection, MediaKind
from services.field_visit.jobs import film
from tests.media import FILMS, half, movie
from tests.media import film as in_another_coding
from tests.media import sound as a_sound
from tests.services.inspecting import folder, here, inspected, keep

MP4, WEBM = "video/mp4", "video/webm"


@pytest.fixture(autouse=True)
def in_this_process(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children and their limits are looked at in `test_inspecting.py`."""
    monkeypatch.setattr(child, "run", here)


@pytest.mark.parametrize("media_type", FILMS)
def test_a_film_is_as_long_as_its_pictures_and_has_its_sound(media_type) -> None:
    found = inspected(media_type, movie(media_type, seconds=3))

    assert (found.fault, found.width, found.height) == (None, 128, 96)
    assert found.seconds == pytest.approx(3, abs=0.15)
    assert found.sound_s == pytest.approx(3, abs=0.15)
    assert (found.silent, found.clipped) == (pytest.approx(0, abs=0.05), 0)


@pytest.mark.parametrize("media_type", FILMS)
def test_a_film_without_any_sound_is_one_and_says_so(media_type) -> None:
    found = inspected(media_type, movie(media_type, gain=None))

    assert (found.fault, found.sound_s, found.silent) == (None, 0, None)
    assert found.seconds == pytest.approx(2, abs=0.15)


def test_a_film_in_which_nothing_is_heard_says_so() -> None:
    found = inspected(MP4, movie(gain=0))

    assert (found.fault, found.silent) == (None, 1)


@pytest.mark.parametrize(
    ("media_type", "data", "fault", "seconds"),
    [
        (MP4, lambda: half(movie(seconds=4)), Fault.UNREADABLE, None),
        (MP4, lambda: half(movie(seconds=4, movflags="faststart")), Fault.UNREADABLE, 2),
        (WEBM, lambda: half(movie(WEBM, 4)), Fault.UNREADABLE, 2),
        (MP4, lambda: movie()[:200], Fault.UNREADABLE, None),
        (WEBM, lambda: b"\x1a\x45\xdf\xa3" + bytes(500), Fault.UNREADABLE, None),
        (MP4, in_another_coding, Fault.OTHER_TYPE, None),
        (MP4, lambda: a_sound("audio/mp4"), Fault.OTHER_TYPE, None),
        (MP4, lambda: movie(WEBM), Fault.OTHER_TYPE, None),
        (WEBM, lambda: movie(MP4), Fault.OTHER_TYPE, None),
        (MP4, lambda: "喂？您好。".encode(), Fault.OTHER_TYPE, None),
        ("video/x-msvideo", movie, Fault.OTHER_TYPE, None),
    ],
    ids=(
        *("half an mp4 without its index", "half an mp4", "half a webm"),
        *("an mp4 of nothing", "a webm of nothing", "another coding", "sound alone"),
        *("webm as mp4", "mp4 as webm", "words", "another type"),
    ),
)
def test_bad_film_is_reported_with_its_reason_and_what_could_be_seen(
    media_type, data, fault, seconds
) -> None:
    found = inspected(media_type, data, kind=MediaKind.VIDEO)

    assert found.fault is fault
    assert found.seconds == (seconds and pytest.approx(seconds, abs=0.7))


def test_a_film_is_no_sound_and_no_photo() -> None:
    assert inspected("audio/mp4", movie()).fault is Fault.OTHER_TYPE


def test_a_film_larger_than_any_phone_makes_is_not_decoded(monkeypatch) -> None:
    monkeypatch.setattr(film, "MOST_PIXELS", 64 * 64)

    found = inspected(MP4, movie())

    assert found == Inspection(fault=Fault.TOO_LARGE, width=128, height=96, sound_s=0)


def test_a_film_longer_than_a_visit_can_be_is_too_large(monkeypatch) -> None:
    monkeypatch.setattr(film, "LONGEST_S", 1)
    told = film.look(
        {"path": str(folder().path(keep(movie(seconds=3)))), "media_type": MP4}
    )

    assert (told["fault"], 1 < told["seconds"] < 3) == ("too_large", True)
