"""One browser for a file of tests, and a gateway of its own for each test.

Not one browser for all: while Playwright is on, nobody else in this process may run an
event loop.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import scenes
from tests.browser.chromium import chromium, sign_in
from tests.browser.fake import PASSWORD, World, make, served

#: Opens the page as somebody would: `visit` signed in, with options of a browser context.
Visit = Callable[..., Page]
#: How long a page may take on a machine that is busy otherwise, in milliseconds.
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def world() -> World:
    """A day of twelve visits, and the true time."""
    return World(visits=scenes.day())


@pytest.fixture
def gateway(world: World) -> Iterator[str]:
    with served(make(world)) as url:
        yield url
        world.streams = False


@pytest.fixture
def visit(browser: Browser, gateway: str) -> Iterator[Visit]:
    """Open the page, by default in English and in Shanghai, and sign in.

    Whatever the page says in its console is an error: also what the policy refused.
    """
    contexts, said = [], []

    def opened(hash_: str = "", signs_in: bool = True, clock: bool = False, **more) -> Page:
        options = {"locale": "en-GB", "timezone_id": "Asia/Shanghai"} | more
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        if clock:
            page.clock.install()
        page.goto(f"{gateway}/ops{hash_}")
        if signs_in:
            sign_in(page, "wang.hua", PASSWORD)
        return page

    yield opened
    for context in contexts:
        context.close()
    answered = "Failed to load resource"  # which problems are, and which are tested for
    assert [each for each in said if not each.startswith(answered)] == []
