"""What the gateway is made of while it runs, and what each request finds there."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from anyio import CapacityLimiter

from chassis.queues import Depth
from chassis.settings import Settings
from gateway.accounts import Accounts
from gateway.feed import Feed
from gateway.guesses import Guesses
from gateway.store import Database
from gateway.tries import PER_PACK, PER_STRANGER, Tries
from gateway.uploads.reception import Uploads
from proto.base import Answer, Asker, Command

if TYPE_CHECKING:  # landing asks services, and so knows this file
    from gateway.landing.taking import Landing

#: Bundles of evidence that are put together at once.
BUNDLES = 2


class Services(Protocol):
    """Whoever can ask a service: `chassis.rpc.Client`, or a stand-in in tests."""

    @property
    def connected(self) -> bool: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> bool: ...

    async def queues(self) -> list[Depth] | None: ...

    async def ask(
        self,
        service: str,
        command: Command,
        asker: Asker,
        *,
        trace: str | None = None,
        key: UUID | None = None,
    ) -> Answer: ...


@dataclass(frozen=True)
class Parts:
    """One running gateway.

    `strangers` counts what programs ask of whom nobody knows, `complainers` who complains
    on a page, `guesses` wrong codes on badges, `packs` how often a day is fetched.
    `bundles` lets so many be put together at once: each reads all its files.
    """

    settings: Settings
    services: Services
    database: Database
    accounts: Accounts
    feed: Feed
    landing: "Landing"
    uploads: Uploads
    strangers: Tries = field(default_factory=lambda: Tries(PER_STRANGER))
    packs: Tries = field(default_factory=lambda: Tries(PER_PACK))
    complainers: Tries = field(default_factory=lambda: Tries(PER_STRANGER))
    guesses: Guesses = field(default_factory=Guesses)
    bundles: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(BUNDLES))
