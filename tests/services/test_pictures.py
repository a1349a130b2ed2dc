"""What photos say of themselves: what they look like, where they claim to be of."""

from datetime import timedelta
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select, text

from bench.doors import HANDS, SAVED_ANEW, door, saved, scaled
from chassis import child
from chassis.jobs import Job
from proto import ids
from proto.base import Role
from proto.field_visit import SummonHelp
from proto.media import (
    DeleteMedia,
    DeletionReason,
    Inspection,
    MediaKind,
    NoteInspection,
    ReceiveMedia,
)
from proto.plausibility import LetPositionsGo, Signal
from services.field_visit import handlers, store
from services.field_visit.jobs import inspecting
from services.field_visit.jobs.claims import compared
from services.field_visit.jobs.likeness import cells, likeness
from services.field_visit.model import (
    INSPECT,
    bands,
    media_table,
    picture_table,
    signed,
    unsigned,
)
from services.field_visit.model.plausibility import ALIKE_BITS, SOMETHING
from tests.media import exif
from tests.services.inspecting import Lent, here, keep
from tests.services.looking import Looked, move

#: Of the door that tests are at, and of one 600 km away; degrees, minutes, seconds.
AT_THE_DOOR = ((31.0, 13.0, 49.4), (121.0, 28.0, 25.3))
FAR_AWAY = ((36.0, 13.0, 49.4), (121.0, 28.0, 25.3))


def camera(at: Any = None, make: str = "Phone", **more: Any) -> Image.Exif:
    found = exif(position=False, offset=None)
    found[0x010F], found[0x0110] = make, "One"
    if at:
        found.get_ifd(0x8825).update({1: "N", 2: at[0], 3: "E", 4: at[1]})
    if software := more.get("software"):
        found[0x0131] = software
    if comment := more.get("comment"):
        found.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + comment
    return found


def jpeg(image: Image.Image, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def read(data: bytes) -> dict[str, Any]:
    image = Image.open(BytesIO(data))
    image.load()
    return compared(image)


class Taking(Looked):
    """A pair that takes real photos, each looked at by a worker."""

    def takes(self, data: bytes, phone=None, **but: Any) -> UUID:
        sent = self.sends(data, phone or self.a, **but)
        self.does(handlers.note_inspection, self.is_inspected(sent))
        return sent.media_id

    def sends(self, data: bytes, phone, **but: Any) -> ReceiveMedia:
        values = {
            "media_id": ids.new(),
            "visit_id": self.visit,
            "device_id": phone.device_id,
            "kind": MediaKind.PHOTO,
            "media_type": "image/jpeg",
            "sha256": keep(data),
            "size": len(data),
            "captured_at": self.watch.now,
            "received_at": self.watch.now,
        }
        sent = ReceiveMedia(**values | but)
        unit = self.open("field_visit", Role.FIELD_COLLECTOR, self.agency, phone.person_id)
        handlers.note_phone(self.device_standing(phone), unit)
        handlers.receive_media(sent, unit)
        unit.settle()
        return sent

    def is_inspected(self, sent: ReceiveMedia) -> NoteInspection:
        task = {"media_id": str(sent.media_id), "visit_id": str(self.visit)}
        task |= {"media_type": sent.media_type, "sha256": sent.sha256}
        kind, case = INSPECT[MediaKind.PHOTO], str(self.case)
        job = Job(ids.new(), "field_visit", kind, task, case, "test", "t", 1)
        lent = Lent(self.hears.connection)
        return inspecting.inspect(job, lent, lambda: None)

    def finds(self) -> dict[Signal, tuple[float, str]]:
        """What a worker finds in all that the first of the pair sent."""
        (mine,) = (s for s in self.looks().scored if s.collector_id == self.a.person_id)
        return {found.signal: (found.score, found.says) for found in mine.found}

    def summons_help(self) -> None:
        its = {"visit_id": self.visit, "device_id": self.a.device_id}
        called = SummonHelp(help_id=ids.new(), at=self.watch.now, **its)
        self.does(handlers.summon_help, called)

    def picture(self, media_id: UUID) -> Any:
        query = select(picture_table).where(picture_table.c.id == media_id)
        return self.hears.connection.execute(query).one()


@pytest.fixture
def taking(store, unit, watch, monkeypatch):
    monkeypatch.setattr(child, "run", here)
    return lambda: Taking(unit, watch)


@pytest.fixture
def pair(taking) -> Taking:
    return taking()


def test_the_same_picture_saved_anew_is_found_at_another_visit(pair, taking, watch) -> None:
    first, image = taking(), door(1, 1)
    first.takes(jpeg(image, quality=92, exif=camera()))
    watch.goes(minutes=40)
    pair.visits()
    pair.takes(jpeg(saved(scaled(image, 0.5), 70)))

    score, says = pair.finds()[Signal.REUSED_PHOTO]
    assert (says, score >= 0.6) == ("photo_alike", True)


def test_another_door_of_the_building_is_another_picture(pair, taking, watch) -> None:
    first = taking()
    first.takes(jpeg(door(1, 1)))
    watch.goes(minutes=40)
    pair.visits()
    pair.takes(jpeg(door(1, 2)))

    assert Signal.REUSED_PHOTO not in pair.finds()


@pytest.fixture
def next_visit(pair, unit, watch):
    """The next visit to a door of which a photo was taken at the one before."""
    pair.takes(jpeg(door(3, 1), quality=92, exif=camera()))
    again = Taking(unit, watch, beside=pair)
    watch.goes(minutes=40)
    again.visits()
    return again


@pytest.mark.parametrize("hand", HANDS)
def test_the_same_door_photographed_again_speaks_against_nobody(next_visit, hand) -> None:
    """Not even by somebody who takes great care to stand where they stood."""
    image = HANDS[hand].again(door(3, 1), Random(3))
    next_visit.takes(jpeg(image, quality=92, exif=camera()))

    assert Signal.REUSED_PHOTO not in next_visit.finds()


@pytest.mark.parametrize("change", SAVED_ANEW)
def test_the_same_photo_of_the_same_door_saved_anew_is_found(next_visit, change) -> None:
    next_visit.takes(jpeg(SAVED_ANEW[change](door(3, 1)), quality=85, exif=camera()))

    score, says = next_visit.finds()[Signal.REUSED_PHOTO]
    assert (says, score >= 0.6) == ("photo_saved_anew", True)


def test_a_photo_of_the_same_visit_is_none_of_before(pair, watch) -> None:
    pair.takes(jpeg(door(3, 1)))
    watch.goes(seconds=30)
    pair.visits()
    pair.takes(jpeg(door(3, 1), quality=60))

    assert Signal.REUSED_PHOTO not in pair.finds()


def test_what_looks_the_same_from_wherever_one_stands_is_compared_with_nothing() -> None:
    fog = Image.linear_gradient("L").resize((640, 480))

    assert (likeness(fog.rotate(90, expand=True)), cells(fog)) == (0, None)
    assert cells(door(3, 1)) is not None


def test_a_photo_of_before_there_were_grey_cells_gets_them_at_another_look(pair) -> None:
    sent = pair.sends(jpeg(door(3, 1)), pair.a)
    told = pair.is_inspected(sent)
    bare = told.picture.model_copy(update={"cells": None})
    pair.does(handlers.note_inspection, told.model_copy(update={"picture": bare}))
    assert not store.has_greys(pair.hears.connection, sent.media_id)

    pair.does(handlers.note_inspection, told)
    assert store.has_greys(pair.hears.connection, sent.media_id)


def test_with_a_photo_all_goes_that_it_looked_like(pair) -> None:
    photo = pair.takes(jpeg(door(3, 1)))
    connection = pair.hears.connection
    assert store.has_picture(connection, photo)
    assert store.has_greys(connection, photo)

    store.forget_picture(connection, photo)
    assert not store.has_picture(connection, photo)
    assert not store.has_greys(connection, photo)


@pytest.mark.parametrize("shade", [0, 7, 128, 255])
def test_dark_and_flat_pictures_are_in_no_index(pair, shade) -> None:
    """All look alike: a look-up among them would read them all."""
    image = Image.new("RGB", (640, 480), (shade, shade, shade))
    noise = Image.effect_noise(image.size, 10).convert("RGB")
    picture = pair.picture(pair.takes(jpeg(Image.blend(image, noise, 0.1))))

    assert picture.likeness is None
    assert [getattr(picture, f"band{each}") for each in range(4)] == [None] * 4


@pytest.mark.parametrize("likeness", [0, 1, (1 << 64) - 1, (1 << 64) - 2, 0b111])
def test_a_likeness_of_next_to_nothing_is_not_kept(pair, likeness) -> None:
    sent = pair.sends(jpeg(door(1, 1)), pair.a)
    told = pair.is_inspected(sent)
    picture = told.picture.model_copy(update={"likeness": likeness})
    pair.does(handlers.note_inspection, told.model_copy(update={"picture": picture}))

    assert likeness.bit_count() not in SOMETHING
    assert pair.picture(sent.media_id).band0 is None


@pytest.mark.parametrize(
    ("where", "says"), [(AT_THE_DOOR, None), (FAR_AWAY, "exif_place"), (None, None)]
)
def test_where_a_photo_claims_to_be_of_is_compared(pair, where, says) -> None:
    pair.visits()
    pair.takes(jpeg(door(1, 1), exif=camera(where)))

    found = pair.finds().get(Signal.EXIF_CONTRADICTION)
    assert found == ((1.0, says) if says else None)


def test_a_place_is_sealed_wherever_it_lies(pair) -> None:
    pair.visits()
    sent = pair.sends(jpeg(door(1, 1), exif=camera(AT_THE_DOOR)), pair.a)
    told = pair.is_inspected(sent)
    pair.does(handlers.note_inspection, told)

    everything = "SELECT t::text FROM picture t UNION ALL SELECT t::text FROM media t"
    kept = list(pair.hears.connection.scalars(text(everything)))
    assert any("media.place" in each for each in kept)
    for degrees in ("31.23", "121.47"):
        assert all(degrees not in each for each in (*kept, told.model_dump_json()))
    unit = pair.open("field_visit", Role.COMPLIANCE)
    shown = handlers.list_media(handlers.media.ListMedia(visit_id=pair.visit), unit)
    assert "place" not in shown.model_dump_json()


def test_a_place_is_forgotten_with_the_other_positions(pair) -> None:
    media = pair.takes(jpeg(door(1, 1), exif=camera(AT_THE_DOOR)))
    pair.time_passes(days=89)
    assert pair.picture(media).place
    pair.time_passes(days=2)

    kept = pair.picture(media)
    assert (kept.place, kept.evidence) == (None, None)
    assert kept.likeness is not None


def test_a_place_that_is_evidence_stays_and_says_why(pair) -> None:
    pair.check_in(pair.a)
    pair.summons_help()
    media = pair.takes(jpeg(door(1, 1), exif=camera(AT_THE_DOOR)))
    pair.time_passes(days=91)
    pair.does(handlers.let_positions_go, LetPositionsGo())

    kept = pair.picture(media)
    assert (bool(kept.place), kept.evidence) == (True, "help")


def habit(pair: Taking, taking, **signs: Any) -> None:
    """Let a phone have taken photos at a visit before, each of another door."""
    before = taking()
    move(before, pair.a)
    for number in range(6):
        before.takes(jpeg(door(number, 7), exif=camera(**signs)))
        pair.watch.goes(seconds=30)


SIGNS = [
    (camera(), None, None),
    (camera(make="Other"), Signal.EXIF_CONTRADICTION, (0.7, "exif_camera")),
    (camera(software="Snapseed 2"), Signal.EDITED_PHOTO, (0.7, "photo_edited")),
    (None, Signal.STRIPPED_PHOTO, (0.4, "photo_stripped")),
    (camera(comment=b"Screenshot"), Signal.SCREEN_PHOTO, (0.9, "photo_screenshot")),
]


@pytest.mark.parametrize(("signs", "signal", "found"), SIGNS)
def test_what_is_unlike_the_other_photos_of_a_phone_is_found(
    pair, taking, signs, signal, found
) -> None:
    habit(pair, taking)
    pair.visits()
    pair.takes(jpeg(door(1, 1), **({"exif": signs} if signs else {})))

    assert pair.finds() == ({signal: found} if signal else {})


def test_what_is_usual_for_a_phone_speaks_against_nobody(pair, taking) -> None:
    habit(pair, taking, software="Meitu 9")
    pair.visits()
    pair.takes(jpeg(door(1, 1), exif=camera(software="Meitu 9")))

    assert pair.finds() == {Signal.EDITED_PHOTO: (0.15, "photo_edited")}


def test_a_photo_of_before_is_looked_at_again_and_gets_its_blurred_copy(pair) -> None:
    sent = pair.sends(jpeg(door(1, 1)), pair.a)
    told = pair.is_inspected(sent)
    sharp = {"blurred": None, "thumbnail": "9" * 64}
    old = told.found.model_copy(update=sharp)
    pair.does(
        handlers.note_inspection, told.model_copy(update={"found": old, "picture": None})
    )

    pair.does(handlers.note_inspection, told)
    assert pair.said == []

    its = select(media_table.c.found).where(media_table.c.id == sent.media_id)
    found = Inspection.model_validate(pair.hears.connection.scalar(its))
    assert found == told.found
    assert pair.picture(sent.media_id).likeness is not None
    pair.does(handlers.note_inspection, told)  # once more is harmless


def test_all_within_three_bits_are_in_one_band() -> None:
    image = likeness(door(3, 3))
    assert image is not None
    for at in range(62):
        other = image ^ (0b111 << at)
        assert any(a == b for a, b in zip(bands(image), bands(other), strict=True))
        assert unsigned(signed(other)) == other


def test_a_look_up_finds_what_differs_in_three_bits_and_no_more(pair, watch) -> None:
    taken, connection = watch.now, pair.hears.connection
    media = pair.takes(jpeg(door(1, 1)))
    mine = unsigned(pair.picture(media).likeness)
    later = taken + timedelta(days=1)

    def is_found(*flipped: int, before=later, case=None) -> bool:
        other = mine ^ sum(1 << at for at in flipped)
        rows = store.alike(connection, other, before, case or ids.new())
        return [row.id for row in rows] == [media]

    assert is_found()
    assert is_found(0, 20, 63)
    assert ALIKE_BITS == 3
    assert not is_found(0, 20, 40, 63)
    assert not is_found(before=taken)
    assert not is_found(case=pair.case)


def test_a_picture_within_that_was_left_behind_is_told() -> None:
    image, small = door(1, 1), door(2, 2)
    assert read(with_thumbnail(image, image))["retouched"] <= 2
    assert read(with_thumbnail(image, small))["retouched"] >= 14


def test_bars_beside_a_picture_within_are_cut_off() -> None:
    image = door(1, 1).resize((1600, 900))
    bars = Image.new("RGB", (160, 120))
    bars.paste(image.resize((160, 90)), (0, 15))

    assert read(with_thumbnail(image, bars))["retouched"] <= 3


def with_thumbnail(image: Image.Image, small: Image.Image) -> bytes:
    """A JPEG with a picture within its EXIF, as cameras write it (CIPA DC-008, 4.5)."""
    small = small.copy()
    small.thumbnail((160, 160))
    within = jpeg(small)

    def entry(tag: int, kind: int, value: int) -> bytes:
        parts = ((tag, 2), (kind, 2), (1, 4), (value, 4))
        return b"".join(each.to_bytes(size, "little") for each, size in parts)

    first = b"\x01\0" + entry(0x0112, 3, 1) + (26).to_bytes(4, "little")
    second = b"\x02\0" + entry(0x0201, 4, 56) + entry(0x0202, 4, len(within))
    ifds = b"II*\0\x08\0\0\0" + first + second + bytes(4)
    return jpeg(image, exif=b"Exif\0\0" + ifds + within)


@pytest.mark.parametrize(
    ("size", "signs", "screen"),
    [
        ((1080, 2340), None, "shape"),
        ((1080, 2340), camera(), None),
        ((1200, 1600), None, None),
        ((1080, 1920), None, None),
        ((1200, 1600), camera(comment=b"Screenshot"), "said"),
    ],
    ids=str,
)
def test_what_has_the_shape_of_a_screen_and_names_no_camera(size, signs, screen) -> None:
    data = jpeg(door(1, 1).resize(size), **({"exif": signs} if signs else {}))

    assert read(data).get("screen") == screen


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (31.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (31.0, 0.0, 0.0)},
    ],
    ids=["never had one", "no such latitude", "half of it", "one of two"],
)
def test_a_place_that_is_none_is_none(gps) -> None:
    signs = exif(position=False)
    signs.get_ifd(0x8825).update(gps)

    assert read(jpeg(door(1, 1), exif=signs)).get("place") is None


def test_a_make_that_names_somebody_leaves_no_name() -> None:
    said = read(jpeg(door(1, 1), exif=camera(make="Camera of 周小川")))

    assert len(said["camera"]) == 16
    assert "周" not in str(said)


def test_what_a_deleted_photo_said_of_itself_goes_with_it(pair) -> None:
    media = pair.takes(jpeg(door(3, 1)))
    assert pair.picture(media)
    assert store.has_greys(pair.hears.connection, media)

    unit = pair.open("field_visit", Role.COMPLIANCE)
    mistake = DeleteMedia(media_id=media, reason=DeletionReason.MISTAKE)
    handlers.delete_media(mistake, unit)
    unit.settle()

    everything = select(picture_table.c.id)
    assert media not in pair.hears.connection.scalars(everything).all()
    assert not store.has_greys(pair.hears.connection, media)
