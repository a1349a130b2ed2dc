"""The badge page in a browser without scripts: three languages, small screens, axe."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chassis.errors import Unavailable
from chassis.settings import Settings
from proto.complaints import ComplainByBadge
from tests.browser.desk import CODE, NO, YES, Desk, make
from tests.browser.fake import served
from tests.browser.test_looks import scrolls_sideways, violations

LANGUAGES = ("zh-CN", "zh-TW", "en")
#: CSS pixels: the smallest phone, one of today, a desk.
WIDTHS = (320, 390, 1280)
LONG = YES.model_copy(update={"agency": "W" * 64, "staff_numbers": ("W" * 64, "M" * 64)})


@pytest.fixture
def desk(environment: None) -> Desk:
    return Desk(Settings())


@pytest.fixture
def gateway(desk: Desk) -> Iterator[str]:
    with served(make(desk)) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, gateway: str) -> Iterator[Callable[..., Page]]:
    """Open a page as a phone without scripts does; whatever its console says is wrong."""
    contexts, said = [], []

    def opened(path: str, scripts: bool = False, **look) -> Page:
        options = {"locale": "en-GB", "viewport": {"width": 390, "height": 844}} | look
        context = browser.new_context(java_script_enabled=scripts, **options)
        contexts.append(context)
        context.set_default_timeout(5_000)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{gateway}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    answered = "Failed to load resource"  # a status that is tested for, or the icon
    assert [each for each in said if not each.startswith(answered)] == []


def yes(desk: Desk) -> None:
    desk.says = LONG


def no(desk: Desk) -> None:
    desk.says = NO


def slowed(desk: Desk) -> None:
    desk.says = NO
    for n in range(30):
        desk.guesses.wrong("127.0.0.1", str(n))


def away(desk: Desk) -> None:
    desk.error = Unavailable("source-stale", source="letters")


STATES = {"yes": yes, "no": no, "slowed": slowed, "away": away}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_state_can_be_read_by_everybody(
    desk: Desk, visit: Callable[..., Page], language: str, state: str
) -> None:
    """By everybody's eyes, on any screen, by day and by night. axe itself is a script."""
    STATES[state](desk)
    page = visit(f"/d/{CODE}", scripts=True, locale=language)
    page.locator("summary").click()
    expect(page.locator("textarea")).to_be_visible()
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            found[scheme, width] = (violations(page), scrolls_sideways(page))
    assert found == dict.fromkeys(found, ([], False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_so_can_the_form_and_what_is_said_of_a_complaint(
    visit: Callable[..., Page], language: str
) -> None:
    page = visit("/d", scripts=True, locale=language)
    looks = [violations(page)]
    page.locator("#code").fill("hello")
    page.locator("button").click()
    looks.append(violations(page))
    page.locator("#code").fill(CODE)
    page.locator("button").click()
    page.locator("summary").click()
    page.locator("#words").fill("x")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.locator("details button").click()
    looks.append(violations(page))
    page.locator("input[value=other]").check()
    page.locator("details button").click()
    expect(page.locator(".number")).to_be_visible()
    looks.append(violations(page))
    assert looks == [[], [], [], []]


def test_without_scripts_somebody_finds_out_and_complains(
    desk: Desk, visit: Callable[..., Page]
) -> None:
    page = visit("/d", locale="zh-CN")
    expect(page.locator("h1")).to_have_text("上门的人是谁？")
    page.get_by_label("工作证件上的编码").fill(" 7kq2m 0xwt4 ")
    page.get_by_role("button", name="查询").click()

    expect(page).to_have_url(re.compile(rf"/d/{CODE}\?lang=zh-CN$"))
    expect(page.locator("h1")).to_contain_text("是的，这两人今天受我行委托上门。")
    expect(page.locator("dd")).to_have_text(["示范银行", "HAIYUE", "HY-001", "HY-002"])

    page.get_by_role("link", name="正體中文").click()
    expect(page.locator("h1")).to_contain_text("是的，這兩位今天受本行委託到訪。")
    expect(page.locator("html")).to_have_attribute("lang", "zh-TW")

    page.locator("summary").click()
    page.get_by_label("他們威脅我或其他人").check()
    page.locator("#words").fill("他們說要找我的家人。\n我很害怕。")
    page.get_by_role("button", name="送出申訴").click()
    expect(page.locator("h1")).to_contain_text("銀行已收到您的申訴。")

    [complaint] = [each for each in desk.asked if isinstance(each, ComplainByBadge)]
    number = complaint.complaint_id.hex[:8].upper()
    expect(page.locator(".number")).to_have_text(f"{number[:4]}-{number[4:]}")
    assert complaint.words == "他們威脅我或其他人\n\n他們說要找我的家人。\n我很害怕。"
    page.reload()  # sends it once more
    expect(page.locator(".number")).to_have_text(f"{number[:4]}-{number[4:]}")
    again = [each for each in desk.asked if isinstance(each, ComplainByBadge)]
    assert again == [complaint, complaint]


def test_a_mistyped_code_is_typed_again_on_the_page_that_says_no(
    desk: Desk, visit: Callable[..., Page]
) -> None:
    desk.says = NO
    page = visit(f"/d/{CODE}")
    expect(page.locator("h1")).to_contain_text("No, we cannot confirm this code today.")
    desk.says = YES
    page.get_by_label("Code on the badge").fill("7KQ2M-0XWT5")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("h1")).to_contain_text("Yes, these two")


def test_a_complaint_that_could_not_be_taken_is_sent_again_as_it_was_written(
    desk: Desk, visit: Callable[..., Page]
) -> None:
    page = visit(f"/d/{CODE}")
    page.locator("summary").click()
    page.get_by_label("Something else").check()
    page.locator("#words").fill('\nThey filmed me.\n"</textarea>')
    desk.error = Unavailable("service-absent", service="complaints")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be taken in just now")
    expect(page.locator("#words")).to_have_value('They filmed me.\n"</textarea>')

    desk.error = None
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_contain_text("Your complaint is with the bank.")
    sent = [each for each in desk.asked if isinstance(each, ComplainByBadge)]
    assert sent[0] == sent[1]


def test_it_keeps_nothing_in_the_browser_and_calls_by_a_press(
    visit: Callable[..., Page],
) -> None:
    page = visit(f"/d/{CODE}")
    expect(page.locator("a[href='tel:4000000000']")).to_have_text("400-000-0000")
    assert page.context.cookies() == []
    assert page.context.storage_state() == {"cookies": [], "origins": []}


def test_it_is_written_large(visit: Callable[..., Page]) -> None:
    page = visit(f"/d/{CODE}", scripts=True)
    size = "parseFloat(getComputedStyle(document.querySelector('{}')).fontSize)"
    sizes = [page.evaluate(size.format(each)) for each in ("p", "dd", "h1", "label")]
    assert min(sizes) >= 18
    heights = page.evaluate(
        "[...document.querySelectorAll('button, nav a, .tel, summary')]"
        ".map(each => each.getBoundingClientRect().height)"
        ".filter(height => height > 0 && height < 24)"
    )
    assert heights == []  # WCAG 2.2, 2.5.8
