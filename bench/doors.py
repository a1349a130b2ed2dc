"""Made-up photos of doors, and what becomes of a photo on its way: for measuring likeness.

They are drawings with light and noise. Photos from the street will differ in ways that are
not here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import cos, radians, sin
from random import Random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

WIDTH, HEIGHT = 900, 1200


def door(building: int, number: int, seed: int | None = None) -> Image.Image:
    """Return a photo of a door. Doors of one building share walls, frames and colours;
    what hangs and stands there is each one's own, and so is where the phone was held.
    """
    style, own = Random(f"b{building}"), Random(f"d{building}/{number}")
    hand = Random(f"h{building}/{number}/{seed}")
    image = lit(grey(style, 120, 210), style, hand)
    draw = ImageDraw.Draw(image)
    left = WIDTH * (0.22 + 0.12 * style.random())
    right = WIDTH * (0.68 + 0.14 * style.random())
    top, floor = HEIGHT * (0.12 + 0.08 * style.random()), HEIGHT * 0.93
    draw.rectangle((0, floor, WIDTH, HEIGHT), fill=grey(style, 60, 140))
    draw.rectangle((left - 25, top - 25, right + 25, floor), fill=grey(style, 40, 230))
    draw.rectangle((left, top, right, floor), fill=colour(style))
    panels(draw, style, (left, top, right, floor))
    things(draw, own, (left, top, right, floor))
    return held(image, hand)


def lit(shade: tuple[int, int, int], style: Random, hand: Random) -> Image.Image:
    """Return a wall with light from one side, and a corridor beside it."""
    image = Image.new("RGB", (WIDTH, HEIGHT), shade)
    light = Image.linear_gradient("L").rotate(style.choice((0, 90, 180, 270)))
    dark = Image.new("RGB", image.size, "black")
    mask = light.resize(image.size).point(lambda each: each // 3)
    image.paste(dark, mask=mask)
    ImageDraw.Draw(image).rectangle(
        (0, 0, WIDTH * 0.1 * style.random(), HEIGHT), fill=grey(hand, 30, 90)
    )
    return image


def panels(draw: ImageDraw.ImageDraw, style: Random, box: tuple[float, ...]) -> None:
    left, top, right, floor = box
    rows, columns = style.randint(1, 3), style.randint(1, 2)
    wide, high = (right - left) / columns, (floor - top) / rows
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * wide, top + row * high
            inner = (x + 40, y + 40, x + wide - 40, y + high - 40)
            draw.rectangle(inner, fill=colour(style), outline=grey(style, 0, 80), width=6)


def things(draw: ImageDraw.ImageDraw, own: Random, box: tuple[float, ...]) -> None:
    """Draw what is each door's own: a plate, couplets, notices, shoes, a meter."""
    left, top, right, floor = box
    draw.rectangle(spot(own, (left, top, right, top + 200), 90, 60), fill="white")
    for side in (left - 90, right + 30):
        if own.random() < 0.6:  # couplets of the new year
            draw.rectangle((side, top + 60, side + 60, top + 700), fill=(190, 30, 30))
    for _ in range(own.randint(2, 6)):
        place = spot(own, (0, 0, WIDTH, HEIGHT), own.randint(60, 260), own.randint(60, 260))
        draw.rectangle(place, fill=colour(own))


def spot(
    rng: Random, box: tuple[float, ...], wide: float, high: float
) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    x = rng.uniform(left, max(left, right - wide))
    y = rng.uniform(top, max(top, bottom - high))
    return x, y, x + wide, y + high


def held(image: Image.Image, hand: Random) -> Image.Image:
    """Return what a hand that is never still sees of it, with a sensor's noise."""
    corners = [(0, 0), (0, HEIGHT), (WIDTH, HEIGHT), (WIDTH, 0)]
    moved = [each + hand.uniform(-0.05, 0.05) * WIDTH for at in corners for each in at]
    seen = image.transform(image.size, Image.Transform.QUAD, moved)
    noise = Image.effect_noise(image.size, 22).convert("RGB")
    seen = Image.blend(seen, noise, 0.08)
    return ImageEnhance.Brightness(seen).enhance(hand.uniform(0.75, 1.25))


@dataclass(frozen=True)
class Hand:
    """How far off a phone is held at another visit: shares of a picture's width, degrees,
    and by how much the light differs. All are standard deviations.
    """

    moved: float
    turned: float
    scaled: float
    tilted: float
    light: float = 0.12

    def again(self, image: Image.Image, rng: Random) -> Image.Image:
        """Return what somebody sees who photographs the same scene again."""
        width, height = image.size
        turn, scale = radians(rng.gauss(0, self.turned)), 1 + rng.gauss(0, self.scaled)
        right, down = (rng.gauss(0, self.moved) * width for _ in range(2))
        seen: list[float] = []
        for left, top in ((0, 0), (0, height), (width, height), (width, 0)):
            x, y = left - width / 2, top - height / 2
            across = (x * cos(turn) - y * sin(turn)) * scale + right + width / 2
            along = (x * sin(turn) + y * cos(turn)) * scale + down + height / 2
            seen += [each + rng.gauss(0, self.tilted) * width for each in (across, along)]
        cubic = Image.Resampling.BICUBIC
        other = image.transform(image.size, Image.Transform.QUAD, seen, cubic)
        return noisy(shaded(other, self.light, rng))


def shaded(image: Image.Image, light: float, rng: Random) -> Image.Image:
    """Return it by another light, which also comes from another side."""
    image = ImageEnhance.Brightness(image).enhance(1 + rng.gauss(0, light))
    side = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270)))
    mask = side.resize(image.size).point(lambda each: int(each * light))
    return Image.composite(Image.new("RGB", image.size, "black"), image, mask)


def noisy(image: Image.Image) -> Image.Image:
    noise = Image.effect_noise(image.size, 40).convert("RGB")
    return Image.blend(image, noise, 0.04)


#: Somebody who holds the phone as they please, who takes care to stand where they stood,
#: who does so with the old photo before them; and a phone on a stand that was put up again.
HANDS = {
    "held as one does": Hand(0.03, 1.5, 0.03, 0.01),
    "with care": Hand(0.01, 0.6, 0.012, 0.005),
    "with great care": Hand(0.005, 0.3, 0.006, 0.003),
    "on a stand, put up again": Hand(0.003, 0.15, 0.003, 0.0015),
}


def grey(rng: Random, low: int, high: int) -> tuple[int, int, int]:
    shade = rng.randint(low, high)
    return shade, shade, max(0, shade - rng.randint(0, 20))


def colour(rng: Random) -> tuple[int, int, int]:
    return rng.randint(20, 230), rng.randint(20, 200), rng.randint(20, 180)


def saved(image: Image.Image, quality: int) -> Image.Image:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(BytesIO(file.getvalue()))


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Return it without this share of each side."""
    width, height = image.size
    x, y = round(width * share), round(height * share)
    return image.crop((x, y, width - x, height - y))


def scaled(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)))


def stamped(image: Image.Image) -> Image.Image:
    """Return it with the date in a corner, as an app writes it."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.text((20, image.height - 60), "2026-03-02 15:04", fill="white", font_size=40)
    return image


Change = Callable[[Image.Image], Image.Image]
#: What happens to a photo on its way, and what somebody may do to hide it.
CHANGES: dict[str, Change] = {
    "JPEG again, quality 75": lambda each: saved(each, 75),
    "JPEG again, quality 30": lambda each: saved(each, 30),
    "half as wide": lambda each: scaled(each, 0.5),
    "a messenger (0.4, quality 60)": lambda each: saved(scaled(each, 0.4), 60),
    "brighter by 20 %": lambda each: ImageEnhance.Brightness(each).enhance(1.2),
    "darker by 20 %": lambda each: ImageEnhance.Brightness(each).enhance(0.8),
    "more contrast, 20 %": lambda each: ImageEnhance.Contrast(each).enhance(1.2),
    "blurred a little": lambda each: each.filter(ImageFilter.GaussianBlur(4)),
    "a date written on": stamped,
    "0.5 % cut off each side": lambda each: cropped(each, 0.005),
    "1 % cut off each side": lambda each: cropped(each, 0.01),
    "3 % cut off each side": lambda each: cropped(each, 0.03),
    "8 % cut off each side": lambda each: cropped(each, 0.08),
    "turned by 2 degrees": lambda each: each.rotate(2),
    "mirrored": lambda each: each.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}
#: What leaves a picture where it was.
SAVED_ANEW = {name: CHANGES[name] for name in tuple(CHANGES)[:9]}
