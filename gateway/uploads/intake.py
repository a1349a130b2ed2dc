"""One PATCH while it comes in: received while the piece before it is written and hashed.

Memory does not grow with the file: at most two pieces of each PATCH are held.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect

from chassis.errors import Unavailable
from gateway.errors import ChecksumMismatch, TooLarge
from gateway.uploads import turns
from gateway.uploads.growing import Growing
from gateway.uploads.headers import Checksum
from gateway.uploads.turns import Turn, refusal

#: Bytes that are written at once, and after which the row is told how far we are.
PIECE, NOTED = 1 << 19, 16 << 20


@dataclass
class Intake:
    """Takes in the body of one PATCH. `note` tells the row what is on disk; `whole` is done
    in the thread of the last piece when nothing stands against the file.
    """

    turn: Turn
    file: Growing
    threads: Executor
    note: Callable[[], Awaitable[None]]
    whole: Callable[[], None]
    checksum: Checksum | None = None
    waiting: list[bytes] = field(default_factory=list)
    held: int = 0
    writing: asyncio.Future[None] | None = None
    noting: asyncio.Future[None] | None = None
    ended: bool = False

    def __post_init__(self) -> None:
        self.came = self.file.size
        self.file.checked = self.checksum.begin() if self.checksum else None
        self.be_sure()

    def be_sure(self) -> None:
        """Note where we would go back to."""
        self.sure = (self.file.size, self.file.sha256.copy())

    async def read(self, body: AsyncIterator[bytes]) -> Exception | None:
        """Write a body; return why it did not come to its end, if it did not.

        Either way the file then holds what may be kept: of a body that stopped coming what
        came, but of one with a checksum all or nothing, and of one that is too long or
        could not be stored nothing since it was noted last. Raises WrongMedia when it is
        no such file at all.
        """
        why: Exception
        try:
            async with asyncio.timeout(turns.IDLE_S) as self.turn.patience:
                await self.receive(body)
                self.ended = True
                await self.flush()
            return await self.check()
        except TimeoutError:
            why, keeps = self.turn.over(), True
        except ClientDisconnect as error:
            why, keeps = error, True
        except (TooLarge, OSError, Unavailable) as error:
            why, keeps = error, False
        finally:
            self.turn.patience = None
            await self.quiet()
        return await self.settle(why, keeps and not self.checksum)

    async def receive(self, body: AsyncIterator[bytes]) -> None:
        if self.turn.why:
            raise TimeoutError
        async for part in body:
            self.came += len(part)
            if self.came > self.turn.upload.length:
                raise TooLarge("upload-longer", length=self.turn.upload.length)
            self.turn.heard()
            self.waiting.append(part)
            self.held += len(part)
            if self.held >= PIECE and self.came < self.turn.upload.length:
                await self.write()  # the last piece waits for the end: there may be more

    async def write(self) -> None:
        """Begin to write what waits, once the piece before it is written."""
        await self.written()
        if self.file.size - self.sure[0] >= NOTED and not self.checksum:
            self.noting = asyncio.ensure_future(self.note())
            await asyncio.shield(self.noting)
            self.be_sure()
        parts, self.waiting, self.held = self.waiting, [], 0
        self.writing = asyncio.get_running_loop().run_in_executor(
            self.threads, self.append, parts
        )

    def append(self, parts: list[bytes]) -> None:
        upload = self.turn.upload
        self.file.append(parts, upload.media_type, upload.length)
        if self.ended and not self.checksum and self.file.size == upload.length:
            self.whole()

    async def written(self) -> None:
        """Return when nothing is being written. Being cancelled stops no writing."""
        if self.writing:
            await asyncio.shield(self.writing)
            self.writing = None

    async def flush(self) -> None:
        if self.waiting:
            await self.write()
        await self.written()

    async def check(self) -> Exception | None:
        """Take back what has not the checksum it was sent with."""
        if not self.checksum or not self.file.checked:
            return None
        if self.file.checked.digest() == self.checksum.digest:
            upload = self.turn.upload
            self.file.look(upload.media_type, upload.length)
            return None
        await self.back()
        values = {"algorithm": self.checksum.algorithm, "offset": self.file.size}
        return ChecksumMismatch("upload-checksum-wrong", **values)

    async def quiet(self) -> None:
        """Return when nothing is written or noted any more, however that went."""
        if under_way := {each for each in (self.writing, self.noting) if each}:
            for each in (await asyncio.wait(under_way))[0]:
                each.exception()

    async def settle(self, why: Exception, keeps: bool) -> Exception:
        """Keep what may be kept of a body that did not come to its end."""
        try:
            await (self.flush() if keeps else self.back())
        except OSError as error:
            why = error
            await self.back()
        return refusal(why) if isinstance(why, OSError) else why

    async def back(self) -> None:
        """Cut off what is not sure."""
        self.writing, self.waiting = None, []
        size, self.file.sha256 = self.sure
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.threads, self.file.cut, size)
