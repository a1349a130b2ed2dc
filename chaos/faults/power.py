"""What a machine that loses its power leaves of files that are still growing.

A kill leaves what the kernel has. So the processes of a run note every fsync that has
returned (`chaos/planted/sitecustomize.py`), and after a kill the harness may take from
each unfinished upload what no fsync had been told of: cut off, or zeros in its place, as
file systems leave it that know a file's length before they know its content.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from chassis.media import PARTIAL

#: Of the starts after a kill, how many are after a power cut.
SHARE = 0.7
NOTES = "CHAOS_SYNCED"


@contextmanager
def noted(file: Path) -> Iterator[None]:
    """Let whatever is started meanwhile note there what it has synced."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.environ[NOTES] = str(file)
    try:
        yield
    finally:
        del os.environ[NOTES]


def fails(store: Path, notes: Path, luck: Random) -> int:
    """Take what was not synced from unfinished files; return of how many, by chance.

    Nobody may be writing to them. What is linked into the store already was synced whole.
    """
    if luck.random() >= SHARE:
        return 0
    synced, count = known(notes), 0
    for file in sorted((store / PARTIAL).glob("*")):
        there = file.stat()
        sure = synced.get((str(file), there.st_ino), 0)
        if there.st_nlink == 1 and there.st_size > sure:
            forget(file, sure, there.st_size, luck)
            count += 1
    return count


def forget(file: Path, sure: int, size: int, luck: Random) -> None:
    with file.open("r+b") as opened:
        opened.truncate(luck.randint(sure, size) if luck.random() < 0.3 else sure)
        if luck.random() < 0.7:
            opened.truncate(size)  # as long as it was, with zeros


def known(notes: Path) -> dict[tuple[str, int], int]:
    """Return how many bytes of each file, by name and inode, were surely on disk."""
    found: dict[tuple[str, int], int] = {}
    if notes.exists():
        for line in notes.read_text().splitlines():
            number, size, path = line.split(" ", 2)
            found[path, int(number)] = int(size)
    return found
