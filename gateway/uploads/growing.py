"""A file while it grows: locked by one writer, hashed as it is written, cut when unsure.

Everything here blocks, and is called in threads.
"""

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self
from weakref import finalize

from gateway.errors import WrongMedia
from gateway.uploads.magic import LOOKED_AT, fits, media_type

if TYPE_CHECKING:
    from hashlib import _Hash

#: Bytes read at once where a file is hashed again.
READ = 1 << 20
#: Buffers in one system call: Linux takes 1,024.
BUFFERS = 512
OURS = 0o600


class Growing:
    """An unfinished file, open and locked. `sha256` is that of its first `size` bytes.

    The lock is flock(2): it ends with the process, however that ends, and holds between
    gateways that share the folder.
    """

    def __init__(self, path: Path, opened: int) -> None:
        self.path, self.opened = path, opened
        self.closing = finalize(self, os.close, opened)  # also when it is forgotten
        self.size, self.sha256 = 0, hashlib.sha256()
        self.checked: _Hash | None = None
        self.looked_at = False

    @classmethod
    def seize(cls, path: Path) -> Self | None:
        """Open a file, made where it is missing; None while somebody else has it."""
        while True:
            opened = os.open(path, os.O_RDWR | os.O_CREAT, OURS)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if same_file(path, opened):
                    return cls(path, opened)
            except BlockingIOError:
                os.close(opened)
                return None
            except BaseException:
                os.close(opened)
                raise
            os.close(opened)  # removed by whoever had it before us

    @property
    def is_open(self) -> bool:
        return self.closing.alive

    def close(self) -> None:
        self.closing()

    def part_from_store(self) -> None:
        """Begin with an empty file of its own where the store has this one too.

        It was linked there, and the commit that says so failed: what the store has is
        never written to, whatever its digest.
        """
        if os.fstat(self.opened).st_nlink < 2:
            return
        self.remove()
        own = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OURS)
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(own)
            raise
        self.closing()
        self.opened, self.closing = own, finalize(self, os.close, own)

    def there(self) -> int:
        return os.fstat(self.opened).st_size

    def written_at(self) -> int:
        """Return when it was written last, in nanoseconds of the disk's clock."""
        return os.fstat(self.opened).st_mtime_ns

    def cut(self, size: int) -> None:
        """Take off what is beyond `size`. The digest is then another: hash again."""
        if self.there() > size:
            os.ftruncate(self.opened, size)
        self.size = min(size, self.there())

    def hash_again(self) -> None:
        """Read the first `size` bytes for their digest."""
        self.sha256, done = hashlib.sha256(), 0
        while done < self.size:
            part = os.pread(self.opened, min(READ, self.size - done), done)
            if not part:
                raise OSError(f"{self.path} has become shorter while it was read")
            self.sha256.update(part)
            done += len(part)

    def append(self, parts: list[bytes], said: str, length: int) -> None:
        """Write and hash what has come of a file said to be of this type and length.

        Raises OSError; WrongMedia when its first bytes are of another type.
        """
        for first in range(0, len(parts), BUFFERS):
            self.write(parts[first : first + BUFFERS])
        if not self.checked:  # else they may have been changed on their way
            self.look(said, length)

    def look(self, said: str, length: int) -> None:
        """Look at the first bytes once they are there. Raises WrongMedia."""
        if not self.looked_at and self.size >= min(LOOKED_AT, length):
            self.looked_at = True
            refuse_other_type(os.pread(self.opened, LOOKED_AT, 0), said)

    def write(self, parts: list[bytes]) -> None:
        for part in parts:
            self.sha256.update(part)
            if self.checked:
                self.checked.update(part)
        written = os.pwritev(self.opened, parts, self.size)
        wanted = sum(len(part) for part in parts)
        if written < wanted:  # a full disk, or a signal
            rest = memoryview(b"".join(parts))[written:]
            while rest:
                written += (more := os.pwrite(self.opened, rest, self.size + written))
                rest = rest[more:]
        self.size += wanted

    def sync(self, sure: int) -> None:
        """Return when all of it is on disk; `sure` bytes are already.

        Raises OSError, what was not sure being cut off: Linux may say after a failure that
        all is well, of pages that it has dropped (fsync(2), EIO).
        """
        try:
            os.fsync(self.opened)
        except OSError:
            self.cut(sure)
            raise

    def remove(self) -> None:
        """Take its name away; whoever waits for it makes a file of its own."""
        with suppress(FileNotFoundError):
            self.path.unlink()


def same_file(path: Path, opened: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(opened))
    except FileNotFoundError:
        return False


def refuse_other_type(head: bytes, said: str) -> None:
    if not fits(head, said):
        found = media_type(head)
        values = {"found": found} if found else {}
        raise WrongMedia("upload-other-type", said=said, **values)
