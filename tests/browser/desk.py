"""A gateway for the badge page in a browser: the real page, and services that say what
a test tells them to.
"""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from chassis.errors import Unavailable
from chassis.settings import Settings
from gateway.edge import Edge
from gateway.guesses import Guesses
from gateway.pages import badge
from gateway.tries import Tries
from proto.base import Answer, Asker, Command
from proto.complaints import ComplainByBadge, Filed
from proto.field_visit import BadgeChecked

CODE = "7KQ2M-0XWT4"
YES = BadgeChecked(mandated=True, agency="HAIYUE", staff_numbers=("HY-001", "HY-002"))
NO = BadgeChecked(mandated=False, agency=None, staff_numbers=())


@dataclass
class Desk:
    """A gateway's parts as the page needs them, and what was asked of the services."""

    settings: Settings
    says: BadgeChecked = YES
    error: Exception | None = None
    asked: list[Command] = field(default_factory=list)
    guesses: Guesses = field(default_factory=Guesses)
    complainers: Tries = field(default_factory=lambda: Tries(100))

    @property
    def services(self) -> "Desk":
        return self

    @property
    def landing(self) -> "Desk":
        return self

    @property
    def database(self) -> "Desk":
        return self

    async def run(self, _: Any) -> None:
        """Nothing lands here: there is no database either."""
        raise Unavailable("database-does-not-answer")

    async def refuse_another(self, *_: Any) -> None:
        """Nothing has landed here."""

    async def ask(self, service: str, command: Command, asker: Asker, **_: Any) -> Answer:
        self.asked.append(command)
        if self.error:
            raise self.error
        filed = isinstance(command, ComplainByBadge)
        reply = Filed(complaint_id=command.complaint_id) if filed else self.says
        return Answer(reply=reply.model_dump_json(), outcome="done")


def make(desk: Desk) -> FastAPI:
    """Return the app that is this desk's."""
    app = FastAPI(openapi_url=None)
    badge.open_doors(app)
    app.state.parts = desk
    app.add_middleware(Edge)
    return app
