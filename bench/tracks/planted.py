"""Phones that lie, each kind in its own way; and what nobody can tell from the truth."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from bench.tracks.honest import (
    Make,
    alone,
    digest,
    earlier,
    ordinary,
    photo,
    together,
    usual,
    with_photos,
)
from bench.tracks.pictures import saved_anew
from bench.tracks.world import (
    Place,
    Receiver,
    Step,
    around,
    changed,
    hours_before,
    visit,
)
from services.field_visit.model.plausibility import (
    Fix,
    Material,
    OtherPhoto,
    Signal,
    Track,
)

#: Each kind, and the signal that should find it.
PLANTED: dict[str, tuple[Make, Signal]] = {}
#: What is honest and looks like a lie, or a lie that looks honest. Shown, never promised.
BEYOND: dict[str, Make] = {}


def planted(signal: Signal) -> Callable[[Make], Make]:
    def note(make: Make) -> Make:
        PLANTED[make.__name__] = (make, signal)
        return make

    return note


def beyond(make: Make) -> Make:
    BEYOND[make.__name__] = make
    return make


def whole(rng: Random, place: Place, steps: list[Step] | None = None) -> Track:
    """A track of a phone that says all it knows."""
    return Receiver(rng, place).track(steps or visit(rng))


def sitting(
    rng: Random, place: Place, seconds: float, far: tuple[float, float]
) -> list[Step]:
    home = around(rng, *far)
    return [(10.0 * n, home) for n in range(int(seconds / 10))]


@planted(Signal.MOCK_FLAG)
def mock_flagged(rng: Random) -> Material:
    track = whole(rng, Place(rng))
    begins = rng.randrange(len(track.fixes) - 3)
    return alone(rng, changed(track, lambda n, f: replace(f, mock=n >= begins)))


@planted(Signal.IMPOSSIBLE_SPEED)
def teleported(rng: Random) -> Material:
    """At home, and half a minute later at the door, to stay."""
    return jump(rng, rng.uniform(600, 1200))


@planted(Signal.IMPOSSIBLE_SPEED)
def teleported_and_back(rng: Random) -> Material:
    """At the door for as long as a check-in takes, and at home again."""
    return jump(rng, rng.uniform(120, 300))


def jump(rng: Random, stays_s: float) -> Material:
    place = Place(rng)
    home = sitting(rng, place, rng.uniform(300, 900), (4_000, 30_000))
    begins = home[-1][0] + rng.choice((10.0, 20.0, 30.0))
    here = [
        (begins + 10 * n, (rng.gauss(4, 1), rng.gauss(4, 1)))
        for n in range(int(stays_s / 10))
    ]
    back = [(here[-1][0] + 20 + at, where) for at, where in home[:30]]
    return alone(rng, whole(rng, place, [*home, *here, *back]))


@planted(Signal.IMPOSSIBLE_SPEED)
def two_doors_at_once(rng: Random) -> Material:
    """Check-ins alone, the last one of another district four minutes ago."""
    place = Place(rng)
    a = Receiver(rng, place, bare=True).track([(0.0, around(rng, 0, 5))])
    far = Receiver(rng, place, bare=True).track([(0.0, around(rng, 30_000, 60_000))])
    return Material(a, None, (hours_before(far, rng.uniform(1 / 20, 1 / 12)),))


@planted(Signal.FROZEN_FIX)
def frozen(rng: Random) -> Material:
    """An app that says one point, with satellites, for as long as it takes."""
    track = whole(rng, Place(rng))
    one = replace(track.fixes[0], here=Place(rng).degrees(around(rng, 5, 40)))
    began, lasts = one.at, rng.randrange(90, 160)
    fixes = tuple(later(one, began, 10.0 * n) for n in range(lasts))
    return alone(rng, Track(fixes, track.door))


def later(fix: Fix, began: datetime, seconds: float) -> Fix:
    count = None if fix.monotonic_s is None else fix.monotonic_s + seconds
    return replace(fix, at=began + timedelta(seconds=seconds), monotonic_s=count)


@planted(Signal.ZERO_VARIANCE)
def drawn_line(rng: Random) -> Material:
    """An app that draws a way: no noise, one accuracy, one altitude."""
    place, start = Place(rng), around(rng, 300, 900)
    count = rng.randrange(50, 120)
    steps = [
        (10.0 * n, (start[0] * (1 - n / count), start[1] * (1 - n / count)))
        for n in range(count)
    ]
    return alone(rng, bare_of_noise(rng, place, steps, 0.01))


@planted(Signal.ZERO_VARIANCE)
def trembling_point(rng: Random) -> Material:
    """An app that shakes a point by a metre, and forgets to shake all the rest."""
    place, stand = Place(rng), around(rng, 5, 40)
    steps = [(10.0 * n, stand) for n in range(rng.randrange(60, 120))]
    return alone(rng, bare_of_noise(rng, place, steps, rng.uniform(0.3, 1.2)))


def bare_of_noise(rng: Random, place: Place, steps: list[Step], shake_m: float) -> Track:
    track = whole(rng, place, steps)
    first = track.fixes[0]
    said = [
        place.degrees((x + rng.gauss(0, shake_m), y + rng.gauss(0, shake_m)))
        for _, (x, y) in steps
    ]
    return changed(
        track,
        lambda n, fix: replace(
            fix,
            here=said[n],
            accuracy_m=first.accuracy_m,
            altitude_m=first.altitude_m,
            satellites=first.satellites,
        ),
    )


@planted(Signal.TARGET_COPIED)
def door_copied(rng: Random) -> Material:
    """The registered point itself, once, as a check-in."""
    track = Receiver(rng, place := Place(rng), bare=True).track([(0.0, (0.0, 0.0))])
    copied = changed(track, lambda _, fix: replace(fix, here=place.door))
    return Material(copied, None, earlier(rng))


@planted(Signal.TARGET_COPIED)
def door_trembling(rng: Random) -> Material:
    """The registered point, shaken by half a metre, and all else as receivers say it."""
    place = Place(rng)
    x, y = place.registered
    track = whole(rng, place, [(10.0 * n, (x, y)) for n in range(90)])
    return alone(
        rng,
        changed(
            track,
            lambda _, fix: replace(
                fix, here=place.degrees((x + rng.gauss(0, 0.5), y + rng.gauss(0, 0.5)))
            ),
        ),
    )


@planted(Signal.TARGET_COPIED)
def door_copied_each_time(rng: Random) -> Material:
    """Within a metre of the door, visit after visit."""
    tracks = []
    for number in range(7):
        place = Place(rng)
        off = around(rng, 0, 1.2)
        x, y = place.registered
        track = Receiver(rng, place, bare=True).track([(0.0, (0.0, 0.0))])
        here = place.degrees((x + off[0], y + off[1]))
        tracks.append(
            hours_before(
                changed(track, lambda _, f, here=here: replace(f, here=here)),  # type: ignore[misc]
                20.0 * number,
            )
        )
    return Material(tracks[0], None, tuple(tracks[:0:-1]))


@planted(Signal.REPLAYED_TRACK)
def replayed(rng: Random) -> Material:
    """Yesterday's way to the bit, with today's time."""
    return replay(rng, 0.0, 0)


@planted(Signal.REPLAYED_TRACK)
def replayed_and_shaken(rng: Random) -> Material:
    return replay(rng, rng.uniform(0.5, 1.2), 0)


@planted(Signal.REPLAYED_TRACK)
def replayed_from_the_middle(rng: Random) -> Material:
    return replay(rng, rng.uniform(0, 0.8), rng.randrange(3, 12))


def replay(rng: Random, shake_m: float, begins: int) -> Material:
    place = Place(rng)
    before = whole(rng, place, visit(rng, 500, 900))
    played = Track(before.fixes[begins:], before.door)
    shift = 1e-5 * shake_m / 1.11
    shaken = changed(
        played,
        lambda _, fix: replace(
            fix,
            here=(fix.here[0] + rng.gauss(0, shift), fix.here[1] + rng.gauss(0, shift)),
        ),
    )
    past = (*earlier(rng, 2), hours_before(before, 24.0), *earlier(rng, 1))
    return Material(shaken, None, past)


@planted(Signal.PAIR_MISMATCH)
def partner_elsewhere(rng: Random) -> Material:
    """One is at the door; the other's phone says that it is at home."""
    place, steps = Place(rng), visit(rng)
    home = around(rng, 1_500, 20_000)
    theirs = [(at, home) for at, _ in steps]
    photos, others = with_photos(rng, track := whole(rng, place, steps))
    return Material(track, whole(rng, place, theirs), earlier(rng), photos, others)


@planted(Signal.PAIR_MISMATCH)
def one_feed_for_two(rng: Random) -> Material:
    """Both phones say the same fixes, made by one receiver or one app."""
    track = whole(rng, Place(rng))
    offset = timedelta(seconds=rng.uniform(0, 2))
    partner = changed(track, lambda _, f: replace(f, at=f.at + offset, boot_id=None))
    return Material(track, partner, earlier(rng))


@planted(Signal.EXIF_CONTRADICTION)
def photo_of_another_day(rng: Random) -> Material:
    material = together(rng, Place(rng), visit(rng))
    at, late = material.photos[0].captured_at, rng.uniform(20, 400) * 3600
    return replace(material, photos=(photo(rng, at, late),))


@planted(Signal.EXIF_CONTRADICTION)
def photo_of_another_place(rng: Random) -> Material:
    place = Place(rng)
    material = together(rng, place, visit(rng))
    away = place.degrees(around(rng, 2_000, 20_000))
    return replace(material, photos=(replace(material.photos[0], place=away),))


@planted(Signal.REUSED_PHOTO)
def photo_sent_again(rng: Random) -> Material:
    return reused(rng, same=True)


@planted(Signal.REUSED_PHOTO)
def photo_saved_anew(rng: Random) -> Material:
    """Another file, and the same picture to a bit or two of its likeness."""
    return reused(rng, same=False)


@planted(Signal.REUSED_PHOTO)
def photo_of_this_door_saved_anew(rng: Random) -> Material:
    """An old photo of the very door, made another file, as today's."""
    material = together(rng, Place(rng), visit(rng))
    old, new = saved_anew(rng)
    mine = replace(material.photos[0], cells=new)
    at = mine.captured_at - timedelta(days=rng.uniform(1, 60))
    before = OtherPhoto(digest(rng), at, True, mine.likeness, old)
    return replace(material, photos=(mine,), others=(*material.others, before))


def reused(rng: Random, same: bool) -> Material:
    material = together(rng, Place(rng), visit(rng))
    mine = material.photos[0]
    like = (mine.likeness or 0) ^ sum(
        1 << b for b in rng.sample(range(64), rng.randint(0, 2))
    )
    before = OtherPhoto(
        mine.sha256 if same else digest(rng),
        mine.captured_at - timedelta(days=rng.uniform(1, 60)),
        False,
        None if same else like,
    )
    return replace(material, others=(*material.others, before))


@planted(Signal.EDITED_PHOTO)
def photo_signed_by_an_editor(rng: Random) -> Material:
    """Saved by a program that changes pictures, by a phone that else does without."""
    editor = rng.choice(("photoshop", "snapseed", "meitu"))
    return handled(rng, editor=editor)


@planted(Signal.EDITED_PHOTO)
def photo_changed_under_its_thumbnail(rng: Random) -> Material:
    return handled(rng, retouched=rng.randint(14, 40))


@planted(Signal.SCREEN_PHOTO)
def screenshot(rng: Random) -> Material:
    return handled(rng, camera=None, screen="said")


def handled(rng: Random, **but: object) -> Material:
    material = together(rng, Place(rng), visit(rng))
    mine = usual(material.photos[0], rng)
    return replace(material, photos=(replace(mine, **but),))  # type: ignore[arg-type]


@beyond
def whole_district_jammed(rng: Random) -> Material:
    """Honest: somebody else tells every phone of a district that it is at an airport."""
    place = Place(rng)
    track, there = whole(rng, place), around(rng, 15_000, 40_000)
    begins = rng.randrange(10, 40)

    def jammed(n: int, fix: Fix) -> Fix:
        far = begins <= n < begins + 30
        return replace(fix, here=place.degrees(there)) if far else fix

    return alone(rng, changed(track, jammed))


@beyond
def careful_liar(rng: Random) -> Material:
    """A lie with a way, a pace and a noise of its own, a little off the door."""
    return alone(rng, ordinary(rng))


@beyond
def frozen_and_silent(rng: Random) -> Material:
    """Frozen, by a phone that says nothing of satellites: an honest one may do so too."""
    material = frozen(rng)
    bare = changed(
        material.track,
        lambda _, f: replace(f, satellites=None, provider=None, altitude_m=None),
    )
    return replace(material, track=bare)
