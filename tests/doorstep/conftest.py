"""A home of its own for each test, wiped afterwards with all that ran in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.embedded import wipe
from doorstep.home import Home


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests start servers of their own, whatever the shell offers."""
    for name in ("AMQP_URI", "DATABASE_URL", "DOORSTEP_HOME", "DOORSTEP_CLOCK"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home in a folder that, as root, the servers' accounts cannot reach."""
    tmp_path.chmod(0o700)
    home = Home(tmp_path / "var")
    yield home
    wipe(home)
