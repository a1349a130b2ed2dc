"""Takes uploads in: their bytes, and what becomes of them in the end.

What is answered is on disk and committed.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from chassis.errors import Conflict, Invalid
from chassis.media import Folder, sync_folder
from chassis.metrics import UPLOADS
from gateway.errors import ChecksumMismatch, TooLarge, WrongMedia
from gateway.landing.item import Landings
from gateway.store import Database
from gateway.uploads import quotas, rows, sweeping
from gateway.uploads.crowd import Crowd
from gateway.uploads.finishing import Ending
from gateway.uploads.growing import Growing
from gateway.uploads.headers import Checksum
from gateway.uploads.intake import Intake
from gateway.uploads.making import Announced
from gateway.uploads.rows import DONE, Upload
from gateway.uploads.taking import Turns
from gateway.uploads.turns import Digests, Turn, refusal
from proto.base import Asker
from proto.grants import Landed, VisitGrant

T = TypeVar("T")
#: Threads that write and sync.
THREADS = 8


@dataclass(frozen=True)
class Sent:
    """What one PATCH says: bytes from an offset on, how many where that is known."""

    offset: int
    count: int | None
    checksum: Checksum | None
    body: AsyncIterator[bytes]


class Uploads:
    """All uploads of this gateway. Others may share its folder and its database."""

    def __init__(self, folder: Folder, database: Database, landing: Landings) -> None:
        self.folder, self.database, self.landing = folder, database, landing
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="uploads")
        self.turns, self.digests = Turns(folder, database, self.threads), Digests()
        self.crowd = Crowd()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for work in (self.turns.watch(), sweeping.forever(self.database, self.folder)):
            self.running.append(asyncio.create_task(work))

    def end(self) -> None:
        """Let go of whatever is coming in: what has come is kept."""
        self.turns.end()

    async def stop(self) -> None:
        self.end()
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, *self.tasks, return_exceptions=True)
        self.threads.shutdown()

    async def to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this to its end, though whoever asked be gone."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return await asyncio.shield(task)

    async def on_disk(self, work: partial[T]) -> T:
        """Do this in a thread. Raises Unavailable when the disk does not do its part."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.threads, work)
        except OSError as error:
            raise refusal(error) from None

    async def known(self, announced: Announced) -> Upload | None:
        """Return what was made of this before. Raises Conflict when it was another."""
        return await self.database.run(announced.known)

    async def make(self, announced: Announced, grant: VisitGrant) -> datetime:
        """Make an upload, once; return until when it may be sent.

        Raises Conflict, TooLarge, TooMany, Unavailable.
        """
        make = partial(announced.make, grant=grant, folder=self.folder.root)
        try:
            return await self.database.run(make)
        except OSError as error:
            raise refusal(error) from None

    async def look(self, upload_id: UUID, asker: Asker) -> Upload:
        """Return how far an upload has come. One that is whole is finished first.

        Whoever was sending lets go. Raises NotFound, Gone, Unavailable, ChecksumMismatch.
        """
        async with self.turns.turn(upload_id, asker) as turn:
            if turn.file is None:
                return turn.upload
            if await self.on_disk(partial(is_whole, turn, turn.file)):
                return await self.finish(self.ending(turn, turn.file, asker))
            there = await self.on_disk(partial(turn.file.there))
            return replace(turn.upload, received=min(turn.upload.received, there))

    async def receive(self, upload_id: UUID, sent: Sent, asker: Asker) -> Upload:
        """Take in bytes; return how far the upload has come.

        What may be kept of them is kept, whatever goes wrong. Raises NotFound, Gone,
        Conflict, TooLarge, TooMany, ChecksumMismatch, WrongMedia, Unavailable,
        ClientDisconnect.
        """
        ready = partial(self.make_ready, sent)
        with self.crowd.place(asker, upload_id):
            async with self.turns.turn(upload_id, asker, ready) as turn:
                return await self.receive_in(turn, sent, asker)

    async def receive_in(self, turn: Turn, sent: Sent, asker: Asker) -> Upload:
        if turn.file is None:
            refuse_misplaced(turn.upload, turn.upload.received, sent)
            return turn.upload
        ending = self.ending(turn, turn.file, asker)
        if not turn.came_before:
            return await self.take_in(ending, sent)
        done = await self.finish(ending)
        refuse_misplaced(done, done.received, sent)
        return done

    def ending(self, turn: Turn, file: Growing, asker: Asker) -> Ending:
        return Ending(self.folder, self.database, self.landing, turn, file, asker)

    def make_ready(self, sent: Sent, turn: Turn, file: Growing) -> None:
        """Bring a file to where bytes may follow, or note that all of it came before.

        Raises Conflict, TooLarge, Unavailable, OSError.
        """
        upload = turn.upload
        if is_whole(turn, file):
            turn.came_before = True
            return
        # before a long file is read for its digest
        refuse_misplaced(upload, min(upload.received, file.there()), sent)
        quotas.refuse_full_disk(self.folder.root, upload.length - upload.received)
        self.digests.resume(turn)
        refuse_misplaced(upload, file.size, sent)

    async def take_in(self, ending: Ending, sent: Sent) -> Upload:
        turn, file = ending.turn, ending.file
        note = partial(self.note, turn, file)
        try:
            intake = Intake(turn, file, self.threads, note, ending.begin, sent.checksum)
            why = await intake.read(sent.body)
        except WrongMedia:
            await self.give_up(turn, file, "upload-other-type")
            raise
        if file.size == turn.upload.length:
            await self.finish(ending)
        else:
            await self.note(turn, file)
            self.digests.keep(turn)
        if why:
            raise why
        return turn.upload

    async def note(self, turn: Turn, file: Growing) -> None:
        """Have what came on disk, then say so in the row."""
        if file.size == turn.upload.received:
            return
        await self.on_disk(partial(durable, file, turn.upload.received))
        upload_id, size = turn.upload.id, file.size
        await self.database.run(partial(rows.record, upload_id=upload_id, received=size))
        turn.upload = replace(turn.upload, received=size)

    async def finish(self, ending: Ending) -> Upload:
        """Keep a whole file and land it, as far as that has not been done.

        Raises ChecksumMismatch when it is another, Conflict when it can never land,
        Unavailable.
        """
        turn, upload = ending.turn, ending.turn.upload
        if not ending.is_what_was_said:
            await self.give_up(turn, ending.file, "upload-other-bytes")
            found = ending.file.sha256.hexdigest()
            raise ChecksumMismatch("upload-other-bytes", said=upload.sha256, found=found)
        if ending.landed is None and ending.error is None:
            await self.on_disk(partial(ending.begin))
        landed = ending.landed or await self.landed_or_refused(ending)
        self.landing.wake_for_media()
        UPLOADS.labels(upload.kind, "done").inc()
        end, receipt = upload.length, landed.receipt
        turn.upload = replace(upload, state=DONE, received=end, receipt=receipt)
        return turn.upload

    async def landed_or_refused(self, ending: Ending) -> Landed:
        """Raises Conflict, Invalid when it can never land: then its upload is ended."""
        try:
            if ending.error:
                raise ending.error
            landed = await self.database.run(ending.land)
        except OSError as error:
            raise refusal(error) from None
        except (Conflict, Invalid) as error:  # its case was shredded meanwhile
            await self.give_up(ending.turn, ending.file, error.kind)
            raise
        await self.on_disk(partial(ending.file.remove))
        return landed

    async def terminate(self, upload_id: UUID, asker: Asker) -> None:
        """End an upload that is not done. Raises NotFound, Gone, Conflict, Unavailable."""
        async with self.turns.turn(upload_id, asker) as turn:
            if turn.file is None:
                raise Conflict("upload-done", key=str(upload_id))
            await self.give_up(turn, turn.file, "upload-terminated")

    async def give_up(self, turn: Turn, file: Growing, why: str) -> None:
        """End an upload; what came of it is removed."""
        UPLOADS.labels(turn.upload.kind, why).inc()
        await self.database.run(partial(rows.end, upload_id=turn.upload.id, why=why))
        await self.on_disk(partial(file.remove))


def refuse_misplaced(upload: Upload, received: int, sent: Sent) -> None:
    """Raise Conflict where bytes do not follow what is here, TooLarge beyond its end."""
    if sent.offset != received:
        raise Conflict("upload-offset", expected=received, sent=sent.offset)
    if sent.count is not None and sent.offset + sent.count > upload.length:
        raise TooLarge("upload-longer", length=upload.length)


def is_whole(turn: Turn, file: Growing) -> bool:
    """Tell whether all of it came before somebody could say so."""
    return file.there() >= turn.upload.length and whole(turn)


def whole(turn: Turn) -> bool:
    """Tell whether a file as long as announced is to be finished, and hash it.

    Its row may say less, when it was written by a gateway that was killed before it could
    say so; then the digest proves it.
    """
    assert turn.file
    turn.file.cut(turn.upload.length)
    turn.file.hash_again()
    return turn.upload.whole or turn.file.sha256.hexdigest() == turn.upload.sha256


def durable(file: Growing, sure: int) -> None:
    """Have an unfinished file on disk, and its name."""
    file.sync(sure)
    sync_folder(file.path.parent)
