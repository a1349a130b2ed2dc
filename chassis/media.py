"""Photos and sound as files: each kept once under its SHA-256, and never rewritten.

A folder, on one machine or shared by all; a store elsewhere offers the same four verbs.
What is in the store is whole: a file is synced, then linked under its digest, then its
folder is synced, before anybody is told that it is there.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

SHA256 = re.compile("[0-9a-f]{64}")
#: Where files grow that are not whole yet, beside the store: a link reaches no further.
PARTIAL = "partial"
#: Nobody but Doorstep looks into these folders.
OURS = 0o700


class Store(Protocol):
    """Where files are kept by what is in them. Digests are SHA-256, hex."""

    def keep(self, file: Path, sha256: str) -> None:
        """Take over a finished file, durably. What is there already stays.

        The caller has hashed and synced the bytes. Raises OSError.
        """

    def open(self, sha256: str) -> BinaryIO:
        """Open a file to read. Raises FileNotFoundError when it is not there."""

    def size(self, sha256: str) -> int | None:
        """Return how many bytes it has, or None when it is not there."""

    def path(self, sha256: str) -> Path:
        """Return a path that another process on this machine can read it by."""


class Folder:
    """The store as a folder: `ab/<digest>` for what is whole, `partial/` for the rest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, file: Path, sha256: str) -> None:
        """Take over a finished file of `partial`, durably. What is there already stays.

        Killed in between, the file has both names or only that in the store, never none.
        Raises OSError.
        """
        self.link(file, sha256)
        file.unlink()

    def link(self, file: Path, sha256: str) -> None:
        """Keep a finished file and leave it its own name too. Raises OSError."""
        kept = self.path(sha256)
        made_folder(kept.parent)
        with suppress(FileExistsError):  # whoever made it may have died before the sync
            os.link(file, kept)
        sync_folder(kept.parent)

    def open(self, sha256: str) -> BinaryIO:
        return self.path(sha256).open("rb")

    def size(self, sha256: str) -> int | None:
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def path(self, sha256: str) -> Path:
        """Return where it lies, or would. Raises ValueError when that is no digest."""
        if not SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256[:80]!r} is no SHA-256 in lower-case hex")
        return self.root / sha256[:2] / sha256

    def partial(self, name: str) -> Path:
        """Return where a file of this name may grow until it is kept.

        Whoever writes it syncs it before it is kept, and removes it when it never will be.
        """
        folder = self.root / PARTIAL
        made_folder(folder)
        return folder / name


def made_folder(folder: Path) -> None:
    """Make a folder, durably, with those above it."""
    if folder.is_dir():
        return
    made_folder(folder.parent)
    folder.mkdir(mode=OURS, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on disk. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
