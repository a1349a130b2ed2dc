"""One visit in a real browser: its timeline, its photos, its sound."""

import pytest
from playwright.sync_api import Page, expect

from proto import ids
from proto.base import Role
from proto.media import Inspection, MediaKind
from proto.oversight import BankVisit
from proto.recording import InsideShown
from tests.browser import scenes
from tests.browser.conftest import Visit
from tests.browser.fake import World
from tests.media import movie


@pytest.fixture
def at_a_door(world: World) -> BankVisit:
    """The second visit of the day, with its story, three photos and a sound."""
    found = world.visits[1]
    world.files[found.visit_id], world.bytes = scenes.files(found)
    world.entries[found.visit_id] = scenes.story(found, world.files[found.visit_id])
    return found


def entries(page: Page):
    return page.locator(".timeline .entry")


def test_a_timeline_tells_all_in_order_with_its_clauses(
    visit: Visit, at_a_door: BankVisit
) -> None:
    page = visit()
    page.get_by_role("link", name="WA-2026-0002").click()
    expect(entries(page)).to_have_count(12)
    expect(page.locator(".facts")).to_contain_text("HG1002, HG2002")
    expect(entries(page).first.locator("time")).to_have_text("03-0114:05:00")
    refused = entries(page).nth(7)
    expect(refused.locator("time")).to_have_text("10:15:24")
    expect(refused).to_contain_text(
        "Entry not allowedfield visitOutcomestop4.29 ENTRY only"
    )
    expect(entries(page).nth(8)).to_contain_text(
        "Money left behindfield visittold at 10:31"
    )
    expect(entries(page).nth(6)).not_to_contain_text("told at")
    expect(entries(page).nth(8)).to_contain_text("Amount300.00 CNYCounted by bothyes")
    expect(entries(page).nth(9)).to_contain_text("Claimalready paid")
    expect(entries(page).nth(11)).to_contain_text("Endingthird party")


def test_photos_are_shown_and_never_named_by_an_address(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    page = visit(f"#/visits/{at_a_door.visit_id}")
    photos = page.locator(".thumbnail img")
    expect(photos).to_have_count(2)
    page.wait_for_function(
        "() => document.querySelector('.thumbnail img').naturalWidth === 320"
    )
    page.get_by_role("button", name="Enlarge Photo 1").click()
    page.wait_for_function(
        "() => document.querySelector('dialog img').naturalWidth === 640"
    )
    address = page.locator("dialog img").get_attribute("src") or ""
    assert address.startswith("blob:")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Enlarge Photo 1")).to_be_focused()
    expect(page.locator("figure").nth(2)).to_contain_text("cannot be read")
    expect(page.locator("figure").nth(3)).to_contain_text("not looked at yet")

    entries(page).get_by_role("button", name="Photo 1").first.click()
    expect(page.locator("figure").first).to_be_focused()
    page.get_by_role("link", name="Back to the visits").click()
    gone = "(src) => new Promise((is) => Object.assign(new Image(), { src,"
    gone += " onload: () => is(false), onerror: () => is(true) }))"
    assert page.evaluate(gone, address)


def test_a_photo_is_seen_sharp_by_whoever_says_why_with_the_keyboard_alone(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    page = visit(f"#/visits/{at_a_door.visit_id}")
    page.get_by_role("button", name="Enlarge Photo 1").press("Enter")
    dialog, photo = page.get_by_role("dialog"), world.files[at_a_door.visit_id][0]
    expect(dialog).to_contain_text("Blurred.")
    sharp = dialog.get_by_role("button", name="See it sharp")
    sharp.press("Enter")
    expect(dialog).to_contain_text("Choose why first.")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    assert world.looks == []

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    sharp.press("Enter")

    page.wait_for_function(
        "() => document.querySelector('dialog img').naturalWidth === 1280"
    )
    assert world.looks == [(photo.media_id, "complaint")]
    expect(dialog).to_contain_text("Kept with your account and the time: a complaint.")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Enlarge Photo 1").press("Enter")
    page.wait_for_function(
        "() => document.querySelector('dialog img').naturalWidth === 640"
    )
    expect(dialog).to_contain_text("Blurred.")


def test_a_sound_is_asked_for_when_it_is_wanted_and_plays(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    page = visit(f"#/visits/{at_a_door.visit_id}")
    listen = page.get_by_role("button", name="Listen to Sound 1")
    expect(page.locator("figure.audio")).to_contain_text("3 s · 12% silent · 1% clipped")
    sound = world.files[at_a_door.visit_id][-1]
    listen.click()
    expect(page.locator("figure.audio")).to_contain_text("Choose why first.")
    assert world.count(f"/v1/media/{sound.media_id}") == 0
    page.locator("figure.audio select").select_option("court")
    listen.click()
    expect(page.locator("audio")).to_be_focused()
    played = "() => { const sound = document.querySelector('audio'); sound.play();"
    page.wait_for_function(
        f"{played} return sound.currentTime > 0 && sound.duration === 3 }}"
    )


def test_an_open_timeline_grows_though_its_service_is_behind(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    page = visit(f"#/visits/{at_a_door.visit_id}")
    expect(entries(page)).to_have_count(12)
    expect(page.locator(".live")).to_have_text("Live")
    asked = world.count(f"/v1/visits/{at_a_door.visit_id}/timeline")
    event_id = world.tell(scenes.arrived(at_a_door))
    while world.count(f"/v1/visits/{at_a_door.visit_id}/timeline") == asked:
        page.wait_for_timeout(20)
    late = scenes.entry(at_a_door, "field_visit.help_called", 21)
    late = late.model_copy(update={"event_id": event_id})
    world.entries[at_a_door.visit_id].append(late)
    expect(entries(page)).to_have_count(13)
    expect(entries(page).last).to_contain_text("Help called")


def test_a_timeline_of_many_pages_is_read_to_its_end(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    world.page = 5
    page = visit(f"#/visits/{at_a_door.visit_id}")
    expect(entries(page)).to_have_count(12)


def test_a_visit_that_is_none_of_ours_is_said_so(visit: Visit) -> None:
    page = visit(f"#/visits/{ids.new()}")
    expect(page.locator(".visit > .wrong")).to_contain_text("There is no such visit.")
    page.keyboard.press("Escape")
    expect(page.locator("table.board")).to_be_visible()


def test_a_timeline_that_breaks_keeps_what_it_showed(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    path = f"/v1/visits/{at_a_door.visit_id}/"
    world.broken[path] = 503
    page = visit(f"#/visits/{at_a_door.visit_id}")
    wrong = page.locator(".visit > .wrong")
    expect(wrong).to_contain_text(
        "It cannot be shown. The service oversight does not answer."
    )
    world.broken.clear()
    expect(entries(page)).to_have_count(12)
    expect(wrong).to_have_text("")
    expect(page.locator(".live")).to_have_text("Live")
    world.broken[path] = 503
    world.tell(scenes.arrived(at_a_door))
    expect(wrong).to_contain_text("It cannot be brought up to date.")
    expect(entries(page)).to_have_count(12)


def test_a_lost_photo_is_said_and_the_others_are_shown(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    first = world.files[at_a_door.visit_id][0]
    del world.bytes[f"{first.media_id}/thumbnail"]
    page = visit(f"#/visits/{at_a_door.visit_id}")
    expect(page.locator("figure").first).to_contain_text("There is no such file.")
    page.wait_for_function(
        "() => document.querySelector('.thumbnail img').naturalWidth === 320"
    )


def test_a_sound_plays_on_while_others_come_and_are_looked_at(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    page = visit(f"#/visits/{at_a_door.visit_id}")
    page.locator("figure.audio select").select_option("audit")
    page.get_by_role("button", name="Listen to Sound 1").click()
    audio = page.locator("audio")
    expect(audio).to_be_visible()
    audio.evaluate("sound => { sound.loop = true; return sound.play() }")
    files = world.files[at_a_door.visit_id]
    found = files[0].found
    world.files[at_a_door.visit_id] = [
        *(each.model_copy(update={"found": found}) for each in files[:4]),
        files[4],
    ]
    for each in files[2:4]:
        world.bytes[f"{each.media_id}/thumbnail"] = (scenes.picture(0, 320), "image/jpeg")
    entries(page).get_by_role("button", name="Photo 1").first.focus()
    world.tell(scenes.arrived(at_a_door))
    expect(page.locator(".thumbnail img")).to_have_count(4)
    assert audio.evaluate("sound => !sound.paused")
    expect(entries(page).get_by_role("button", name="Photo 1").first).to_be_focused()


def test_what_a_revoked_phone_sent_does_not_count(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    world.revoked = {world.files[at_a_door.visit_id][1].media_id}
    page = visit(f"#/visits/{at_a_door.visit_id}")
    expect(page.locator("figure").nth(1)).to_contain_text("from a revoked phone")
    expect(page.locator("figure").first).not_to_contain_text("revoked")


def test_a_photo_that_cannot_be_had_large_is_said_there(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    del world.bytes[str(world.files[at_a_door.visit_id][0].media_id)]
    page = visit(f"#/visits/{at_a_door.visit_id}")
    page.get_by_role("button", name="Enlarge Photo 1").click()
    expect(page.get_by_role("dialog")).to_contain_text("There is no such file.")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.COMPLIANCE])
def test_what_is_for_the_bank_alone_says_so(
    visit: Visit, world: World, at_a_door: BankVisit, role: Role
) -> None:
    """Somebody was met who could not follow (S3): the agency learns not even of a photo."""
    world.role = role
    world.restricted.add(at_a_door.visit_id)
    page = visit(f"#/visits/{at_a_door.visit_id}")

    expect(page.locator(".restricted")).to_contain_text("For the bank alone")
    expect(page.locator("figure")).to_have_count(0 if role is Role.SUPERVISOR else 5)
    expect(page.locator(".files")).not_to_contain_text("No photo, no sound")


def test_what_is_recorded_is_a_bar_for_each_phone_and_says_what_is_missing(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    files = world.files[at_a_door.visit_id]
    world.coverage[at_a_door.visit_id] = scenes.recorded(at_a_door, files)
    page = visit(f"#/visits/{at_a_door.visit_id}")

    shown = page.locator(".coverage")
    expect(shown).to_contain_text("7 min of 12 min recorded (62%), 2 min of it on film")
    expect(shown.locator(".badge")).to_have_text(
        ["less than 95% is recorded", "a gap that nobody has explained"]
    )
    expect(shown.get_by_role("img")).to_have_count(3)
    one = shown.get_by_role("img", name="Phone 1: 10:12:00–10:16:00, 10:18:00–10:20:00")
    expect(one.locator("i")).to_have_count(2)
    half = "each => [each.style.left, each.style.width]"
    assert one.locator("i").last.evaluate(half) == ["50%", "16.6667%"]
    expect(shown.locator("li")).to_have_text(
        [
            "10:16:30–10:18:00 (1 min): the battery was empty",
            "10:21:00–10:24:00 (3 min): nobody has said why",
        ]
    )


def test_where_nobody_was_spoken_with_nothing_had_to_be_recorded(
    visit: Visit, at_a_door: BankVisit
) -> None:
    page = visit(f"#/visits/{at_a_door.visit_id}")

    expect(page.locator(".coverage")).to_contain_text("there is nothing to record")
    expect(page.locator(".track")).to_have_count(0)


def test_a_film_plays_when_it_is_wanted_and_says_where_it_should_not_have_been(
    visit: Visit, world: World, at_a_door: BankVisit
) -> None:
    content, files = movie("video/webm", 2), world.files[at_a_door.visit_id]
    seen = Inspection(seconds=2, sound_s=2, width=128, height=96)
    film = scenes.medium(at_a_door, 5, MediaKind.VIDEO, content, found=seen)
    files.append(film)
    world.bytes[f"{film.media_id}?"] = (content, "video/webm")  # for a reason
    inside = InsideShown(
        media_id=film.media_id, begins_at=scenes.AFTERNOON, ends_at=scenes.AFTERNOON
    )
    world.coverage[at_a_door.visit_id] = scenes.recorded(
        at_a_door, files, filmed_inside=(inside,)
    )
    page = visit(f"#/visits/{at_a_door.visit_id}")

    figure = page.locator("figure.video")
    expect(figure).to_contain_text("filmed inside without the debtor's agreement")
    expect(figure).to_contain_text("128 × 96 · 2 s")
    assert world.count(f"/v1/media/{film.media_id}") == 0
    figure.locator("select").select_option("complaint")
    figure.get_by_role("button", name="Play Film 1").click()
    player = page.locator("video")
    expect(player).to_be_focused()
    assert player.evaluate("film => film.paused && !film.autoplay")
    page.wait_for_function(
        "() => { const film = document.querySelector('video'); film.play();"
        " return film.currentTime > 0 && film.videoWidth === 128 }"
    )
