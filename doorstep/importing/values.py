"""From a cell's text to a value, or a sentence that says why not.

Each reader takes the text as it was written and raises `Wrong`.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from pydantic import TypeAdapter, ValidationError

import rulebook
from proto.base import Role
from proto.dispatch import PlaceClass
from proto.places import Datum
from proto.workforce import Code

#: As the platform itself reads a code: Python's `\w` also has fractions and footnotes.
CODE: TypeAdapter[str] = TypeAdapter(Code)
#: Digits, in groups of three or in none, and at most two decimals.
AMOUNT = re.compile(r"(\d{1,12}|\d{1,3}(,\d{3}){1,3})(\.\d{1,2})?")
DAY = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})")
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?")
DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d+)?")
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
CURRENCY = re.compile(r"[A-Z]{3}")
EARLIEST = date(1980, 1, 1)
DATUMS = {
    "wgs84": Datum.WGS84,
    "gcj02": Datum.GCJ02,
    "bd09": Datum.BD09,
    "火星坐标系": Datum.GCJ02,
    "国测局坐标系": Datum.GCJ02,
    "百度坐标系": Datum.BD09,
}
#: How a letter may be handed over, as `PaperEntry` has it.
HANDINGS = ("in_person", "letterbox")
YES, NO = {"true", "yes", "是", "y", "1"}, {"false", "no", "否", "n", "0"}


class Wrong(Exception):
    """A text that cannot be read. `kind` is its sentence under `wrong` in the catalogue."""

    def __init__(self, kind: str, **values: object) -> None:
        super().__init__(kind)
        self.kind, self.values = kind, values


def code(text: str) -> str:
    try:
        return CODE.validate_python(text)
    except ValidationError:
        raise Wrong("bad-code") from None


def name(text: str) -> str:
    if len(text) > 200:
        raise Wrong("too-long", limit=200)
    if "?" in text or "？" in text:  # noqa: RUF001 the full-width one
        raise Wrong("lost-in-a-name")
    return text


def address(text: str) -> str:
    if len(text) > 400:
        raise Wrong("too-long", limit=400)
    return text


def identity(text: str) -> str:
    """Read an ID number of any country; letters and digits only."""
    if SCIENTIFIC.fullmatch(text):
        raise Wrong("scientific")
    if not re.fullmatch(r"[0-9A-Za-z]{4,32}", text):
        raise Wrong("bad-identity")
    return text


def card(text: str) -> str:
    if SCIENTIFIC.fullmatch(text):
        raise Wrong("scientific")
    if not re.fullmatch(r"[0-9]{8,24}", text):
        raise Wrong("bad-card")
    return text


def amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text) or not text.isascii():
        raise Wrong("bad-amount")
    value = Decimal(text.replace(",", ""))
    if not value:
        raise Wrong("no-amount")
    return value


def currency(text: str) -> str:
    if not CURRENCY.fullmatch(text):
        raise Wrong("bad-currency")
    return text


def day(text: str) -> date:
    parts = DAY.fullmatch(text)
    if not parts or (not parts[2] and len(text) != 8):
        raise Wrong("bad-day")
    try:
        found = date(int(parts[1]), int(parts[3]), int(parts[4]))
    except ValueError:
        raise Wrong("no-such-day") from None
    if found < EARLIEST:
        raise Wrong("day-too-early", earliest=EARLIEST)
    return found


def wall_clock(text: str) -> datetime:
    """Read a local moment to the minute, still without its zone."""
    if not MOMENT.fullmatch(text):
        raise Wrong("bad-moment")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Wrong("no-such-moment") from None


def at(wall: datetime, zone: str) -> datetime:
    """Hang a local moment's clock on a wall. Refuses one that clocks there skip."""
    moment = wall.replace(tzinfo=ZoneInfo(zone))
    back = moment.astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    if back.replace(tzinfo=None) != wall:
        raise Wrong("clock-skips", zone=zone)
    return moment


def latitude(text: str) -> float:
    return _degrees(text, 90)


def longitude(text: str) -> float:
    return _degrees(text, 180)


def _degrees(text: str, limit: int) -> float:
    if not DEGREES.fullmatch(text):
        raise Wrong("bad-degrees")
    value = float(text)
    if abs(value) > 180:
        raise Wrong("degrees-out-of-range", limit=limit)
    return value


def datum(text: str) -> Datum:
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = plain.replace("-", "").replace(" ", "").replace("_", "")
    if plain not in DATUMS:
        raise Wrong("unknown-datum", known="WGS-84 GCJ-02 BD-09")
    return DATUMS[plain]


@cache
def zones() -> frozenset[str]:
    """Return the zones there are; asking the system for them takes milliseconds."""
    return frozenset(available_timezones())


def zone(text: str) -> str:
    if text not in zones():
        raise Wrong("unknown-zone")
    return text


def books(parts: tuple[str, ...]) -> tuple[str, ...]:
    known = rulebook.load()
    for part in parts:
        if part not in known:
            raise Wrong("unknown-book", book=part[:40], known=" ".join(known))
    if len(set(parts)) < len(parts):
        raise Wrong("book-twice")
    return parts


def codes(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code(part) for part in parts)


def flag(text: str) -> bool:
    if text.lower() not in YES | NO:
        raise Wrong("bad-flag")
    return text.lower() in YES


def handing(text: str) -> str:
    if text not in HANDINGS:
        raise Wrong("unknown-handing", known=" ".join(HANDINGS))
    return text


def place_class(text: str) -> PlaceClass:
    if text not in (known := list(PlaceClass)):
        raise Wrong("unknown-place-class", known=" ".join(known))
    return PlaceClass(text)


def role(text: str) -> Role:
    if text not in (known := [each for each in Role if each is not Role.ANYONE]):
        raise Wrong("unknown-role", known=" ".join(known))
    return Role(text)
