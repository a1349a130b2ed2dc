"""Photos that somebody changed, took of a screen, or sent without what cameras write.

All of it is claimed by the file. Who takes care leaves no such trace, and an honest
phone may leave one: what is usual for a phone speaks against nobody.
"""

from services.field_visit.model.plausibility.finding import (
    Finding,
    Number,
    Signal,
    moment,
    nothing,
)
from services.field_visit.model.plausibility.track import Material, Photo

#: Bits of 64 in which the small picture within a photo differs from it: saved once more,
#: turned or cut a little it is fewer (bench/likeness.py).
RETOUCHED_BITS = 14
#: What each trace counts for.
BY_EDITOR, USUAL_EDITOR, RETOUCHED = 0.7, 0.15, 0.8
SAID_SCREEN, SHAPED_SCREEN = 0.9, 0.45
STRIPPED = 0.4
#: A phone has one make and model; another app may write another, so it is no proof.
OTHER_CAMERA = 0.7
#: The share of a phone's photos that is a habit.
MOSTLY = 0.9


def edited_photo(material: Material) -> Finding:
    """The photo that says most loudly that somebody changed it."""
    found = [edited(each) for each in material.photos]
    return max(found, key=lambda f: f.score, default=nothing(Signal.EDITED_PHOTO))


def edited(photo: Photo) -> Finding:
    numbers: dict[str, Number] = {"captured_at": moment(photo.captured_at)}
    if photo.retouched is not None and photo.retouched >= RETOUCHED_BITS:
        numbers["bits"] = photo.retouched
        return Finding(Signal.EDITED_PHOTO, RETOUCHED, "photo_retouched", numbers)
    if photo.editor is None:
        return nothing(Signal.EDITED_PHOTO)
    usual = photo.habit.share(photo.habit.editors.get(photo.editor, 0)) >= MOSTLY
    score = USUAL_EDITOR if usual else BY_EDITOR
    numbers["editor"] = photo.editor
    return Finding(Signal.EDITED_PHOTO, score, "photo_edited", numbers)


def screen_photo(material: Material) -> Finding:
    """A picture of a phone's own screen; one that a camera took is not found."""
    found = [of_screen(each) for each in material.photos]
    return max(found, key=lambda f: f.score, default=nothing(Signal.SCREEN_PHOTO))


def of_screen(photo: Photo) -> Finding:
    numbers: dict[str, Number] = {"captured_at": moment(photo.captured_at)}
    if photo.screen == "said":
        return Finding(Signal.SCREEN_PHOTO, SAID_SCREEN, "photo_screenshot", numbers)
    usual = photo.habit.share(photo.habit.screens) >= MOSTLY
    if photo.screen == "shape" and not usual:
        return Finding(Signal.SCREEN_PHOTO, SHAPED_SCREEN, "photo_screen_shape", numbers)
    return nothing(Signal.SCREEN_PHOTO)


def stripped_photo(material: Material) -> Finding:
    """A photo without EXIF, of a phone that writes it."""
    found = [without(each) for each in material.photos]
    return max(found, key=lambda f: f.score, default=nothing(Signal.STRIPPED_PHOTO))


def without(photo: Photo) -> Finding:
    habit = photo.habit
    if photo.exif is not False or habit.share(habit.with_exif) < MOSTLY:
        return nothing(Signal.STRIPPED_PHOTO)
    numbers: dict[str, Number] = {
        "captured_at": moment(photo.captured_at),
        "with_exif": habit.with_exif,
        "photos": habit.photos,
    }
    return Finding(Signal.STRIPPED_PHOTO, STRIPPED, "photo_stripped", numbers)


def other_camera(photo: Photo) -> Finding:
    """Another camera than the one that all photos of this phone were taken by."""
    habit = photo.habit
    usual = max(habit.cameras.values(), default=0)
    is_new = photo.camera is not None and photo.camera not in habit.cameras
    if not is_new or habit.share(usual) < MOSTLY:
        return nothing(Signal.EXIF_CONTRADICTION)
    numbers: dict[str, Number] = {
        "captured_at": moment(photo.captured_at),
        "photos": usual,
    }
    return Finding(Signal.EXIF_CONTRADICTION, OTHER_CAMERA, "exif_camera", numbers)
