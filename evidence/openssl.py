"""Run the `openssl` command: the one thing here that Python does not bring along."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from evidence.errors import CannotCheck

#: The first version that signs and verifies Ed25519 and SM2 from the command line.
OLDEST = (3, 0)
#: Seconds after which the command is not waited for: it takes ten milliseconds.
PATIENCE_S = 60


def run(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run one command of openssl's; the caller looks at the code. Raises CannotCheck."""
    _present()
    return _run(*words)


def _run(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["openssl", *map(str, words)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except FileNotFoundError:
        raise CannotCheck("openssl_missing", oldest=_words(OLDEST)) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotCheck("openssl_fails", why=str(error)) from None


@cache
def _present() -> None:
    """Raise CannotCheck where openssl is missing, too old, or another program."""
    said = _run("version").stdout.decode(errors="replace").strip()
    name, _, rest = said.partition(" ")
    numbers = rest.partition(" ")[0].split(".")[:2]
    version = tuple(int(each) for each in numbers if each.isdecimal())
    if name != "OpenSSL" or version < OLDEST:
        raise CannotCheck("openssl_old", found=said or "?", oldest=_words(OLDEST))


def _words(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@contextmanager
def files(**contents: bytes) -> Iterator[dict[str, Path]]:
    """Put each content into a file that only we read, for as long as it is needed."""
    with TemporaryDirectory(prefix="evidence-") as folder:
        paths = {name: Path(folder) / name for name in contents}
        for name, path in paths.items():
            path.write_bytes(contents[name])
        yield paths
