"""What a worker finds in photos."""

import hashlib
import random
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image, ImageChops, ImageDraw

from chassis import child
from chassis.jobs import TRIES
from proto.media import Fault, Inspection, MediaKind
from services.field_visit.jobs import photo
from tests.media import (
    CAMERA,
    bomb,
    exif,
    flipped,
    half,
    picture,
    with_huge_text,
)
from tests.media import photo as a_photo
from tests.media import sound as a_sound
from tests.services.inspecting import (
    JPEG,
    PNG,
    WAV,
    WEBP,
    folder,
    here,
    inspected,
    job,
    keep,
    noted,
)

TAKEN_AT = datetime(2026, 3, 2, 7, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_this_process(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children and their limits are looked at in `test_inspecting.py`."""
    monkeypatch.setattr(child, "run", here)


def copy(sha256: str | None) -> Image.Image:
    assert sha256
    with folder().open(sha256) as file:
        image = Image.open(BytesIO(file.read()))
    image.load()
    return image


@pytest.mark.parametrize(("media_type", "kind"), photo.FORMATS.items())
def test_a_photo_has_its_size_and_what_exif_claims(media_type, kind) -> None:
    found = inspected(media_type, a_photo(kind, exif=exif()))

    assert found.fault is None
    assert (found.width, found.height) == (640, 480)
    assert (found.taken_at, found.has_position) == (TAKEN_AT, True)


def test_its_copies_are_small_and_upright_and_have_nothing_but_pixels() -> None:
    described = a_photo(
        image=picture(3000, 2000),
        exif=exif(orientation=6),
        comment=b"at the door of Chen",
        xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
        icc_profile=b"secret profile",
    )

    found = inspected(JPEG, described)

    assert (found.width, found.height) == (2000, 3000)
    stripped, thumbnail = copy(found.stripped), copy(found.thumbnail)
    assert (stripped.size, thumbnail.size) == ((1365, 2048), (171, 256))
    for each in (stripped, thumbnail):
        assert set(each.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert {name for name, _ in each.applist} == {"APP0"}
    assert stripped.convert("L").resize((1, 8)).getpixel((0, 0)) > 200  # white is on top
    with folder().open(found.stripped or "") as file:
        bytes_ = file.read()
    assert not any(word in bytes_ for word in (b"secret", b"Chen", CAMERA.encode()))


def test_the_original_stays_as_it_was_received() -> None:
    data = a_photo()
    found = inspected(JPEG, data)

    with folder().open(hashlib.sha256(data).hexdigest()) as file:
        assert file.read() == data
    kept = [each for each in folder().root.rglob("*") if each.is_file()]
    copies = found.stripped, found.blurred, found.thumbnail
    names = {hashlib.sha256(data).hexdigest(), *copies}
    assert {each.name for each in kept} == names
    assert {each.stat().st_mode & 0o077 for each in kept[1:]} <= {0, 0o044}


@pytest.mark.parametrize("share", [6, 12, 24])
def test_letters_and_faces_are_gone_from_the_blurred_copy(share) -> None:
    """A word a sixth of the picture high and less, black on white, is a grey cloud."""
    written = Image.new("RGB", (1600, 1200), "white")
    size = 1600 // share
    ImageDraw.Draw(written).text((200, 400), "陈 8 B03", fill="black", font_size=size)
    found = inspected(JPEG, a_photo(image=written))

    blurred, sharp = copy(found.blurred), copy(found.stripped)
    assert max(blurred.size) == 640
    assert {name for name, _ in blurred.applist} == {"APP0"}
    assert steepest(blurred) < steepest(sharp.resize(blurred.size)) / 8


def steepest(image: Image.Image) -> int:
    """The most by which a pixel differs from the one at its right."""
    grey = image.convert("L")
    moved = ImageChops.offset(grey, 1, 0)
    return ImageChops.difference(grey, moved).crop((1, 0, *grey.size)).getextrema()[1]


@pytest.mark.parametrize(
    ("claims", "taken_at"),
    [
        ({"offset": None}, None),  # which zone? Whatever we said, we would have made it up
        ({"taken": "0000:00:00 00:00:00"}, None),
        ({"taken": "not a time at all"}, None),
        ({"taken": "1970:01:01 00:00:00"}, None),
        ({"taken": "9999:12:31 23:59:59"}, None),
        ({"offset": "Z"}, datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)),
    ],
    ids=str,
)
def test_a_time_is_told_only_with_its_offset(claims, taken_at) -> None:
    found = inspected(JPEG, a_photo(exif=exif(position=False, **claims)))

    assert (found.fault, found.taken_at, found.has_position) == (None, taken_at, False)


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        (JPEG, lambda: a_photo(exif=b"Exif\0\0II*\0\xff\xff\xff\xff")),
        (JPEG, lambda: a_photo(exif=b"Exif\0\0" + random.Random(2).randbytes(500))),
        (JPEG, lambda: a_photo(exif=b"")),
        (JPEG, lambda: a_photo(image=picture().convert("L"))),
        (JPEG, lambda: a_photo(image=picture().convert("CMYK"), exif=b"")),
        (JPEG, lambda: a_photo("MPO", save_all=True, append_images=[picture(64, 48)])),
        (PNG, lambda: a_photo("PNG", picture(mode="RGBA"))),
        (PNG, lambda: a_photo("PNG", picture().convert("P"), transparency=3)),
        (PNG, lambda: a_photo("PNG", picture().convert("1"))),
        (PNG, lambda: a_photo("PNG", picture().convert("L").convert("I").convert("I;16"))),
        (WEBP, lambda: a_photo("WEBP", picture(mode="RGBA"))),
    ],
    ids=(
        *("exif that leads nowhere", "exif of noise", "no exif", "grey", "four inks"),
        *("with a picture behind it", "half seen through", "palette", "one bit"),
        *("sixteen bits", "webp half seen through"),
    ),
)
def test_what_a_phone_may_rightly_send_is_read(media_type, data) -> None:
    found = inspected(media_type, data)

    assert (found.fault, found.width, found.height) == (None, 640, 480)
    assert copy(found.thumbnail).size == (256, 192)


@pytest.mark.parametrize(
    ("image", "grey"),
    [
        (Image.new("RGBA", (64, 48), (0, 0, 0, 0)), 255),
        (Image.new("LA", (64, 48), (0, 0)), 255),
        (Image.new("I;16", (64, 48), 0x4000), 64),
    ],
    ids=["clear black", "clear grey", "sixteen bits"],
)
def test_what_can_be_looked_through_is_white_and_grey_stays_grey(image, grey) -> None:
    found = inspected(PNG, a_photo("PNG", image, exif=b""))

    shown = copy(found.stripped).convert("L").getpixel((32, 24))
    assert shown == pytest.approx(grey, abs=2)


def test_a_photo_with_something_behind_it_is_a_photo() -> None:
    """The copies, which people are shown, have none of it."""
    archive = BytesIO()
    with ZipFile(archive, "w") as zipped:
        zipped.writestr("program.sh", "secret")

    found = inspected(JPEG, a_photo() + archive.getvalue())

    assert found.fault is None
    with folder().open(found.stripped or "") as file:
        assert b"PK" not in file.read()[-200:]


MANY = {"save_all": True, "append_images": [picture(mode="L").convert("RGB")]}


@pytest.mark.parametrize(
    ("media_type", "data", "fault"),
    [
        (JPEG, lambda: half(a_photo()), Fault.UNREADABLE),
        (PNG, lambda: half(a_photo("PNG")), Fault.UNREADABLE),
        (WEBP, lambda: half(a_photo("WEBP")), Fault.UNREADABLE),
        (PNG, lambda: flipped(a_photo("PNG")), Fault.UNREADABLE),
        (PNG, lambda: flipped(a_photo("PNG"), at=-14), Fault.UNREADABLE),
        (JPEG, lambda: b"\xff\xd8\xff\xe0", Fault.UNREADABLE),
        (PNG, lambda: with_huge_text(a_photo("PNG")), Fault.UNREADABLE),
        (JPEG, lambda: b"", Fault.OTHER_TYPE),
        (JPEG, lambda: bytes(1000), Fault.OTHER_TYPE),
        (JPEG, lambda: "门口，下午三点".encode(), Fault.OTHER_TYPE),
        (JPEG, lambda: a_photo("GIF", exif=b""), Fault.OTHER_TYPE),
        (JPEG, lambda: a_photo("PNG"), Fault.OTHER_TYPE),
        (PNG, lambda: a_photo(), Fault.OTHER_TYPE),
        (WEBP, lambda: a_sound(WAV), Fault.OTHER_TYPE),
        ("image/gif", lambda: a_photo("GIF", exif=b""), Fault.OTHER_TYPE),
        ("audio/mp4", a_photo(), Fault.OTHER_TYPE),
        (PNG, lambda: a_photo("PNG", **MANY), Fault.OTHER_TYPE),
        (WEBP, lambda: a_photo("WEBP", **MANY), Fault.OTHER_TYPE),
        (PNG, lambda: bomb(30_000, 30_000), Fault.TOO_LARGE),
        (PNG, lambda: bomb(8_000, 5_001), Fault.TOO_LARGE),
    ],
    ids=(
        *("half a jpeg", "half a png", "half a webp", "png with a flipped byte"),
        *(
            "png with a flipped check sum",
            "a beginning alone",
            "huge text",
            "empty",
            "zeros",
            "words",
            "gif as jpeg",
        ),
        *("png as jpeg", "jpeg as png", "wav as webp", "gif", "photo as sound"),
        *("a png that moves", "a webp that moves", "900 megapixels", "40.008 megapixels"),
    ),
)
def test_a_bad_photo_is_reported_with_its_reason(media_type, data, fault) -> None:
    found = inspected(media_type, data, kind=MediaKind.PHOTO)

    assert found == Inspection(fault=fault)


def test_a_flipped_byte_in_a_jpeg_is_found_by_its_digest_alone() -> None:
    """A decoder makes a picture of it all the same: another one."""
    data = a_photo()
    sha256 = keep(data)
    other = flipped(data, 0.7)
    assert inspected(JPEG, other).fault is None

    folder().path(sha256).write_bytes(other)

    last = job(JPEG, sha256, claim=TRIES)
    assert noted(last).found == Inspection(fault=Fault.MISSING)
