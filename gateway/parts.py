"""What the gateway is made of while it runs, and what each request finds there."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chassis.settings import Settings
from gateway.accounts import Accounts
from gateway.feed import Feed
from gateway.store import Database
from proto.base import Answer, Asker, Command


class Services(Protocol):
    """Whoever can ask a service: `chassis.rpc.Client`, or a stand-in in tests."""

    @property
    def connected(self) -> bool: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> bool: ...

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
    """One running gateway."""

    settings: Settings
    services: Services
    database: Database
    accounts: Accounts
    feed: Feed
