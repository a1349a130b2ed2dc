"""Honest phones: under towers, in lifts and tunnels, indoors, on trains; and odd ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

from bench.tracks.pictures import photographed_again
from bench.tracks.world import (
    CLEAR,
    NOON,
    SILENT,
    Metres,
    Place,
    Receiver,
    Sky,
    Step,
    around,
    changed,
    clear,
    corners,
    hours_before,
    visit,
    walk,
)
from chassis.geo import gcj_from_wgs
from services.field_visit.model.plausibility import (
    Fix,
    Habit,
    Material,
    OtherPhoto,
    Photo,
    Provider,
    Track,
)
from services.field_visit.model.plausibility.ground import metres_apart

Make = Callable[[Random], Material]
HONEST: dict[str, Make] = {}

CANYON = Sky(error_m=18, claims=0.9, satellites=(4, 9), jump_m=240)
WIFI = Sky(error_m=12, claims=2, provider=Provider.NETWORK)

#: What the camera of one phone calls itself, as a digest.
CAMERA = "0123456789abcdef"


def honest(make: Make) -> Make:
    HONEST[make.__name__] = make
    return make


def phone(rng: Random, place: Place) -> Receiver:
    return Receiver(rng, place, bare=rng.random() < 0.2)


def ordinary(
    rng: Random, place: Place | None = None, steps: list[Step] | None = None
) -> Track:
    """A visit under a clear sky."""
    place = place or Place(rng)
    return phone(rng, place).track(steps or visit(rng))


def earlier(rng: Random, count: int = 3) -> tuple[Track, ...]:
    """Other visits of the same person, the last of them some hours ago and not far."""
    found = []
    for number in range(count, 0, -1):
        sparse = visit(rng)[:: rng.choice((2, 4))]
        track = phone(rng, Place(rng)).track(sparse)
        found.append(hours_before(track, 20.0 * number + rng.uniform(0, 2)))
    return tuple(found)


def with_photos(
    rng: Random, track: Track
) -> tuple[tuple[Photo, ...], tuple[OtherPhoto, ...]]:
    """A photo or two with a camera that is a minute off, and those of other doors."""
    middle = track.fixes[len(track.fixes) // 2].at
    photos = tuple(photo(rng, middle + timedelta(seconds=30 * n)) for n in range(2))
    others = tuple(
        OtherPhoto(digest(rng), middle - timedelta(days=n + 1), False, rng.getrandbits(64))
        for n in range(20)
    )
    return photos, others


def photo(rng: Random, at: object, late_s: float | None = None) -> Photo:
    off = rng.gauss(0, 45) if late_s is None else late_s
    return Photo(digest(rng), at, at - timedelta(seconds=off), None, rng.getrandbits(64))  # type: ignore[operator,arg-type]


def digest(rng: Random) -> str:
    return f"{rng.getrandbits(256):064x}"


def alone(rng: Random, track: Track) -> Material:
    photos, others = with_photos(rng, track)
    return Material(track, None, earlier(rng), photos, others)


def together(rng: Random, place: Place, steps: list[Step], weather=clear) -> Material:  # type: ignore[no-untyped-def]
    """Both of a pair, a step apart, each with a receiver of their own."""
    beside = [(at, (x + rng.gauss(1.5, 1), y + rng.gauss(1.5, 1))) for at, (x, y) in steps]
    track = phone(rng, place).track(steps, weather)
    partner = phone(rng, place).track(beside, weather)
    photos, others = with_photos(rng, track)
    return Material(track, partner, earlier(rng), photos, others)


@honest
def open_sky(rng: Random) -> Material:
    return together(rng, Place(rng), visit(rng))


@honest
def urban_canyon(rng: Random) -> Material:
    """Between towers: thrown by up to 240 m, with an accuracy that is half of the error."""
    return together(rng, Place(rng), visit(rng), lambda _: CANYON)


@honest
def lift(rng: Random) -> Material:
    """The last fix again for a minute or two, then one of the wrong floor's window."""
    steps = visit(rng)
    begins = steps[len(steps) // 2][0] - 200
    ends = begins + rng.uniform(40, 150)
    held = Sky(holds=True, claims=rng.choice((1.0, 1.0, 1.15)), satellites=(0, 3))
    after = Sky(error_m=25, claims=1.5, satellites=(4, 8), jump_m=120)

    def weather(at: float) -> Sky:
        return held if begins < at < ends else after if ends <= at < ends + 120 else CLEAR

    return together(rng, Place(rng), steps, weather)


def drive(rng: Random, weather_in: Sky) -> Material:
    """Come by car from some kilometres off, for some minutes of it under the ground."""
    start: Metres = around(rng, 6_000, 12_000)
    stand = (rng.gauss(0, 3), rng.gauss(0, 3))
    stops = [*corners(rng, start, stand), (stand, rng.uniform(300, 900))]
    steps = walk(rng, start, stops, rng.uniform(12, 22), 5.0)
    begins = rng.uniform(30, 150)
    ends = begins + rng.uniform(90, 360)
    return together(
        rng, Place(rng), steps, lambda at: weather_in if begins < at < ends else CLEAR
    )


@honest
def tunnel_gap(rng: Random) -> Material:
    return drive(rng, SILENT)


@honest
def tunnel_held(rng: Random) -> Material:
    """The phone says the mouth of the tunnel all the way, as precise as before."""
    return drive(rng, Sky(holds=True, claims=1.0, satellites=(0, 2)))


@honest
def metro(rng: Random) -> Material:
    """Held under the ground, with a fix of Wi-Fi at each station."""
    held = Sky(holds=True, claims=1.0, satellites=(0, 0))
    material = drive(rng, held)
    station = iter(range(10**6))

    def weather(at: float) -> Sky:
        return WIFI if next(station) % 18 == 0 else held if at < 400 else CLEAR

    start = around(rng, 6_000, 9_000)
    steps = walk(rng, start, [((0.0, 0.0), 600)], 14.0, 5.0)
    track = phone(rng, Place(rng)).track(steps, weather)
    return replace(material, track=track, partner=None)


@honest
def indoors_by_wifi(rng: Random) -> Material:
    """A phone on a table for an hour: Wi-Fi says one of a few points again and again."""
    place, steps = Place(rng), visit(rng)
    table = [around(rng, 0, 25) for _ in range(rng.randint(1, 4))]
    inside = [(float(n) * 15, rng.choice(table)) for n in range(240)]
    track = Receiver(rng, place).track(steps)
    said = [place.degrees(at) for _, at in inside]
    bare, accuracy = rng.random() < 0.2, rng.choice((13.0, 20.0, 25.0))
    parked = [
        replace(
            track.fixes[-1],
            at=track.fixes[-1].at + timedelta(seconds=at + 15),
            here=here,
            accuracy_m=accuracy,
            provider=None if bare else Provider.NETWORK,
            satellites=None if bare else 0,
            altitude_m=None,
            speed_mps=None,
            boot_id=None,
        )
        for (at, _), here in zip(inside, said, strict=True)
    ]
    return alone(rng, Track((*track.fixes, *parked), track.door))


@honest
def receiver_that_holds(rng: Random) -> Material:
    """A chip that pins its position while nobody moves; accuracy and altitude go on."""
    track = ordinary(rng, steps=visit(rng))
    middle = track.fixes[len(track.fixes) // 3]
    door = track.door
    assert door is not None

    def pinned(_: int, fix: Fix) -> Fix:
        return replace(fix, here=middle.here) if metres_apart(fix.here, door) < 25 else fix

    return alone(rng, changed(track, pinned))


@honest
def express_train(rng: Random) -> Material:
    """At 310 km/h between two cities, and before that a visit in the other one."""
    place, every_s = Place(rng), 5.0
    start = around(rng, 60_000, 120_000)
    steps = walk(rng, start, [(around(rng, 1_000, 3_000), 60.0)], 84.0, every_s, 0.03)
    walking = walk(rng, steps[-1][1], [((0.0, 0.0), 600.0)], 8.0, every_s)
    whole = [*steps, *((at + steps[-1][0] + 60, where) for at, where in walking)]
    track = phone(rng, place).track(whole)
    there = phone(rng, place).track([(0.0, (start[0] * 3, start[1] * 3))])
    before = hours_before(there, rng.uniform(1.5, 3))
    return Material(track, None, (*earlier(rng, 2), before))


@honest
def flight(rng: Random) -> Material:
    place = Place(rng)
    there = phone(rng, place).track([(0.0, around(rng, 900_000, 1_300_000))])
    return Material(ordinary(rng, place), None, (hours_before(there, rng.uniform(3, 6)),))


@honest
def cold_start(rng: Random) -> Material:
    """Switched on, it says for some seconds where it was last night."""
    track = ordinary(rng)
    here, first = Place(rng).degrees(around(rng, 4_000, 40_000)), rng.randint(1, 2)
    stale = [
        replace(fix, here=here, at=fix.at - timedelta(seconds=20), monotonic_s=None)
        for fix in track.fixes[:first]
    ]
    return alone(rng, Track((*stale, *track.fixes), track.door))


@honest
def datum_mixed_up(rng: Random) -> Material:
    """Some or all fixes are GCJ-02 and said to be WGS-84."""
    material = together(rng, Place(rng), visit(rng))
    share = rng.choice((1.0, 0.5, 0.1))
    wrong = changed(
        material.track,
        lambda _, fix: (
            replace(fix, here=gcj_from_wgs(fix.here)) if rng.random() < share else fix
        ),
    )
    return replace(material, track=wrong)


@honest
def clock_set(rng: Random) -> Material:
    """The wall clock is set by minutes or hours on the way."""
    place = Place(rng)
    steps = walk(rng, around(rng, 3_000, 6_000), [((0.0, 0.0), 600.0)], 12.0, 10.0)
    track = phone(rng, place).track(steps)
    when, by = rng.randint(5, 20), timedelta(seconds=rng.choice((-3600, -240, 200, 5000)))
    return Material(
        changed(track, lambda n, fix: replace(fix, at=fix.at + by) if n > when else fix)
    )


@honest
def started_anew(rng: Random) -> Material:
    """The phone is restarted: its count begins again."""
    track = ordinary(rng)
    middle, boot = len(track.fixes) // 2, UUID(int=rng.getrandbits(128))

    def anew(number: int, fix):  # type: ignore[no-untyped-def]
        if number < middle or fix.monotonic_s is None:
            return fix
        return replace(fix, boot_id=boot, monotonic_s=10.0 * (number - middle))

    return alone(rng, changed(track, anew))


@honest
def access_point_moved(rng: Random) -> Material:
    """A fix or two of Wi-Fi in the town where the access point used to be."""
    material = together(rng, Place(rng), visit(rng))
    track, spots = material.track, rng.randint(2, 3)
    at = rng.randrange(8, len(track.fixes) - 8)
    there = Place(rng).degrees(around(rng, 8_000, 60_000))

    def moved(number: int, fix):  # type: ignore[no-untyped-def]
        if not at <= number < at + spots:
            return fix
        known = fix.provider is not None
        return replace(
            fix,
            here=there,
            accuracy_m=35.0,
            provider=Provider.NETWORK if known else None,
            satellites=0 if known else None,
        )

    return replace(material, track=changed(track, moved))


@honest
def same_way_every_day(rng: Random) -> Material:
    """The same streets to the same house, never at the same pace."""
    place, start = Place(rng), around(rng, 500, 1_200)
    stops = [*corners(rng, start, (0.0, 0.0)), ((0.0, 0.0), rng.uniform(300, 700))]
    days = [
        phone(rng, place).track(walk(rng, start, stops, rng.gauss(1.4, 0.08), 10.0))
        for _ in range(5)
    ]
    before = tuple(hours_before(day, 24.0 * n) for n, day in enumerate(days[1:], 1))
    return Material(days[0], None, before[::-1])


@honest
def photos_of_one_door(rng: Random) -> Material:
    """The same door looks like itself; a pocket looks like any pocket."""
    material = together(rng, Place(rng), visit(rng))
    before, now = photographed_again(rng)
    first = replace(material.photos[0], cells=now)
    like = (first.likeness or 0) ^ (1 << rng.randrange(64))
    at = first.captured_at - timedelta(days=9)
    others = (
        OtherPhoto(digest(rng), at, True, like, before),
        OtherPhoto(digest(rng), at, False, rng.choice((0, 1, 2**64 - 1))),
    )
    dark = replace(material.photos[1], likeness=rng.choice((0, 1, 3)))
    return replace(material, photos=(first, dark), others=(*material.others, *others))


@honest
def camera_clock(rng: Random) -> Material:
    """A camera some minutes off, of another zone, or never set at all."""
    material = together(rng, Place(rng), visit(rng))
    at = material.photos[0].captured_at
    zones = [3600.0 * rng.choice((-8, 8, 1, -1, 5.5)) + rng.gauss(0, 40)]
    off = rng.choice((rng.uniform(-600, 600), *zones, 86_400.0 * 365 * 20))
    return replace(material, photos=(photo(rng, at, off),))


def usual(photo: Photo, rng: Random) -> Photo:
    """A photo of a phone whose camera signs, and has signed its photos of before."""
    photos = rng.randint(5, 50)
    habit = Habit(photos, photos, cameras={CAMERA: photos})
    retouched = min(13, int(abs(rng.gauss(0, 3))))
    return replace(photo, exif=True, camera=CAMERA, retouched=retouched, habit=habit)


@honest
def sent_through_a_messenger(rng: Random) -> Material:
    """It takes away what cameras write, and cuts some photos to the shape of a screen."""
    material = together(rng, Place(rng), visit(rng))
    mine = usual(material.photos[0], rng)
    bare = replace(mine, exif=False, camera=None, retouched=None)
    shaped = rng.choice(("shape", None))
    return replace(material, photos=(replace(bare, screen=shaped),))


@honest
def camera_app_that_signs(rng: Random) -> Material:
    """All photos of this phone are made by an app that also edits."""
    material = together(rng, Place(rng), visit(rng))
    mine = usual(material.photos[0], rng)
    habit = replace(mine.habit, editors={"meitu": mine.habit.photos})
    return replace(material, photos=(replace(mine, editor="meitu", habit=habit),))


@honest
def another_camera_app(rng: Random) -> Material:
    """Another app of the same phone writes another make and model."""
    material = together(rng, Place(rng), visit(rng))
    other = replace(usual(material.photos[0], rng), camera=digest(rng)[:16])
    return replace(material, photos=(other,))


@honest
def one_fix_a_visit(rng: Random) -> Material:
    """Nothing but check-ins: one fix of each phone, bare, at each visit."""
    place = Place(rng)
    a, b = (
        Receiver(rng, place, bare=True).track([(0.0, around(rng, 0, 6))]) for _ in range(2)
    )
    before = tuple(
        hours_before(
            Receiver(rng, Place(rng), bare=True).track([(0.0, around(rng, 0, 6))]), 20 + n
        )
        for n in range(6, 0, -1)
    )
    return Material(a, b, before)


@honest
def one_parks_the_car(rng: Random) -> Material:
    """For some minutes one of the two is 300 m away and comes after."""
    place, steps = Place(rng), visit(rng)
    parks = around(rng, 200, 350)
    stay = steps[len(steps) // 2][0]
    theirs = [(at, parks if at < 0.6 * stay else where) for at, where in steps]
    a, b = phone(rng, place).track(steps), phone(rng, place).track(theirs)
    return Material(a, b, earlier(rng))


@honest
def rounded_accuracy(rng: Random) -> Material:
    """A phone that always says 5 m, and smooths what it says."""
    place = Place(rng)
    receiver = Receiver(rng, place, tau_s=200, bare=True, keeps_accuracy=5.0)
    return alone(rng, receiver.track(visit(rng)))


@honest
def altitude_held(rng: Random) -> Material:
    """Few satellites: the receiver keeps its altitude, the phone rounds its accuracy."""
    place = Place(rng)
    receiver = Receiver(rng, place, keeps_accuracy=6.0)
    track = receiver.track(visit(rng), lambda _: Sky(error_m=5, satellites=(4, 6)))
    held = track.fixes[0].altitude_m
    return alone(rng, changed(track, lambda _, fix: replace(fix, altitude_m=held)))


@honest
def surveyed_door(rng: Random) -> Material:
    """The bank has the door's point from a receiver that stood there: 3 m off."""
    place = Place(rng, geocoded_m=3.0)
    before = tuple(
        hours_before(ordinary(rng, Place(rng, geocoded_m=3.0)), 20.0 * n) for n in (3, 2, 1)
    )
    return Material(ordinary(rng, place), None, before)


assert NOON  # the day of all of them
