"""How many files come in at once, so that memory and disk stay everybody's.

A PATCH holds two pieces, and has a place here before its first byte is read. What comes
over a second connection is the same file: the newer one is right, and takes no other place.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from chassis.errors import Unavailable
from gateway.errors import TooMany
from proto.base import Asker

#: Files of one gateway (two pieces of half a MiB each), and of one person.
AT_ONCE, OF_ONE = 128, 8
#: Connections that one file has or waits for: the one that is dead, and those after it.
CONNECTIONS = 4
#: Seconds until one may ask again.
AGAIN_S = 1


class Crowd:
    """Files that are coming in, each with its connections."""

    def __init__(self) -> None:
        self.coming: Counter[tuple[UUID | None, UUID]] = Counter()

    @contextmanager
    def place(self, asker: Asker, upload_id: UUID) -> Iterator[None]:
        """Take a place while a file comes in. Raises TooMany, Unavailable."""
        file = asker.person_id, upload_id
        if self.coming[file]:
            self.refuse_waiting(file)
        else:
            self.refuse_more(asker.person_id)
        self.coming[file] += 1
        try:
            yield
        finally:
            self.coming[file] -= 1
            self.coming = +self.coming

    def refuse_waiting(self, file: tuple[UUID | None, UUID]) -> None:
        if self.coming[file] >= CONNECTIONS:
            raise Unavailable("upload-busy", seconds=AGAIN_S)

    def refuse_more(self, person_id: UUID | None) -> None:
        theirs = sum(person == person_id for person, _ in self.coming)
        if theirs >= OF_ONE:
            raise TooMany("upload-too-many-at-once", most=OF_ONE, seconds=AGAIN_S)
        if len(self.coming) >= AT_ONCE:
            raise Unavailable("upload-crowd", most=AT_ONCE, seconds=AGAIN_S)
