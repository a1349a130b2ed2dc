"""Secret files: whole or not at all, and for our eyes only (mode 0600)."""

import os
from pathlib import Path


class LooseFile(Exception):
    """A secret that others on this machine can read or change."""


def keep(path: Path, content: bytes) -> None:
    """Write a secret file unless it is there: of two at once the first one wins."""
    draft = drafted(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def replace(path: Path, content: bytes) -> None:
    """Write a secret file, over an older one."""
    drafted(path, content).replace(path)


def drafted(path: Path, content: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return draft


def read(path: Path) -> bytes:
    """Return a secret file's content.

    Raises LooseFile when its mode lets others at it; FileNotFoundError.
    """
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        if mode & 0o077:
            raise LooseFile(f"{path} has mode {mode:04o}; run: chmod 600 {path}")
        return file.read()
