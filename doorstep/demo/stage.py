"""A platform of the demonstration's own, from nothing, under `var/demo`.

A developer's `make up` is never touched: neither its folder nor the settings it may have
left in this process's environment.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from chassis.settings import settings as settings_of_this_process
from doorstep.errors import DoorstepError
from doorstep.home import Home

CLOCK = "2026-03-02T15:00:00+08:00"
#: What this process may have inherited from another home.
INHERITED = ("AMQP_URI", "DATABASE_URL")
OWN = ("phones", "passwords.json", "receipt.pdf")


class StageNotSet(DoorstepError):
    """The demonstration's platform did not come up; its own words are above."""


@dataclass
class Stage:
    """A platform that runs, and the moment its clock was set to."""

    home: Home
    clock: str = CLOCK

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*_address(self.home.settings()))

    def start_again(self, clock: str) -> None:
        """Stop everything, and start it at a later moment on the data that is there."""
        _command(self.home, "down", quiet=True)
        _command(self.home, "up", "--clock", clock, quiet=True)
        _adopt(self.home)
        self.clock = clock


@contextmanager
def stage(home: Home, keep: bool) -> Iterator[Stage]:
    """Yield a fresh platform; take down afterwards what this call started.

    One that runs and has no account yet (`make demo` starts it) is used as it is.
    """
    found = is_fresh(home)
    if not found:
        _command(home, "wipe")
        _command(home, "up", "--clock", CLOCK)
    for name in OWN:
        _remove(home.root / name)
    _adopt(home)
    try:
        yield Stage(home)
    finally:
        if not (keep or found):
            _command(home, "down")


def is_fresh(home: Home) -> bool:
    """Tell whether a platform of the demonstration's clock runs here, still empty."""
    settings = home.settings()
    told = settings.get("DOORSTEP_CLOCK", "").partition("@")[0]
    return told == CLOCK and token_file(home).exists() and _answers(settings)


def token_file(home: Home) -> Path:
    keys = home.settings().get("DOORSTEP_KEYS", str(home.root / "keys"))
    return Path(keys) / "first-run-token"


def _adopt(home: Home) -> None:
    """Let this process live in the demonstration's platform, its clock above all."""
    for name in (*INHERITED, *_ours()):
        os.environ.pop(name, None)
    os.environ |= home.settings()
    settings_of_this_process.cache_clear()


def _command(home: Home, *words: str, quiet: bool = False) -> None:
    """Run `doorstep` on this home alone. Raises `StageNotSet`."""
    left_out = {*INHERITED, *_ours()}
    environment = {k: v for k, v in os.environ.items() if k not in left_out}
    command = [sys.executable, "-m", "doorstep", "--home", str(home.root), *words]
    said = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, env=environment, stdout=said, check=False)
    if done.returncode != 0:
        raise StageNotSet(
            f"`doorstep {' '.join(words)}` failed for {home.root}; see above, then "
            f"the logs in {home.root / 'log'}"
        )


def _ours() -> list[str]:
    return [name for name in os.environ if name.startswith("DOORSTEP_")]


def _address(settings: dict[str, str]) -> tuple[str, int]:
    host = settings.get("DOORSTEP_HTTP_HOST", "127.0.0.1")
    return host, int(settings.get("DOORSTEP_HTTP_PORT", "8440"))


def _answers(settings: dict[str, str]) -> bool:
    connection = HTTPConnection(*_address(settings), timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
