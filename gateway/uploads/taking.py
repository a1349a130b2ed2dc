"""Takes turns at uploads: one writer, in this gateway and in all that share the folder.

The lock on the file says who writes. Who wants it asks the one who has it to let go: here
by its turn, in another gateway by the row, which that one looks at every second.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from chassis import clock
from chassis.errors import NotFound, Unavailable
from chassis.keyring import Fetched
from chassis.logs import log
from chassis.media import Folder
from gateway.errors import Gone
from gateway.store import Database, Driver
from gateway.uploads import rows, turns
from gateway.uploads.growing import Growing
from gateway.uploads.rows import DONE, ENDED, Upload
from gateway.uploads.turns import Turn
from proto.base import Asker

#: Seconds between two looks for another gateway's wish.
WATCH_S = 1.0
#: What is done to the file of a turn before anything else.
Ready = Callable[[Turn, Growing], None]


def as_it_is(_: Turn, __: Growing) -> None: ...


class Turns:
    """All turns of this gateway, by their upload."""

    def __init__(self, folder: Folder, database: Database, threads: Executor) -> None:
        self.folder, self.database, self.threads = folder, database, threads
        self.taken: dict[UUID, Turn] = {}
        self.ending = False

    def end(self) -> None:
        """Have everybody let go."""
        self.ending = True
        for turn in self.taken.values():
            turn.leave(turns.ending())

    @asynccontextmanager
    async def turn(
        self, upload_id: UUID, asker: Asker, ready: Ready = as_it_is
    ) -> AsyncIterator[Turn]:
        """Give a turn at an upload of one's own, its row read under the file's lock.

        `ready` is done to its file in the same thread. Raises NotFound, Gone, Unavailable,
        and what `ready` raises.
        """
        turn = await self.take(upload_id, asker, ready)
        if turn.file is None:
            yield turn
            return
        self.taken[upload_id] = turn
        try:
            yield turn
        finally:
            del self.taken[upload_id]
            if turn.file.is_open:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self.threads, turn.file.close)

    async def take(self, upload_id: UUID, asker: Asker, ready: Ready) -> Turn:
        """Return a turn, once whoever has it has let go."""
        loop, asked = asyncio.get_running_loop(), False
        give_up = loop.time() + turns.LETS_GO_S
        seize = partial(self.seize, upload_id=upload_id, person_id=asker.person_id)
        begin = partial(self.begin, seize, ready)
        while (turn := await loop.run_in_executor(self.threads, begin)) is None:
            if here := self.taken.get(upload_id):
                here.leave(turns.taken_over())
            elif not asked:
                asked = True
                await self.database.run(partial(rows.want, upload_id=upload_id))
            if loop.time() > give_up or self.ending:
                raise Unavailable("upload-busy", seconds=1)
            await asyncio.sleep(turns.LOOK_S)
        return turn

    def begin(self, seize: Callable[[Driver], Turn | None], ready: Ready) -> Turn | None:
        """Seize an upload, and make it ready. Raises what either raises."""
        turn = self.database.directly(seize)
        if turn and turn.file:
            try:
                ready(turn, turn.file)
            except OSError as error:
                turn.file.close()
                raise turns.refusal(error) from None
            except BaseException:
                turn.file.close()
                raise
        return turn

    def seize(
        self, connection: Driver, upload_id: UUID, person_id: UUID | None
    ) -> Turn | None:
        """Lock the file, then read the row: nobody else changes it now.

        None while somebody else has it. Raises NotFound, Gone, Unavailable.
        """
        upload, _ = own(connection, upload_id, person_id)
        if upload.state == DONE:
            return Turn(upload)
        try:
            file = Growing.seize(self.folder.partial(str(upload_id)))
        except OSError as error:
            raise turns.refusal(error) from None
        if file is None:
            return None
        try:
            upload, key = own(connection, upload_id, person_id)
        except BaseException:
            file.close()
            raise
        if upload.state != DONE:
            return Turn(upload, file, key=key)
        file.remove()  # whoever finished it was killed before they could
        file.close()
        return Turn(upload)

    async def watch(self) -> None:
        """Let go of what another gateway wants, while anything comes in here."""
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                if ids := list(self.taken):
                    self.let_go(await self.database.run(partial(rows.wanted, ids=ids)))
            except Unavailable:
                log.warning("uploads wait for the database")

    def let_go(self, wanted: dict[UUID, int]) -> None:
        for upload_id, times in wanted.items():
            turn = self.taken.get(upload_id)
            if turn and turn.upload.wanted != times:
                turn.leave(turns.taken_over())


def own(
    connection: Driver, upload_id: UUID, person_id: UUID | None
) -> tuple[Upload, Fetched | None]:
    """Return an upload of one's own that can go on, or is done, and the key of its case.

    Raises NotFound, Gone.
    """
    found = rows.look(connection, upload_id)
    if found is None or found[0].person_id != person_id:
        raise NotFound("upload", upload_id)
    upload, key = found
    if upload.state == ENDED:
        raise Gone(upload.why or "upload-terminated", said=upload.media_type)
    if upload.state != DONE and upload.expires_at <= clock.now():
        raise Gone("upload-expired")
    return upload, key
