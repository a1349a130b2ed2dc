"""Stand-ins for what the gateway speaks to, and for the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from pydantic_core import to_json

from chassis.queues import Depth
from gateway.model import A_PERSON, OF_AN_AGENCY
from proto.base import Answer, Asker, Command, Role

#: The header of somebody in a role.
Bearer = Callable[[Role], dict[str, str]]

#: Milliseconds instead of tens of them.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class StandIn:
    """Answers for every service: with `reply`, or by raising `error`."""

    reply: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    connected: bool = True
    asked: list[tuple[str, Command, Asker]] = field(default_factory=list)
    keys: list[UUID | None] = field(default_factory=list)
    depths: list[Depth] | None = None

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> bool:
        return self.connected

    async def queues(self) -> list[Depth] | None:
        return self.depths

    async def ask(
        self,
        service: str,
        command: Command,
        asker: Asker,
        *,
        trace: str | None = None,
        key: UUID | None = None,
    ) -> Answer:
        assert trace
        assert len(trace) == 32
        self.asked.append((service, command, asker))
        self.keys.append(key)
        if self.error:
            raise self.error
        outcome = self.reply.get("decision", {}).get("outcome", "done")
        return Answer(reply=to_json(self.reply).decode(), outcome=outcome)


class Hands:
    """The hands of a pretended clock."""

    def __init__(self) -> None:
        self.moment = datetime.fromisoformat("2026-03-02T15:00:00+08:00")

    def now(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


def asker(role: Role) -> Asker:
    return Asker(
        account_id=UUID(int=1),
        role=role,
        agency_id=UUID(int=2) if role in OF_AN_AGENCY else None,
        person_id=UUID(int=3) if role in A_PERSON else None,
    )
