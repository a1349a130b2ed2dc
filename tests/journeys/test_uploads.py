"""Photos from a door, sent by clients that others wrote, over lines that break."""

import base64
import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright
from tusclient.client import TusClient

from chassis.media import Folder
from proto import ids
from tests.conftest import ROOT
from tests.journeys.cutting import line
from tests.world import Collector, Door, Platform

CLIENT = ROOT / "tests" / "vendor" / "tus-js-client" / "tus.min.js"
#: A page as a phone's browser would have it; it sends what it is given.
PAGE = "<!doctype html><title>phone</title><script src=/tus.min.js></script>"
SEND = """
async ({content, headers, metadata, chunk}) => {
  const bytes = Uint8Array.from(atob(content), each => each.charCodeAt(0));
  let tries = 0;
  const ended = await new Promise(resolve => {
    const upload = new tus.Upload(new Blob([bytes]), {
      endpoint: "/v1/uploads", headers, metadata, chunkSize: chunk,
      retryDelays: [50, 100, 200, 400, 800],
      onBeforeRequest: () => { tries += 1; },
      onError: error => resolve("failed: " + error),
      onSuccess: ({lastResponse}) => resolve(lastResponse.getHeader("Doorstep-Receipt")),
    });
    upload.start();
  });
  return {ended, tries};
}
"""


def photo(seed: int = 1) -> bytes:
    """A real JPEG of some three megabytes."""
    noise, out = Random(seed).randbytes(1600 * 1200 * 3), io.BytesIO()
    Image.frombytes("RGB", (1600, 1200), noise).save(out, "JPEG", quality=85)
    return out.getvalue()


def said(door: Door, sender: Collector, content: bytes) -> dict[str, str]:
    return {
        "media_id": str(ids.new()),
        "visit_id": str(door.visit_id),
        "device_id": str(sender.phone.device_id),
        "filetype": "image/jpeg",
        "sha256": hashlib.sha256(content).hexdigest(),
        "captured_at": door.platform.now().isoformat(),
    }


def stored(platform: Platform, content: bytes) -> bool:
    folder = Folder(Path(platform.settings["DOORSTEP_MEDIA"]))
    path = folder.path(hashlib.sha256(content).hexdigest())
    return path.exists() and path.read_bytes() == content


def authorization(sender: Collector) -> dict[str, str]:
    return {"Authorization": sender.http.headers["Authorization"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not here; install the Debian package chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


def served(page: Page, url: str) -> None:
    """Open the phone's page at the gateway's own address: no other may speak to it."""

    def answer(route: Route) -> None:
        if route.request.url.endswith("tus.min.js"):
            route.fulfill(path=CLIENT, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route("**/tus.min.js", answer)
    page.route("**/phone", answer)
    page.goto(f"{url}/phone")


def test_a_browser_sends_a_photo_over_a_line_that_breaks(
    door: Door, platform: Platform, browser: Any
) -> None:
    sender, content = door.pair[0], photo()
    address = urlsplit(platform.url)
    assert address.hostname
    assert address.port
    metadata = said(door, sender, content)
    with line(address.hostname, address.port, cut_after=len(content) // 2) as broken:
        page = browser.new_page()
        served(page, broken.url)
        found = page.evaluate(
            SEND,
            {
                "content": base64.b64encode(content).decode(),
                "headers": authorization(sender),
                "metadata": metadata,
                "chunk": len(content),
            },
        )
        page.close()
    assert broken.cuts == 1
    assert found["ended"].count(".") == 2  # a compact JWS
    assert found["tries"] >= 4  # announced, half sent, asked, sent on
    assert stored(platform, content)
    upload = platform.rows(
        "SELECT state, received FROM gateway.upload WHERE id = %s",
        UUID(metadata["media_id"]),
    )
    assert upload == [("done", len(content))]


def test_tuspy_sends_a_photo_with_checksums(door: Door, platform: Platform) -> None:
    sender, content = door.pair[1], photo(seed=2)
    client = TusClient(f"{platform.url}/v1/uploads", headers=authorization(sender))
    uploader = client.uploader(
        file_stream=io.BytesIO(content),
        metadata=said(door, sender, content),
        chunk_size=1 << 20,
        upload_checksum=True,
    )
    uploader.upload()
    assert stored(platform, content)


def test_only_the_pair_may_send_to_a_visit(door: Door, platform: Platform) -> None:
    other = Door(platform, door.folder / "other")
    content = photo(seed=3)
    peeking = other.pair[0]
    metadata = said(door, peeking, content)
    encoded = ",".join(
        f"{name} {base64.b64encode(text.encode()).decode()}"
        for name, text in metadata.items()
    )
    headers = authorization(peeking) | {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(content)),
        "Upload-Metadata": encoded,
    }
    response = httpx.post(f"{platform.url}/v1/uploads", headers=headers, trust_env=False)
    assert response.status_code == 404, response.text
