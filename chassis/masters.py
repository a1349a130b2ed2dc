"""Master keys: files of mode 0600 in one folder, each named by the hash of its content.

A process reads the folder when it first needs a key, and again when a row names one it
has not seen: a new file is found without a restart.
"""

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path

from chassis.errors import Unavailable
from chassis.settings import settings

#: The file a keyring begins with; those that follow it carry their id in the name.
FIRST, EVERY = "master.key", "master*.key"
MASTER_BYTES, ID_BYTES = 32, 8


def find(master_id: str) -> bytes:
    """Return a master key. Raises Unavailable when no file holds it."""
    if master_id not in seen():
        seen.cache_clear()
    if (found := seen().get(master_id)) is None:
        raise Unavailable("master-key-does-not-fit", purpose="key")
    return found


@cache
def seen() -> dict[str, bytes]:
    """Return every master key of the folder, as it was when somebody last looked."""
    contents = (read(path) for path in sorted(settings().keys.glob(EVERY)))
    return {name(content): content for content in contents}


def files() -> dict[str, Path]:
    """Return where each master key lies now."""
    return {name(read(path)): path for path in sorted(settings().keys.glob(EVERY))}


def name(content: bytes) -> str:
    """Return the id of a master key, which tells nothing about it."""
    return hashlib.sha256(content).digest()[:ID_BYTES].hex()


def first() -> str:
    """Return the id of `master.key`, made when missing.

    Not in production: a new key there would open nothing. Raises RuntimeError when it
    is missing there, or when others can read it.
    """
    path = settings().keys / FIRST
    if not path.exists() and settings().environment == "production":
        raise RuntimeError(f"no master key at {path}; mount it or set DOORSTEP_KEYS")
    keep(path, os.urandom(MASTER_BYTES))
    seen.cache_clear()
    return name(read(path))


def unnamed() -> str:
    """Return the id of what wraps keys that name no master key: `master.key`.

    Raises Unavailable when it is gone.
    """
    path = settings().keys / FIRST
    if not path.exists():
        raise Unavailable("master-key-does-not-fit", purpose="key")
    return name(read(path))


def make() -> str:
    """Make a new master key beside the others; return its id."""
    content = os.urandom(MASTER_BYTES)
    master_id = name(content)
    keep(settings().keys / f"master-{master_id}.key", content)
    return master_id


def remove(master_id: str) -> None:
    """Remove the file of a master key, if it is there, and drafts of it."""
    if path := files().get(master_id):
        for each in path.parent.glob(f"{path.stem}.*"):
            each.unlink()
        sync(path.parent)
    seen.cache_clear()


def read(path: Path) -> bytes:
    """Read one file. Raises RuntimeError when others can read it too."""
    if path.stat().st_mode & 0o077:
        raise RuntimeError(f"others can read the master key {path}; chmod 600 it")
    return path.read_bytes()


def keep(path: Path, content: bytes) -> None:
    """Write a file that only we can read, unless it is there: the first one wins.

    It is on the disk before we return: no row may name a key that a power cut takes.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        hand_over(descriptor, path.parent)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # whole or not at all
    draft.unlink()
    sync(path.parent)


def hand_over(descriptor: int, folder: Path) -> None:
    """Give a file that root writes to whom the folder belongs, who has to read it."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def sync(folder: Path) -> None:
    """Bring a folder's names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
