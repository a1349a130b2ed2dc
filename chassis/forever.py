"""A process without eventlet that works until SIGTERM, and comes back after every loss."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from chassis import logs, ready
from chassis.amqp import WrongTopology

#: Seconds between two tries.
AGAIN_S = 0.5

Work = Callable[[], Awaitable[None]]
Losses = tuple[type[Exception], ...]


async def forever(
    name: str, work: Work, losses: Losses, waits: Callable[[], None] | None = None
) -> None:
    """Work, and begin again whenever one of these losses ends it.

    `waits` notes that it does. Ends with a sentence on a wrong topology.
    """
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        while True:
            await until_lost(name, work, losses, waits)


async def until_lost(
    name: str, work: Work, losses: Losses, waits: Callable[[], None] | None
) -> None:
    """Work until something is lost, then wait a moment."""
    try:
        await work()
    except WrongTopology as error:
        raise SystemExit(f"the {name} does not start: {error}") from None
    except losses as error:
        logs.log.warning("%s waits: %s", name, type(error).__name__)
        if waits:
            waits()
        ready.no()
        ready.progress()
        await asyncio.sleep(AGAIN_S)
