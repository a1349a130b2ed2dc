"""One platform for all journeys, from nothing; a door of its own for each."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from doorstep import embedded
from doorstep.home import Home
from tests.conftest import ROOT
from tests.world import CLOCK, Door, Platform


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Doorstep from nothing, with its one administrator and one bank officer."""
    home = Home(ROOT / "var" / f"test-{os.getpid()}")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home.root, ignore_errors=True)
        stack.callback(embedded.wipe, home)
        embedded.up(home, CLOCK)
        doors = stack.enter_context(ExitStack())
        yield Platform(home, home.settings(), doors, mints=True)


@pytest.fixture
def door(platform: Platform, tmp_path: Path) -> Door:
    return Door(platform, tmp_path)
