"""Pictures of our pages for the README: `make screenshots`.

Made from a day of invented visits at a fixed moment, and for a bank that there is not, so
that two runs show the same.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from chassis.settings import Settings
from proto.base import Role
from proto.field_visit import BadgeChecked
from proto.oversight import BankVisit
from tests.browser import reported, scenes
from tests.browser.chromium import chromium, sign_in
from tests.browser.desk import CODE, NO, YES, Desk
from tests.browser.desk import make as at_desk
from tests.browser.fake import PASSWORD, World, make, served

FOLDER = Path(__file__).parent.parent.parent / "docs/pictures"
#: Bytes of a picture, and the widest it is kept.
MOST, WIDEST = 150_000, 1280


@dataclass(frozen=True)
class Picture:
    """One picture: whose language, how large a screen, by day or by night, of what."""

    name: str
    locale: str
    width: int
    height: int
    dark: bool = False
    of_visit: bool = False
    calls: bool = True
    broken: bool = False


PICTURES = (
    Picture("wall", "zh-CN", 1920, 1080),
    Picture("night", "en-GB", 3840, 2160, dark=True, calls=False),
    Picture("visit", "en-GB", 1440, 900, of_visit=True, calls=False),
    Picture("phone", "zh-CN", 390, 844),
    Picture("stale", "en-GB", 390, 640, calls=False, broken=True),
)


@dataclass(frozen=True)
class AtADoor:
    """A picture of the badge page: in which language, by day or by night, what it says."""

    name: str
    language: str
    says: BadgeChecked
    dark: bool = False
    complains: bool = False


AT_A_DOOR = (
    AtADoor("badge-yes", "zh-CN", YES),
    AtADoor("badge-no", "en", NO, dark=True),
    AtADoor("badge-complaint", "zh-TW", YES, complains=True),
)


def world(picture: Picture) -> World:
    made = World(visits=scenes.day(24), now=scenes.AFTERNOON + timedelta(minutes=4))
    made.role = Role.SUPERVISOR if picture.width < 500 else Role.BANK_OFFICER
    if picture.calls:
        called = scenes.call(called_at=made.now - timedelta(minutes=2))
        made.change(9, help=(called,))
    return made


def with_story(made: World) -> BankVisit:
    """Give one visit photos, a sound and all that happened; return it."""
    visit = made.visits[1]
    made.files[visit.visit_id], made.bytes = scenes.files(visit)
    files = made.files[visit.visit_id]
    made.entries[visit.visit_id] = scenes.story(visit, files)
    made.coverage[visit.visit_id] = scenes.recorded(visit, files)
    return visit


def taken(browser: Browser, picture: Picture) -> bytes:
    """Take a picture; return it as PNG."""
    made = world(picture)
    visit = with_story(made) if picture.of_visit else None
    hash_ = f"#/visits/{visit.visit_id}" if visit else ""
    with served(make(made)) as url:
        context = browser.new_context(
            locale=picture.locale,
            timezone_id="Asia/Shanghai",
            viewport={"width": picture.width, "height": picture.height},
            color_scheme="dark" if picture.dark else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(f"{url}/ops{hash_}")
        sign_in(page, "wang.hua", PASSWORD)
        page.locator(".live[data-kind=live]").wait_for()
        arranged(page, made, picture)
        png = page.screenshot()
        context.close()
        made.streams = False
    return png


def arranged(page: Page, made: World, picture: Picture) -> None:
    """Wait until what is to be seen is there."""
    if picture.of_visit:
        page.locator(".audio select").select_option("supervision")
        page.locator(".audio button").click()
        page.locator("audio").wait_for()
        shown = "document.querySelector('.thumbnail img').naturalWidth > 0"
        page.wait_for_function(f"() => {shown}")
    if picture.broken:
        made.broken["/v1/board"], made.retry_after = 503, 20  # a supervisor's
        made.tell(scenes.arrived(made.visits[0]))
        page.locator(".banner").wait_for()


def taken_at_a_door(browser: Browser, picture: AtADoor) -> bytes:
    """Take a picture of the badge page on a phone without scripts; return it as PNG."""
    addresses = {"DATABASE_URL": "postgresql://nobody", "AMQP_URI": "amqp://nobody"}
    desk = Desk(Settings(**addresses), says=picture.says)
    with served(at_desk(desk)) as url:
        context = browser.new_context(
            java_script_enabled=False,
            viewport={"width": 390, "height": 844},
            color_scheme="dark" if picture.dark else "light",
        )
        page = context.new_page()
        page.goto(f"{url}/d/{CODE}?lang={picture.language}")
        if picture.complains:
            page.locator("summary").click()
            page.locator("input[value=not_shown]").check()
        png = page.screenshot(full_page=True)
        context.close()
    return png


def small(png: bytes) -> bytes:
    """Return a picture of few colours, and no wider than a page: small enough for git."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.thumbnail((WIDEST, WIDEST), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.quantize(
        200, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE
    ).save(file, "PNG", optimize=True)
    return file.getvalue()


def write(folder: Path = FOLDER) -> Iterator[Path]:
    """Write every picture; yield where. Raises ValueError for one that is too large."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for picture in PICTURES:
            yield kept(folder, picture.name, taken(browser, picture))
        for one in AT_A_DOOR:
            yield kept(folder, one.name, taken_at_a_door(browser, one))
    yield kept(folder, "report", reported.picture())


def kept(folder: Path, name: str, png: bytes) -> Path:
    content, path = small(png), folder / f"{name}.png"
    if len(content) > MOST:
        raise ValueError(f"{name}.png has {len(content)} bytes, not {MOST}")
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    for path in write():
        print(f"{path.stat().st_size:7} {path.relative_to(Path.cwd())}")
