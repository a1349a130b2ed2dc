"""The folder an embedded Doorstep lives in, `var/` unless told otherwise.

`run/` says what runs (pids, ports, settings; for our eyes only), `log/` what it said, and
one folder a private part holds its data. Imports nothing that eventlet would have to
patch: `doorstep run` passes here before a service patches.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from doorstep.errors import Busy


@dataclass(frozen=True)
class Home:
    """Where the files of one embedded Doorstep are."""

    root: Path

    @property
    def run(self) -> Path:
        return self._folder("run", 0o700)

    @property
    def settings_file(self) -> Path:
        return self.root / "run" / "settings.env"

    def pid_file(self, part: str) -> Path:
        return self.run / f"{part}.pid"

    def port_file(self, listener: str) -> Path:
        return self.run / f"{listener}.port"

    def status_port_file(self, part: str) -> Path:
        return self.port_file(f"{part}-status")

    def ready_file(self, part: str) -> Path:
        return self.run / f"{part}.ready"

    def log_file(self, part: str) -> Path:
        return self._folder("log", 0o700) / f"{part}.log"

    def write_settings(self, settings: Mapping[str, str]) -> None:
        """Write the settings of this `up`; they hold passwords, so only we may read."""
        write_secretly(
            self.run / "settings.env",
            "".join(f"{name}={value}\n" for name, value in settings.items()),
        )

    def settings(self) -> dict[str, str]:
        """Return the settings of the `up` that runs here; empty when none does."""
        try:
            text = self.settings_file.read_text()
        except FileNotFoundError:
            return {}
        pairs = (line.partition("=") for line in text.splitlines())
        return {name: value for name, _, value in pairs}

    def adopt_settings(self) -> None:
        """Make the settings of the running `up` this process's, where it has none."""
        for name, value in self.settings().items():
            os.environ.setdefault(name, value)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other command change what runs here meanwhile.

        Raises `Busy`. The lock goes with the process, however it ends.
        """
        with (self.run / "command.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(
                    f"another doorstep command is at work in {self.root}; "
                    "wait for it to end, then try again"
                ) from None
            yield

    def _folder(self, name: str, mode: int) -> Path:
        folder = self.root / name
        if not folder.is_dir():
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
        return folder


def write_secretly(path: Path, text: str) -> None:
    """Write the whole file or nothing of it, readable by its owner alone."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as file:
        file.write(text)
    draft.replace(path)
