"""What can be asked at a door, each act with what may be answered to it."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from threading import Barrier
from typing import Any
from uuid import UUID

from chaos.crews.asking import PATIENCE_S, Asker, GaveUp
from chaos.crews.attempts import Attempt
from chaos.crews.crew import Crew
from chaos.crews.ledger import Told
from chaos.crews.repeating import Repeater
from chaos.crews.sorts import Planned
from proto.base import Command
from proto.facts import Fact
from proto.field_visit import (
    CheckIn,
    CheckOut,
    DiscussDebt,
    EnterPremises,
    RecordJournal,
)
from tests.world import Collector

REFUSED, ALONE, UNCLEARED = "403 not-allowed", "202", "409 not-checked-in"
#: A visit that was cut short allows nothing more.
LEAVING = "409 visit-leaving"
#: Seconds after the acknowledgement of a hold from which on nothing may be allowed.
HEARD_S = 1.0
#: Seconds between two acts of a pair.
BETWEEN_S = (0.02, 0.25)


class Acts:
    """The acts of one crew; the journal is kept by the first one's phone."""

    def __init__(self, crew: Crew) -> None:
        self.crew, self.luck, self.stop = crew, crew.luck, crew.boss.stop
        self.repeater = Repeater(crew.luck)

    def now(self) -> datetime:
        """Return the moment it is at the door."""
        return self.crew.door.platform.now()

    def rest(self) -> None:
        time.sleep(self.luck.uniform(*BETWEEN_S))

    def check_in(
        self,
        visit: Planned,
        *expects: str,
        pair: tuple[Collector, ...] | None = None,
        forbidden: Attempt | None = None,
    ) -> Told:
        """Check in, both by one phone once they have paired, or the first one alone."""
        door = self.crew.door
        if pair and len(pair) == 1:
            alone = {"present": [pair[0].presence(visit.visit_id)]}
            first, about = self.crew.askers[0], visit.visit_id
            return self.asked_by(
                first, CheckIn, about, alone, *expects, forbidden=forbidden
            )
        body = door.present(visit.visit_id, pair=pair or door.pair)
        return self.ask(CheckIn, visit, body, *expects, forbidden=forbidden)

    def journal(self, visit: Planned, *facts: Fact) -> None:
        self.ask(RecordJournal, visit, self.notes(visit, facts), "200")

    def discuss(
        self,
        visit: Planned,
        *expects: str,
        facts: tuple[Fact, ...] = (),
        forbidden: Attempt | None = None,
    ) -> None:
        body = self.notes(visit, facts)
        self.ask(DiscussDebt, visit, body, *expects, forbidden=forbidden)

    def enter(
        self,
        visit: Planned,
        reason: str | None,
        *expects: str,
        facts: tuple[Fact, ...] = (),
        forbidden: Attempt | None = None,
    ) -> None:
        body = self.notes(visit, facts) | ({"reason": reason} if reason else {})
        self.ask(EnterPremises, visit, body, *expects, forbidden=forbidden)

    def check_out(self, visit: Planned) -> None:
        self.ask(CheckOut, visit, {"ending": "talked"}, "200")

    def both_leave(self, visit: Planned) -> None:
        """Check out as each of the two: only then may a visit be sealed before its time."""
        for asker in self.crew.askers:
            self.asked_by(asker, CheckOut, visit.visit_id, {"ending": "talked"}, "200")

    def notes(self, visit: Planned, facts: tuple[Fact, ...]) -> dict[str, Any]:
        return self.crew.door.pair[0].notes(visit.visit_id, *facts)

    def ask(
        self,
        kind: type[Command],
        visit: Planned,
        body: Mapping[str, Any],
        *expects: str,
        forbidden: Attempt | None = None,
    ) -> Told:
        """Ask as one of the pair. What is kept of the journal is not sent again."""
        asker, about = self.luck.choice(self.crew.askers), visit.visit_id
        told = self.asked_by(asker, kind, about, body, *expects, forbidden=forbidden)
        if told.acknowledged and "journal" in body:
            self.crew.door.pair[0].confirm()
        return told

    def asked_by(
        self,
        asker: Asker,
        kind: type[Command],
        about: UUID,
        body: Mapping[str, Any],
        *expects: str,
        forbidden: Attempt | None = None,
    ) -> Told:
        told = asker.ask(kind, about, body, *expects, forbidden=forbidden)
        self.heard([(asker, told, body)])
        return told

    def both_at_once(
        self,
        kind: type[Command],
        about: UUID,
        bodies: Sequence[Mapping[str, Any]],
        *expects: str,
    ) -> list[Told]:
        """Have both of the pair ask in the same moment, each by their own phone."""
        ready = Barrier(len(bodies))

        def ask(asker: Asker, body: Mapping[str, Any]) -> Told:
            ready.wait()
            return asker.ask(kind, about, body, *expects)

        with ThreadPoolExecutor(len(bodies)) as phones:
            told = list(phones.map(ask, self.crew.askers, bodies))
        self.heard(list(zip(self.crew.askers, told, bodies, strict=True)))
        return told

    def heard(self, asked: Sequence[tuple[Asker, Told, Mapping[str, Any]]]) -> None:
        """Have some of it said again later, say what is due, and take a breath."""
        for asker, told, body in asked:
            self.repeater.consider(asker, told, body)
        self.repeater.repeat()
        self.rest()

    def until_one_may(self, ask: Callable[[], Sequence[Told]]) -> Told:
        """Ask until somebody may: what allows it is on its way, and how soon it arrives is
        promised from the last fault on. Raises GaveUp.
        """
        since = time.monotonic()
        while True:
            told = ask()
            for each in told:
                if each.answer and each.answer.status == HTTPStatus.OK:
                    return each
            if not self.stop.is_set():
                since = time.monotonic()
            elif time.monotonic() > since + PATIENCE_S:
                raise GaveUp(told[0].operation.name)

    def past(self, told: Told) -> None:
        """Wait until a second has gone since an acknowledgement."""
        answer = told.answer
        if answer and answer.ended:
            time.sleep(max(0.0, answer.ended + HEARD_S + 0.05 - time.time()))

    def now_and_then(self, share: float) -> bool:
        return self.luck.random() < share
