"""How the page looks and reads in each of its states: axe, narrow, dark, still, and far.

axe-core checks what a machine can of WCAG 2.2 at AA; it finds no confusing words.
"""

import threading
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from proto.base import Role
from tests.browser import scenes
from tests.browser.chromium import sign_in
from tests.browser.conftest import Visit
from tests.browser.fake import World

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1920, "height": 1080}


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]
    ]


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


# Each state, from the world before the page is opened to what is on the screen.


def signing_in(world: World, visit: Visit, **look) -> Page:
    page = visit(signs_in=False, **look)
    sign_in(page, "wang.hua", "wrong")
    expect(page.get_by_role("alert")).not_to_be_empty()
    return page


def loading(world: World, visit: Visit, **look) -> Page:
    world.slow["/v1/bank-board"] = threading.Event()
    page = visit(**look)
    expect(page.locator(".operations h3").first).to_be_visible()
    return page


def empty(world: World, visit: Visit, **look) -> Page:
    world.visits = []
    page = visit(**look)
    expect(page.locator(".empty .large")).to_be_visible()
    return page


#: One visit of each kind that a day has.
EACH = (1, 2, 3, 4, 6, 8, 15)


def full(world: World, visit: Visit, **look) -> Page:
    world.visits = [each for n, each in enumerate(scenes.day(16), 1) if n in EACH]
    world.change(1, help=(scenes.call(),))
    world.change(0, zone="Asia/Urumqi")
    page = visit(**look)
    expect(page.locator("tbody tr[role=row]")).to_have_count(len(EACH))
    expect(page.locator(".live[data-kind=live]")).to_be_visible()
    return page


def broken(world: World, visit: Visit, **look) -> Page:
    page = full(world, visit, **look)
    world.broken["/v1/"] = 503
    world.retry_after = 60
    world.tell(scenes.arrived(world.visits[1]))
    expect(page.locator(".banner")).to_be_visible()
    return page


def never_came(world: World, visit: Visit, **look) -> Page:
    world.broken["/v1/bank-board"] = world.broken["/v1/operations"] = 503
    page = visit(**look)
    expect(page.locator(".banner")).to_be_visible()
    return page


def not_for_you(world: World, visit: Visit, **look) -> Page:
    world.role = Role.ADMINISTRATOR
    page = visit(**look)
    expect(page.locator(".operations h3").first).to_be_visible()
    return page


def a_visit(world: World, visit: Visit, **look) -> Page:
    one = world.visits[1]
    world.files[one.visit_id], world.bytes = scenes.files(one)
    world.entries[one.visit_id] = scenes.story(one, world.files[one.visit_id])
    world.coverage[one.visit_id] = scenes.recorded(one, world.files[one.visit_id])
    page = visit(f"#/visits/{one.visit_id}", **look)
    page.locator(".audio button").click()
    expect(page.locator("audio")).to_be_visible()
    expect(page.locator(".entry")).to_have_count(12)
    expect(page.locator(".track")).to_have_count(3)
    return page


def in_trouble(world: World, visit: Visit, **look) -> Page:
    world.visits = scenes.trouble()
    page = visit(**look)
    expect(page.locator(".call")).to_have_count(2)
    page.get_by_role("button", name="What is it about?").first.click()
    expect(page.locator(".kind").first).not_to_be_empty()
    return page


def kept_from_the_agency(world: World, visit: Visit, **look) -> Page:
    world.role, one = Role.SUPERVISOR, world.visits[1]
    world.restricted.add(one.visit_id)
    page = visit(f"#/visits/{one.visit_id}", **look)
    expect(page.locator(".restricted")).not_to_be_empty()
    return page


def the_keys(world: World, visit: Visit, **look) -> Page:
    page = visit(**look)
    expect(page.locator("table.board")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


STATES: list[Callable[..., Page]] = [
    signing_in,
    loading,
    empty,
    full,
    broken,
    never_came,
    not_for_you,
    a_visit,
    in_trouble,
    kept_from_the_agency,
    the_keys,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_each_state_can_be_read_by_everybody(
    visit: Visit, world: World, state: Callable[..., Page]
) -> None:
    page = state(world, visit, viewport=WIDE)
    wide = violations(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    assert (wide, violations(page)) == ([], [])
    assert not scrolls_sideways(page)
    for gate in world.slow.values():
        gate.set()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_no_width_scrolls_sideways(visit: Visit, world: World, locale: str) -> None:
    """Also with the longest numbers and codes that a bank may give."""
    world.change(2, case_number="N" * 64, agency="a" * 64, collectors=("S" * 64, "T" * 64))
    page = visit(locale=locale)
    expect(page.locator("tbody tr[role=row]")).to_have_count(12)
    wrong = []
    for width in (320, 390, 600, 760, 1100, 1101, 1280, 1499, 1500, 1799, 1800, 2500):
        page.set_viewport_size({"width": width, "height": 800})
        wrong += [width] if scrolls_sideways(page) else []
    assert wrong == []


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.BANK_OFFICER])
def test_no_trouble_scrolls_sideways(
    visit: Visit, world: World, locale: str, role: Role
) -> None:
    world.visits, world.role = scenes.trouble(), role
    page = visit(locale=locale)
    expect(page.locator("tbody tr[role=row]")).to_have_count(7)
    wrong = []
    for width in (320, 390, 760, 1100, 1101, 1280, 1500, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        wrong += [width] if scrolls_sideways(page) else []
    assert wrong == []


def test_a_table_stays_a_table_where_it_looks_like_cards(
    visit: Visit, world: World
) -> None:
    page = full(world, visit, viewport=NARROW)
    table = page.get_by_role("table", name="The visits of the day")
    expect(table.get_by_role("row")).to_have_count(1 + len(EACH))
    expect(table.get_by_role("columnheader")).to_have_count(7)
    expect(table.get_by_role("cell", name="HG1001, HG2001")).to_have_count(1)


def test_who_wants_no_movement_sees_none(visit: Visit, world: World) -> None:
    page = full(world, visit, reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_wall_is_written_large(visit: Visit, world: World) -> None:
    page = full(world, visit, viewport={"width": 3840, "height": 2160})
    size = "parseFloat(getComputedStyle(document.querySelector('{}')).fontSize)"
    smallest = min(page.evaluate(size.format(each)) for each in ("td.case", ".clause"))
    # On a wall 1.2 m wide a pixel is 0.32 mm: letters of 10 mm, read from 3 m.
    assert smallest >= 32
    assert not scrolls_sideways(page)
