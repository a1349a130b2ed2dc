"""A collector's photos of a visit, with what they say of themselves, and those before them.

Places are opened here, and leave as distances.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from chassis import geo, likeness
from proto.media import Inspection
from proto.places import Point
from services.field_visit import store
from services.field_visit.jobs.tracks import Opener
from services.field_visit.model import MEDIA_PLACE, Visit, unsigned
from services.field_visit.model.plausibility import Habit, OtherPhoto, Photo


def photos_of(
    collector_id: UUID, visit: Visit, opener: Opener
) -> tuple[tuple[Photo, ...], tuple[OtherPhoto, ...]]:
    """Return a collector's photos of a visit, and those of other visits that are the same
    to the bit or look like one of them.
    """
    rows = store.photos(opener.connection, visit.id)
    mine = [row for row in rows if row.person_id == collector_id]
    photos = tuple(photo(row, visit, opener) for row in mine)
    others = (*same(photos, visit, opener.connection), *alike(photos, visit, opener))
    return photos, others


def same(
    photos: Iterable[Photo], visit: Visit, connection: Connection
) -> Iterator[OtherPhoto]:
    digests = {each.sha256 for each in photos}
    for row in store.same_photos(connection, visit.id, digests) if digests else ():
        yield OtherPhoto(row.sha256, row.captured_at, row.case_id == visit.case_id)


def alike(photos: Iterable[Photo], visit: Visit, opener: Opener) -> Iterator[OtherPhoto]:
    """Those of other doors that look alike, and those of the same that may be the same."""
    for each in photos:
        if each.likeness is None:
            continue
        found = store.alike(
            opener.connection, each.likeness, each.captured_at, visit.case_id
        )
        for row in found:
            looks = unsigned(row.likeness)
            yield OtherPhoto("", row.captured_at, same_door=False, likeness=looks)
        mine = visit.case_id, visit.id
        for row in store.alike_of_case(
            opener.connection, each.likeness, each.captured_at, mine
        ):
            its = unsigned(row.likeness), likeness.read(row.cells)
            yield OtherPhoto("", row.captured_at, True, *its)


def photo(row: Row[Any], visit: Visit, opener: Opener) -> Photo:
    found = Inspection.model_validate(row.found) if row.found else Inspection()
    if row.exif is None:  # nobody has read what it says of itself
        return Photo(row.sha256, row.captured_at, found.taken_at)
    return Photo(
        row.sha256,
        row.captured_at,
        found.taken_at,
        place=place(row, visit, opener),
        likeness=None if row.likeness is None else unsigned(row.likeness),
        cells=likeness.read(row.cells) if row.cells else None,
        exif=row.exif,
        camera=row.camera,
        editor=row.editor,
        screen=row.screen,
        retouched=row.retouched,
        habit=habit(store.usual(opener.connection, row.device_id, row.captured_at)),
    )


def place(row: Row[Any], visit: Visit, opener: Opener) -> geo.Degrees | None:
    """Return where a photo claims to be of, while it is kept and opens."""
    if row.place is None:
        return None
    said = opener.text(row.place, visit.case_id, MEDIA_PLACE)
    return geo.wgs84(Point.model_validate_json(said)) if said else None


def habit(rows: Iterable[Row[Any]]) -> Habit:
    """Return what is usual for a phone, by its photos."""
    known = list(rows)
    return Habit(
        photos=len(known),
        with_exif=sum(row.exif for row in known),
        screens=sum(row.screen is not None for row in known),
        cameras=Counter(row.camera for row in known if row.camera),
        editors=Counter(row.editor for row in known if row.editor),
    )
