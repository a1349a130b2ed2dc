"""A supervisor watches a visit in a browser while it happens, through all real parts."""

import base64
import hashlib

import httpx
from playwright.sync_api import expect

from proto import ids
from proto.facts import (
    Introduced,
    PersonMet,
    Recording,
)
from tests.browser import scenes
from tests.browser.chromium import chromium, sign_in
from tests.world import PASSWORD, AtADoor, Door, plain

#: A photo waits for a worker, and a row for its projection: neither is quick on two cores.
PATIENCE_MS = 60_000
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
RECORDING = Recording(announced=True, running=True)
MOTHER = PersonMet(relation="parent")


def supervisor(door: Door) -> str:
    """The name of a new account of the door's agency."""
    name = f"boss-{ids.new().hex[-12:]}"
    body = {"name": name, "password": PASSWORD, "role": "supervisor"}
    admin = door.platform.signed_in("admin")  # whose first token may have run out
    answer = admin.post("/v1/accounts", plain(body | {"agency_id": door.agency_id}))
    assert answer.ok, answer
    return name


def uploads(door: Door, filetype: str, content: bytes) -> None:
    """Send a file of the visit from the first phone, as tus 1.0.0 has it."""
    who = door.pair[0]
    said = {
        "media_id": str(ids.new()),
        "visit_id": str(door.visit_id),
        "device_id": str(who.phone.device_id),
        "filetype": filetype,
        "sha256": hashlib.sha256(content).hexdigest(),
        "captured_at": door.platform.now().isoformat(),
    }
    encoded = {
        name: base64.b64encode(text.encode()).decode() for name, text in said.items()
    }
    headers = {"Tus-Resumable": "1.0.0", "Authorization": who.http.headers["Authorization"]}
    with httpx.Client(base_url=door.platform.url, headers=headers) as phone:
        metadata = ",".join(" ".join(pair) for pair in encoded.items())
        wish = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        made = phone.post("/v1/uploads", headers=wish)
        assert made.status_code == 201, made.text
        part = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        sent = phone.patch(made.headers["Location"], headers=part, content=content)
        assert sent.status_code == 204, sent.text


def test_a_supervisor_sees_a_visit_happen(door: Door) -> None:
    pair, (first, _) = AtADoor(door, door.visit_id), door.pair
    name = supervisor(door)
    with chromium() as browser:
        context = browser.new_context(locale="en-GB", timezone_id="Asia/Shanghai")
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page = context.new_page()
        page.goto(f"{door.platform.url}/ops")
        sign_in(page, name, PASSWORD)
        row = page.locator("table.board tbody tr")
        expect(row).to_have_count(1)
        expect(row.locator("td.state")).to_contain_text("Planned")
        expect(page.locator(".live")).to_have_text("Live")
        expect(page.locator(".operations")).to_be_hidden()

        assert pair.checks_in().status == 200
        expect(row.locator("td.state")).to_contain_text("At the door")
        talk = pair.asks("discuss-debt", RECORDING, INTRODUCED, MOTHER)
        assert talk.status == 403
        expect(row.locator("td.against")).to_contain_text("Talk not allowed")
        expect(row.locator("td.against")).to_contain_text(
            "NO COLLECTION FROM THIRD PARTIES"
        )

        call = {
            "help_id": ids.new(),
            "device_id": first.phone.device_id,
            "at": door.platform.now(),
        }
        assert pair.posts("/help", call).ok
        alert = page.get_by_role("alert").filter(has_text="Help")
        expect(alert).to_be_visible()
        alert.get_by_role("button", name="I am acting on it").click()
        expect(alert).to_have_count(0)

        row.get_by_role("link").click()
        # nor is that the last one: the case is held for danger at the same time
        acted = page.locator(".entry").filter(has_text="Help acted on")
        expect(acted).to_have_count(1)
        uploads(door, "image/jpeg", scenes.picture(1))
        uploads(door, "audio/wav", scenes.tone())
        # functions, since the page's policy lets nobody make one of a text
        page.wait_for_function(
            "() => document.querySelector('.thumbnail img')?.naturalWidth > 0"
        )
        sound = page.locator("figure.audio")
        sound.locator("select").select_option("supervision")
        sound.get_by_role("button", name="Listen to Sound 1").click()
        page.wait_for_function("() => document.querySelector('audio')?.duration === 3")
        assert pair.posts("/check-out", {"ending": "third_party"}).ok
        # not the last entry: a worker may look at the sound before or after
        ended = page.locator(".entry").filter(has_text="Checked out")
        expect(ended).to_have_count(1)
        expect(page.locator(".facts")).to_contain_text("Left · ended early · danger")
        context.close()
