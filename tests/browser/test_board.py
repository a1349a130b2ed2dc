"""The board in a real browser: what is shown, to whom, and how true it is."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import LocatorAssertions, Page, expect

from proto import ids
from proto.base import Role
from proto.dispatch import CaseHeld, HoldReason, VisitPlanned
from proto.field_visit import Danger, Watch
from proto.oversight import BoardState
from proto.places import Position
from tests.browser import scenes
from tests.browser.chromium import sign_in
from tests.browser.conftest import Visit
from tests.browser.fake import PASSWORD, World


def rows(page: Page):
    return page.locator("table.board tbody tr")


def live(page: Page):
    return page.locator(".live")


def soon(
    page: Page, says: Callable[[], LocatorAssertions], what: str, ms: int = 500
) -> None:
    """Let the page's clock run by steps until it says so: to fetch takes true time."""
    for _ in range(120):
        page.clock.run_for(ms)
        try:
            says().to_contain_text(what, timeout=250)
        except AssertionError:
            continue
        return
    says().to_contain_text(what)


def planned(visit) -> VisitPlanned:
    sealed = {"key_id": ids.new(), "purpose": "p", "nonce": "n", "box": "b"}
    about = visit.model_dump(include={"visit_id", "case_id", "agency_id", "zone"})
    when = visit.model_dump(include={"not_before", "not_after"})
    people = (ids.new(), ids.new())
    return VisitPlanned(
        **about,
        **when,
        collectors=people,
        letter_id=ids.new(),
        place=sealed,
        sheet=sealed,
        books=(),
    )


ENGLISH = {
    "lang": "en",
    "day": "Monday, 2 March 2026",
    "refusal": "14:55 Entry not allowed",
    "clause": "4.29 ENTRY only after the other side's consent",
    "state": "✕Refused",
    "held": "Held: disputed",
}
CHINESE = {
    "lang": "zh-CN",
    "day": "2026年3月2日星期一",
    "refusal": "14:55 系统拦截：入户",
    "clause": "4.29 特殊情况需进入,应先征得对方同意",
    "state": "✕被拦截",
    "held": "暂停：有异议",
}
WORDS = {"en-US": ENGLISH, "zh-TW": CHINESE, "fr-FR": CHINESE}


@pytest.mark.parametrize("locale", WORDS)
def test_the_day_in_the_language_of_whoever_looks(
    visit: Visit, world: World, locale: str
) -> None:
    refused = scenes.against(scenes.REFUSALS[0], 5)
    world.change(3, against=(refused,), refusals=2)
    page, words = visit(locale=locale), WORDS[locale]

    expect(rows(page)).to_have_count(12)
    expect(page.locator("html")).to_have_attribute("lang", words["lang"])
    expect(page.locator("#day")).to_have_text(words["day"])
    fourth = rows(page).nth(3)
    expect(fourth.locator("td.pair")).to_contain_text("HG1004")
    expect(fourth.locator("td.state")).to_contain_text(words["state"])
    expect(fourth.locator("td.against")).to_contain_text(words["refusal"])
    expect(fourth.locator(".clause").first).to_have_text(words["clause"])
    expect(fourth.locator(".clause").nth(1)).to_contain_text("21.090")
    expect(rows(page).nth(5).locator("td.state")).to_contain_text(words["held"])


def test_the_language_is_switched_for_all_that_is_shown(visit: Visit) -> None:
    page = visit()
    expect(live(page)).to_have_text("Live")
    page.get_by_role("button", name="中文").click()
    expect(live(page)).to_have_text("实时")
    expect(rows(page).first.locator("td.state")).to_contain_text("已离开")
    expect(page.locator(".operations h2")).to_have_text("平台运行")
    assert page.title() == "Doorstep · 今日外访"


def test_a_wrong_password_is_said_and_no_token_is_kept_anywhere(
    visit: Visit, world: World
) -> None:
    page = visit(signs_in=False)
    sign_in(page, "wang.hua", "wrong")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.locator("#password")).to_be_focused()
    sign_in(page, "wang.hua", PASSWORD)
    expect(rows(page)).to_have_count(12)

    kept = page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, document.cookie,"
        " (await indexedDB.databases()).length, (await caches.keys()).length,"
        " location.search]"
    )
    assert kept == [0, 0, "", 0, 0, ""]
    page.reload()
    expect(page.locator("#password")).to_have_value("")
    expect(rows(page)).to_have_count(0)


def test_who_signs_out_leaves_nothing_on_the_screen(visit: Visit, world: World) -> None:
    page = visit()
    expect(rows(page)).to_have_count(12)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("main")).not_to_contain_text("WA-2026")
    expect(page.locator("#name")).to_be_focused()
    asked = world.count("/v1/bank-board")
    world.tell(scenes.arrived(world.visits[0]))
    page.wait_for_function("() => new Promise((done) => setTimeout(done, 600, true))")
    assert world.count("/v1/bank-board") == asked


def test_a_supervisor_has_no_panel_of_the_platform(visit: Visit, world: World) -> None:
    world.role = Role.SUPERVISOR
    page = visit()
    expect(rows(page)).to_have_count(12)
    expect(page.locator(".operations")).to_be_hidden()
    expect(page.locator(".wrong:visible")).to_have_count(0)


def test_an_administrator_sees_the_platform_and_no_visit(
    visit: Visit, world: World
) -> None:
    world.role = Role.ADMINISTRATOR
    page = visit()
    expect(page.locator("main")).to_contain_text(
        "supervisors, bank officers and compliance"
    )
    held = page.locator(".held_back tbody tr").first
    expect(held).to_have_text("recoveryparked11 h")
    unwell = page.locator(".parts .unwell")
    expect(unwell).to_have_text("✕ recovery not ready (heard of 5 min ago)")
    expect(page.locator(".queues summary")).to_have_text("16 queues, 0 messages 2 unread")
    expect(page.locator(".banner")).to_be_hidden()
    expect(live(page)).to_be_hidden()


def test_an_empty_day_says_so_and_fills_by_itself(visit: Visit, world: World) -> None:
    first, *_ = world.visits
    world.visits = []
    page = visit()
    expect(page.locator(".visits")).to_contain_text("There are no visits today.")
    expect(page.locator(".visits")).to_contain_text("no need to reload")
    world.visits = [first]
    world.tell(planned(first))
    expect(rows(page)).to_have_count(1)


def test_an_event_renews_its_own_page_and_no_other(visit: Visit, world: World) -> None:
    world.visits = scenes.day(300)
    page = visit()
    expect(rows(page)).to_have_count(300)
    page.evaluate("document.querySelectorAll('table.board a')[150].focus()")
    asked = len(world.asked)
    changed = world.change(
        150, state=BoardState.INSIDE, last_topic="field_visit.entry_allowed"
    )
    world.tell(scenes.arrived(changed))

    expect(rows(page).nth(150).locator("td.state")).to_contain_text("Inside")
    expect(rows(page).nth(150).locator("a")).to_be_focused()
    expect(page.locator("[aria-live=polite]")).to_have_text(
        f"{changed.case_number}: Entry allowed"
    )
    boards = [path for _, path, _ in world.asked[asked:] if path == "/v1/bank-board"]
    assert len(boards) == 1


def test_a_hold_renews_every_visit_of_its_case(visit: Visit, world: World) -> None:
    page = visit()
    expect(live(page)).to_have_text("Live")
    held = world.change(7, withdrawn=True, holds=(HoldReason.COMPLAINT,))
    world.tell(
        CaseHeld(
            case_id=held.case_id,
            reason=HoldReason.COMPLAINT,
            owner_id=ids.new(),
            review_on=scenes.DAY,
            at=scenes.AFTERNOON,
        )
    )
    expect(rows(page).nth(7).locator("td.state")).to_contain_text("Held: complaint")


def test_a_board_behind_its_event_is_asked_again_until_it_is_not(
    visit: Visit, world: World
) -> None:
    page = visit()
    expect(live(page)).to_have_text("Live")
    world.lags = 1
    changed = world.visits[6]
    asked = world.count("/v1/bank-board")
    world.tell(scenes.arrived(changed))
    while world.count("/v1/bank-board") < asked + 2:  # the first still says what it said
        page.wait_for_timeout(20)
    expect(rows(page).nth(6).locator("td.state")).to_contain_text("Planned")
    world.change(6, state=BoardState.AT_DOOR)
    world.lags = 0
    expect(rows(page).nth(6).locator("td.state")).to_contain_text("At the door")


def test_a_board_that_never_comes_as_far_as_an_event_is_not_live(
    visit: Visit, world: World
) -> None:
    """A call for help may be in what it does not show."""
    page = visit(clock=True)
    expect(live(page)).to_have_text("Live")
    world.lags = 1
    asked = world.count("/v1/bank-board")
    world.tell(scenes.arrived(world.visits[6]))
    while world.count("/v1/bank-board") < asked + 13:  # then it is asked less often
        page.clock.run_for(250)
        page.wait_for_timeout(20)
    page.clock.run_for(2_500)

    expect(live(page)).to_contain_text("As of")
    assert world.count("/v1/bank-board") <= asked + 14


def test_while_it_loads_it_says_so(visit: Visit, world: World) -> None:
    world.slow["/v1/bank-board"] = threading.Event()
    page = visit()
    expect(page.locator("main")).to_contain_text("Loading")
    expect(live(page)).to_have_text("Loading…")
    world.slow["/v1/bank-board"].set()
    expect(rows(page)).to_have_count(12)
    expect(live(page)).to_have_text("Live")


def test_a_board_that_never_came_says_why_and_when_it_tries_again(
    visit: Visit, world: World
) -> None:
    world.broken["/v1/bank-board"] = 503
    world.retry_after = 20
    page = visit()
    banner = page.locator(".banner")
    expect(banner).to_contain_text(
        "It cannot be shown. The service oversight does not answer."
    )
    expect(banner).to_contain_text("Next try at")
    expect(live(page)).to_have_text("No picture yet")
    expect(banner).to_contain_text("in 1")
    world.broken.clear()
    banner.get_by_role("button", name="Try now").click()
    expect(rows(page)).to_have_count(12)
    expect(banner).to_be_hidden()


def test_a_board_that_breaks_keeps_its_last_picture_and_tells_its_age(
    visit: Visit, world: World
) -> None:
    page = visit()
    expect(live(page)).to_have_text("Live")
    world.broken["/v1/bank-board"] = 503
    world.tell(scenes.arrived(world.visits[1]))
    banner = page.locator(".banner")
    expect(banner).to_contain_text("cannot be brought up to date. The service oversight")
    expect(banner).to_contain_text("Shown is how it was at")
    expect(live(page)).to_contain_text("As of")
    expect(rows(page)).to_have_count(12)
    world.broken.clear()
    expect(banner).to_be_hidden()
    expect(live(page)).to_have_text("Live")


def test_a_lost_stream_is_never_shown_as_live(visit: Visit, world: World) -> None:
    page = visit(clock=True)
    expect(live(page)).to_have_text("Live")
    world.streams = False
    expect(live(page)).to_contain_text("As of")
    soon(page, lambda: expect(page.locator(".banner")), "Live news is away")
    world.change(6, state=BoardState.AT_DOOR)
    soon(page, lambda: expect(rows(page).nth(6).locator("td.state")), "At the door")
    expect(live(page)).to_contain_text("As of")
    world.streams = True
    soon(page, lambda: expect(live(page)), "Live", 2_000)
    expect(page.locator(".banner")).to_be_hidden()


def test_a_silent_stream_is_cut_and_goes_on_from_where_it_was(
    visit: Visit, world: World
) -> None:
    page = visit(clock=True)
    expect(live(page)).to_have_text("Live")
    world.tell(scenes.arrived(world.visits[0]))
    expect(page.locator("tr.changed, .live[data-kind=live]").first).to_be_visible()
    page.wait_for_function("() => performance.now() > 0")
    asked = world.count("/v1/events")
    world.slow["/v1/events"] = threading.Event()
    page.clock.run_for(47_000)
    expect(live(page)).to_contain_text("As of")
    for _ in range(120):  # what came late began its silence anew
        if world.count("/v1/events") > asked:
            break
        page.clock.run_for(500)
    world.slow["/v1/events"].set()
    soon(page, lambda: expect(live(page)), "Live")
    again = [headers for _, path, headers in world.asked if path == "/v1/events"][asked]
    assert again["last-event-id"] == world.place(1)


def test_a_clock_that_is_turned_back_makes_nothing_live(visit: Visit, world: World) -> None:
    page = visit(clock=True)
    expect(live(page)).to_have_text("Live")
    world.slow["/v1/events"] = threading.Event()
    page.clock.set_system_time(datetime.now(UTC) - timedelta(hours=2))
    page.clock.run_for(2_000)
    expect(live(page)).to_contain_text("As of")
    world.slow["/v1/events"].set()
    soon(page, lambda: expect(live(page)), "Live")


def test_a_token_that_is_still_good_is_used_while_none_can_be_renewed(
    visit: Visit, world: World
) -> None:
    page = visit(clock=True)
    expect(live(page)).to_have_text("Live")
    world.broken["/v1/sessions/refresh"] = 503
    page.clock.fast_forward("09:20")
    world.change(6, state=BoardState.AT_DOOR)
    world.tell(scenes.arrived(world.visits[6]))
    soon(page, lambda: expect(rows(page).nth(6).locator("td.state")), "At the door")


def test_a_stream_made_anew_brings_the_board_anew(visit: Visit, world: World) -> None:
    page = visit()
    expect(live(page)).to_have_text("Live")
    world.visits = world.visits[:5]
    world.reset()
    expect(rows(page)).to_have_count(5)
    expect(live(page)).to_have_text("Live")


def test_a_sign_in_is_renewed_before_it_ends_and_once(visit: Visit, world: World) -> None:
    page = visit(clock=True)
    expect(live(page)).to_have_text("Live")
    page.clock.fast_forward("09:30")
    world.tell(scenes.arrived(world.visits[0]))
    soon(page, lambda: expect(live(page)), "Live")
    assert world.count("/v1/sessions/refresh") == 1


def test_an_ended_sign_in_shows_nothing_and_comes_back_to_the_same_visit(
    visit: Visit, world: World
) -> None:
    page = visit(f"#/visits/{world.visits[2].visit_id}")
    expect(page.locator(".visit h2")).to_have_text("Visit · case WA-2026-0003")
    world.tokens.clear()
    world.broken["/v1/sessions/refresh"] = 401
    world.tell(scenes.arrived(world.visits[2]))
    expect(page.locator(".ended")).to_have_text("The sign-in has ended; sign in again.")
    expect(page.locator("main")).not_to_contain_text("WA-2026")
    world.broken.clear()
    sign_in(page, "wang.hua", PASSWORD)
    expect(page.locator(".visit h2")).to_have_text("Visit · case WA-2026-0003")


def test_a_call_for_help_stands_above_all_until_somebody_acts(
    visit: Visit, world: World
) -> None:
    page = visit()
    expect(live(page)).to_have_text("Live")
    call = scenes.call()
    called = world.change(4, help=(call,))
    world.tell(scenes.arrived(called))
    alert = page.get_by_role("alert").filter(has_text="Help")
    expect(alert).to_contain_text("Field collector HG1003, case WA-2026-0005")
    expect(alert).to_contain_text("2 min ago")
    expect(page).to_have_title("(1) Help · Doorstep · visits today")
    expect(rows(page).nth(4)).to_have_class("calls changed")

    world.broken[f"/v1/visits/{called.visit_id}/help"] = 503
    alert.get_by_role("button", name="I am acting on it").click()
    expect(alert).to_contain_text("It was not said; press again")
    world.broken.clear()
    page.keyboard.press("h")
    page.keyboard.press("Enter")
    expect(alert).to_have_count(0)
    expect(rows(page).nth(4).locator("td.state")).to_contain_text("Help acted on")
    tries = [headers for method, _, headers in world.asked if method == "POST"][-2:]
    assert len({each["idempotency-key"] for each in tries}) == 1


def test_compliance_sees_a_call_and_has_no_button_for_it(
    visit: Visit, world: World
) -> None:
    world.role = Role.COMPLIANCE
    world.change(4, help=(scenes.call(), scenes.call(1, collector="HG2003")))
    page = visit()
    expect(page.locator(".call")).to_have_count(1)
    expect(page.locator(".call h2")).to_have_text("Help · 2 calls")
    expect(page.locator(".call button")).to_have_count(0)
    expect(page.get_by_role("link", name="See the visit")).to_have_count(1)


def test_calls_of_one_visit_are_one_and_who_acts_acts_on_all(
    visit: Visit, world: World
) -> None:
    calls = (scenes.call(), scenes.call(1, collector="HG2003"))
    called = world.change(4, help=calls)
    page = visit()
    alert = page.locator(".call")
    expect(alert).to_contain_text("Field collector HG1003, case WA-2026-0005")
    expect(alert).to_contain_text("Field collector HG2003, case WA-2026-0005")
    expect(rows(page).nth(4).locator(".badge.help")).to_have_text("Help · 2 calls")
    expect(page).to_have_title("(1) Help · Doorstep · visits today")

    alert.get_by_role("button", name="I am acting on it").click()

    expect(alert).to_have_count(0)
    expect(rows(page).nth(4).locator(".badge.help")).to_have_count(0)
    assert world.count(f"/v1/visits/{called.visit_id}/help/{calls[0].help_id}/") == 1


def test_a_call_that_climbs_says_who_was_told_by_now(visit: Visit, world: World) -> None:
    call = scenes.call()
    called = world.change(4, help=(call,))
    page = visit()
    told = page.locator(".call .told")
    expect(page.locator(".live")).to_have_text("Live")
    expect(told).to_be_empty()

    world.change(4, help=(call.model_copy(update={"told": Watch.EVERYBODY}),))
    world.tell(scenes.arrived(called))

    expect(told).to_have_text("Nobody has acted yet. Told by now: everybody on watch.")


def test_what_a_call_is_about_is_asked_for_and_may_be_nothing(
    visit: Visit, world: World
) -> None:
    one, other = scenes.call(), scenes.call(1, collector="HG2003")
    here = Position(latitude=31.2317, longitude=121.4761, accuracy_m=12)
    world.about[one.help_id] = (Danger.VIOLENCE, here)
    called = world.change(4, help=(one, other))
    page = visit()
    about = page.get_by_role("button", name="What is it about?")
    asked = f"/v1/visits/{called.visit_id}/help"
    expect(about).to_be_visible()
    assert world.count(asked) == 0

    world.broken[asked] = 503
    about.click()
    expect(page.locator(".call .wrong")).to_contain_text("It cannot be told")
    world.broken.clear()
    about.click()

    expect(page.locator(".call .kind")).to_have_text(
        [
            "Violence or a threat · at 31.23170, 121.47610 (within 12 m)",
            "Nobody has said what it is about",
        ]
    )
    expect(about).to_be_hidden()
    expect(page.locator(".call .wrong")).to_be_empty()


def test_a_visit_cut_short_says_so_in_words(visit: Visit, world: World) -> None:
    world.visits = scenes.trouble()
    page = visit()
    states = rows(page).locator(".state:not(td)")
    expect(states).to_have_text(
        [
            "◐At the door · leaving: danger",
            "●Inside · leaving: danger",
            "◐At the door · leaving: somebody fell ill",
            "!Left · ended early · danger",
            "!Left · ended early · a phone died",
            "!Left · ended early · danger",
            "!Left · never checked out",
        ]
    )


def test_a_duty_says_by_when_and_when_it_is_late(visit: Visit, world: World) -> None:
    world.visits = scenes.trouble()
    page = visit()
    badges = [rows(page).nth(n).locator(".badge", has_text="police") for n in (0, 3, 5)]
    expect(badges[0]).to_contain_text("Report to the police by ")
    expect(badges[1]).to_contain_text("Report to the police is late, since ")
    expect(badges[2]).to_have_count(0)


def test_a_state_can_be_hidden_but_never_a_call_for_help(
    visit: Visit, world: World
) -> None:
    world.change(0, help=(scenes.call(),))
    page = visit()
    expect(rows(page)).to_have_count(12)
    page.get_by_role("button", name="3 Left").click()
    expect(rows(page)).to_have_count(10)
    expect(rows(page).first).to_have_class("calls")
    expect(page.locator(".rest")).to_contain_text("2 more visits are hidden")
    expect(page.get_by_role("button", name="3 Left", pressed=False)).to_be_focused()


def test_the_keyboard_goes_everywhere(visit: Visit, world: World) -> None:
    page = visit()
    links = page.locator("table.board a")
    expect(links).to_have_count(12)
    for key in ("j", "j", "ArrowDown", "k"):
        page.keyboard.press(key)
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".visit h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(links.nth(1)).to_be_focused()

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("next visit")
    dialog.get_by_label("Single letters work").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(2)).to_be_focused()


def test_the_first_key_skips_to_the_content(visit: Visit) -> None:
    page = visit()
    expect(rows(page)).to_have_count(12)
    expect(page.locator("main")).to_be_focused()
    first = page.locator("a, button, input").first
    expect(first).to_have_text("Skip to the content")
    first.focus()
    expect(first).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_screen_whose_clock_lies_tells_the_servers_time(
    visit: Visit, world: World
) -> None:
    world.now = datetime(2026, 3, 2, 7, 4, tzinfo=UTC)
    called = scenes.call(called_at=world.now - timedelta(minutes=7))
    world.change(4, help=(called,))
    page = visit()
    expect(page.locator(".clock")).to_contain_text("15:04")
    expect(page.locator(".call")).to_contain_text("7 min ago")


def test_a_door_keeps_its_own_time_and_names_its_zone(visit: Visit, world: World) -> None:
    page = visit(timezone_id="Europe/Lisbon")
    window = rows(page).first.locator("td.window")
    expect(window).to_have_text("10:00–12:00Asia/Shanghai")


def test_what_a_bank_wrote_is_text_and_never_markup(visit: Visit, world: World) -> None:
    evil = "<img src=x onerror=alert(1)>"
    world.change(0, case_number=evil, agency="<b>x</b>")
    page = visit()
    expect(rows(page).first.locator("a")).to_have_text(evil)
    expect(rows(page).first.locator("td.case small")).to_have_text("<b>x</b>")
    expect(page.locator("main img, td.case b")).to_have_count(0)
