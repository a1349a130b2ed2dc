"""Handing over: what landed goes to its service, a phone's journal in its order.

Each row is claimed for a while by a transaction of its own, then asked about under its
own key on behalf of who sent it, and goes when the service has it. Whoever dies in
between, or hands it over twice, changes nothing: the service remembers the key.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Row

from chassis import clock, logs
from chassis.errors import Invalid, TooMuch, Unavailable
from chassis.keyring import Keyring
from chassis.logs import log
from chassis.rpc import Answered
from gateway.landing import rows
from gateway.landing.sealing import FOR, opened
from gateway.parts import Services
from gateway.store import Database
from proto.base import Asker, Command, Problem

#: Lines at a time; seconds between two looks; how long a claimed row is left to whoever
#: claimed it, which is longer than a service is waited for.
AT_ONCE, LOOK_S, CLAIMED = 64, 1.0, timedelta(seconds=6)
#: Files and complaints at a time: whoever sent them finds a place for a fact in the
#: service's line. And seconds that a file waits for others: what they cost together, each
#: would cost alone.
UNORDERED, COMPANY_S = 32, 0.2
#: Seconds until the next try: the first, and the longest.
FIRST_S, LONGEST_S = 0.25, 5.0
A_DAY = timedelta(days=1)
#: Until entries that were refused for a gap before them are tried again.
TOO_EARLY = timedelta(seconds=30)
#: What the keyring says of a key that is gone: no later try will open it.
LOST = "sealed-field-lost"


@dataclass(frozen=True)
class Ready:
    """A landed row, opened."""

    number: int
    device_id: UUID | None
    attempts: int
    key: UUID
    command: Command
    asker: Asker

    @property
    def in_line(self) -> bool:
        """Tell whether others of its phone stand behind it."""
        return self.command.operation() not in rows.UNORDERED


class Told(NamedTuple):
    """What was handed on, and what stands against it, if anything does."""

    ready: Ready
    problem: Problem | None


class HandOver:
    """Hands on what landed, for as long as the gateway runs."""

    def __init__(self, database: Database, services: Services) -> None:
        self.database, self.services = database, services
        self.woken = asyncio.Event()
        self.company: asyncio.TimerHandle | None = None
        self.purged_at: datetime | None = None
        self.more = False
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self.run())

    async def stop(self) -> None:
        if self.company:
            self.company.cancel()
        if self.task:
            self.task.cancel()
            await asyncio.wait({self.task})

    def wake(self) -> None:
        self.woken.set()

    def wake_for_media(self) -> None:
        """Wake in a moment, once for all that come until then."""
        if self.company is None:
            loop = asyncio.get_running_loop()
            self.company = loop.call_later(COMPANY_S, self.company_came)

    def company_came(self) -> None:
        self.company = None
        self.wake()

    async def run(self) -> None:
        while True:
            self.woken.clear()
            try:
                again = await self.hand_on() > 0 and self.more
                await self.keep_house()
            except Unavailable:  # the database; it was logged
                again = False
            except Exception as error:
                logs.failed("handing over", error)
                again = False
            if not again:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):  # wait_for loses a cancellation
                        await self.woken.wait()

    async def hand_on(self) -> int:
        """Hand on the first of each line that is due, and what stands in none; return how
        many went.

        Then there is `more` where something may stand behind what went.
        """
        if not self.services.connected:
            return 0
        ready = await self.database.run(self.claimed)
        in_line = sum(each.in_line for each in ready)
        self.more = in_line > 0 or len(ready) == UNORDERED
        said = await asyncio.gather(*(self.ask(each) for each in ready))
        told = [Told(*each) for each in zip(ready, said, strict=True)]
        await self.settle(told)
        return sum(each.problem is None for each in told)

    def claimed(self, connection: Connection) -> list[Ready]:
        """Take what is due and open it; note what nobody can open."""
        now, found, keys = clock.now(), [], Keyring(connection)
        taken = rows.claim(connection, now, now + CLAIMED, AT_ONCE, UNORDERED)
        with contextlib.suppress(Unavailable):  # of one, which its own row then says
            keys.load([row.case_id for row in taken])
        for row in taken:
            try:
                found.append(ready(keys, row))
            except (Unavailable, Invalid) as error:
                status = 422 if error.kind == LOST else error.status
                note(connection, row, Problem(kind=error.kind, status=status))
        return found

    async def ask(self, each: Ready) -> Problem | None:
        """Hand one to its service; return what stands against it, if anything does."""
        key, trace, service = each.key, each.key.hex, FOR[type(each.command)]
        ask = self.services.ask
        try:
            await ask(service, each.command, each.asker, trace=trace, key=key)
        except Unavailable as error:
            return error.problem()
        except Answered as error:
            return error.problem
        return None

    async def settle(self, told: list[Told]) -> None:
        """Note what came of each, in one transaction."""
        if told:
            await self.database.run(lambda connection: settled(connection, told))

    async def keep_house(self) -> None:
        now = clock.now()
        if self.purged_at is None or now - self.purged_at > A_DAY:
            self.purged_at = now
            await self.database.run(lambda connection: rows.purge(connection, now))


def settled(connection: Connection, told: list[Told]) -> None:
    gone = [ready for ready, problem in told if problem is None]
    if gone:
        rows.confirm(connection, [each.number for each in gone])
    if devices := {each.device_id for each in gone if each.in_line and each.device_id}:
        rows.let_follow(connection, devices, clock.now())
    for ready, problem in told:
        if problem:
            note(connection, ready, problem)


def note(connection: Connection, each: Ready | Row[Any], problem: Problem) -> None:
    """Let it be tried again, or wait for a person while later ones go on.

    What is too much of a journal lets pass what may come before it.
    """
    if problem.kind == rows.TOO_MUCH:
        again = timedelta(seconds=problem.values.get("seconds", TOO_EARLY.seconds))
        rows.refuse(connection, each.number, problem.kind, clock.now() + again)
    elif problem.status in (Unavailable.status, TooMuch.status):
        until = clock.now() + delay(each.attempts)
        rows.put_off(connection, each.number, each.attempts + 1, until, problem.kind)
    else:
        log.error("a landed fact is refused: %s", problem.kind)
        rows.refuse(connection, each.number, problem.kind, clock.now() + TOO_EARLY)


def ready(keys: Keyring, row: Row[Any]) -> Ready:
    """Open a row. Raises Unavailable, Invalid."""
    try:
        asker = Asker.model_validate(row.asker)
    except ValidationError:  # of another version
        raise Invalid("malformed") from None
    return Ready(
        number=row.number,
        device_id=row.device_id,
        attempts=row.attempts,
        key=row.key,
        command=opened(keys, row),
        asker=asker,
    )


def delay(attempts: int) -> timedelta:
    """Return how long to wait after so many tries."""
    return timedelta(seconds=min(LONGEST_S, FIRST_S * 2 ** min(attempts, 10)))
