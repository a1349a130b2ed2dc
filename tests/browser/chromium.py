"""Debian's Chromium, driven from here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAM = Path("/usr/bin/chromium")
#: Root has no sandbox here, and no machine of ours has a graphics card.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Fails in one sentence where there is none."""
    if not PROGRAM.exists():
        pytest.fail(
            f"there is no {PROGRAM}; run as root: apt-get install chromium", pytrace=False
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield browser
        browser.close()


def sign_in(page: Page, name: str, password: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator(".signin button").click()
