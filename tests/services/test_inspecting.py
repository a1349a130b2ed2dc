"""What a worker does with a file: children, their limits, and what it keeps of them."""

import os

import pytest

from chassis import child
from chassis.child import Limits
from chassis.jobs import TRIES
from proto.media import MEDIA_TYPES, Fault, Inspection, MediaKind
from services.field_visit.jobs import JOBS, faults, film, inspecting, photo, sound
from services.field_visit.jobs.inspecting import LOOKING, LOOKS, Look, NotThere
from services.field_visit.model import INSPECT
from tests.media import ENCODERS, FILMS, bomb, half, movie
from tests.media import photo as a_photo
from tests.media import sound as a_sound
from tests.services.inspecting import JPEG, PNG, folder, inspected, job, keep, noted

pytestmark = pytest.mark.usefixtures("store")
PLANTED = "tests.chassis.planted_children:"


@pytest.mark.parametrize(("media_type", "kind"), photo.FORMATS.items())
def test_a_child_looks_at_a_photo_within_its_limits(media_type, kind) -> None:
    found = inspected(media_type, a_photo(kind))

    assert (found.fault, found.width, found.height) == (None, 640, 480)
    assert folder().size(found.thumbnail or "")
    assert folder().size(found.stripped or "")
    assert folder().size(found.blurred or "")


@pytest.mark.parametrize("media_type", ENCODERS)
def test_a_child_listens_within_its_limits(media_type) -> None:
    found = inspected(media_type, a_sound(media_type, seconds=2))

    assert (found.fault, found.seconds) == (None, pytest.approx(2, abs=0.15))


@pytest.mark.parametrize("media_type", FILMS)
def test_a_child_watches_a_film_within_its_limits(media_type) -> None:
    found = inspected(media_type, movie(media_type, seconds=2))

    assert (found.fault, found.seconds) == (None, pytest.approx(2, abs=0.15))


def test_a_child_watches_the_largest_film_within_its_limits() -> None:
    found = inspected("video/mp4", movie(seconds=1, size=(3840, 2160)))

    assert (found.fault, found.width, found.height) == (None, 3840, 2160)


def test_a_film_that_takes_longer_than_it_may_is_reported_at_once(monkeypatch) -> None:
    its, film_ = INSPECT[MediaKind.VIDEO], movie(seconds=1)
    monkeypatch.setitem(LOOKS, its, Look(LOOKS[its].function, Limits(768, 60, 0.05)))

    assert inspected("video/mp4", film_).fault is Fault.TOO_LONG_TO_READ


def test_a_child_tells_what_is_wrong() -> None:
    assert inspected(JPEG, half(a_photo())).fault is Fault.UNREADABLE


def test_a_picture_of_forty_megapixels_is_one() -> None:
    data = bomb(8_000, 5_000)

    assert len(data) < 20_000
    assert inspected(PNG, data).fault is None


@pytest.mark.parametrize(
    ("function", "but", "fault"),
    [
        ("spins", {"cpu_s": 1}, Fault.TOO_LONG_TO_READ),
        ("hangs", {"clock_s": 1}, Fault.TOO_LONG_TO_READ),
        ("eats", {}, Fault.TOO_MUCH_MEMORY),
        ("crashes", {}, Fault.UNREADABLE),
    ],
)
def test_a_file_that_takes_its_child_with_it_is_reported_at_once(
    monkeypatch, function, but, fault
) -> None:
    limits = Limits(**{"memory_mib": 128, "cpu_s": 10, "clock_s": 20} | but)
    its = INSPECT[MediaKind.PHOTO]
    monkeypatch.setitem(LOOKS, its, Look(PLANTED + function, limits))

    assert inspected(JPEG, a_photo()) == Inspection(fault=fault)
    assert list((folder().root / LOOKING).iterdir()) == []


def test_what_may_be_the_machines_fault_is_tried_again_before_it_is_said(
    monkeypatch,
) -> None:
    its, limits = INSPECT[MediaKind.PHOTO], Limits(128, 10, 20)
    monkeypatch.setitem(LOOKS, its, Look(PLANTED + "is_killed", limits))
    sha256, nothing = keep(a_photo()), "0" * 64

    with pytest.raises(child.Killed):
        noted(job(JPEG, sha256))
    with pytest.raises(NotThere):
        noted(job(JPEG, nothing))

    for digest, fault in ((sha256, Fault.TOO_MUCH_MEMORY), (nothing, Fault.MISSING)):
        last = job(JPEG, digest, claim=TRIES)
        assert noted(last).found == Inspection(fault=fault)


def test_our_own_mistake_is_never_the_files_fault(monkeypatch) -> None:
    its, limits = INSPECT[MediaKind.PHOTO], Limits(128, 10, 20)
    monkeypatch.setitem(LOOKS, its, Look(PLANTED + "nothing_of_that_name", limits))

    with pytest.raises(child.Failed):
        noted(job(JPEG, keep(a_photo()), claim=TRIES))


def test_what_killed_workers_left_behind_is_swept_by_the_next_one() -> None:
    again = job(JPEG, keep(a_photo()), claim=2)
    looking = folder().root / LOOKING
    for name in (f"{again.id}-1", "of-another-worker", "of-long-ago"):
        (looking / name).mkdir(parents=True)
        (looking / name / "stripped").write_bytes(b"half")
    os.utime(looking / "of-long-ago", (0, 0))

    assert noted(again).found.fault is None
    assert [each.name for each in looking.iterdir()] == ["of-another-worker"]


def test_a_copy_that_leads_elsewhere_is_not_kept(tmp_path) -> None:
    (tmp_path / "key").write_text("secret")
    (tmp_path / "stripped").symlink_to(tmp_path / "key")

    with pytest.raises(inspecting.NoCopy):
        inspecting.keep(folder(), tmp_path / "stripped")


def test_a_childs_words_for_faults_are_ours() -> None:
    words = {faults.OTHER_TYPE, faults.UNREADABLE, faults.TOO_LARGE, faults.NO_SOUND}

    assert words <= {fault.value for fault in Fault}
    looks = {kind for kind in JOBS if kind.startswith("inspect_")}
    assert looks == set(LOOKS) == set(INSPECT.values())
    looked_at = {*photo.FORMATS, *sound.KINDS, *film.KINDS}
    assert set(faults.BEGINNINGS) == set(MEDIA_TYPES) == looked_at
    assert inspecting.LOOKS[INSPECT[MediaKind.PHOTO]].copies == (
        photo.THUMBNAIL,
        photo.BLURRED,
        photo.STRIPPED,
    )
