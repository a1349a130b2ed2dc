"""Who goes to the doors: crews of two with their visits, and things that will be revoked.

Everything is made before the first fault, through HTTP like all else.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

import jwt

from chaos.crews import invented
from chaos.crews.asking import Asker
from chaos.crews.gallery import Gallery
from chaos.crews.handset import Handset
from chaos.crews.ledger import Ledger
from chaos.crews.noted import Noted
from chaos.crews.sorts import Planned, Sorts, make, needed
from chaos.crews.uploading import Sender, opened
from doorstep.client import Gateway
from doorstep.phone import Phone
from proto import ids
from tests.world import Collector, Door, Platform, sent

#: Things of a crew that are revoked in the course of a run, and of how many crews.
SPARE_PHONES, DOOMED_LETTERS, LOSING = 3, 3, 8
#: Crews that are made side by side, and visits of another that a crew knows of.
MAKERS, KNOWN = 4, 20
#: Crews whose people have accounts and sign in again every ten minutes; more of them have
#: tokens for a day. A password takes 64 MiB and a tenth of a second each time.
SIGNED_IN = 24
#: Seconds in which thousands of visits that are planned side by side must be known.
SETTLES_S = 180.0
#: By how many turns a crew is ahead of the one before it, so that a few try everything.
STEP = 3


@dataclass
class Crew:
    """A pair, their supervisor, an officer of the bank, and what they have before them.

    `spares` are further phones of the first collector; each letter of `doomed` is for one
    visit. `turn` counts what is tried against the rules; who is `eager` begins with it.
    """

    number: int
    door: Door
    luck: Random
    visits: deque[Planned]
    spares: list[Collector]
    doomed: list[tuple[UUID, Planned]]
    askers: tuple[Asker, Asker]
    boss: Asker
    officer: Asker
    desk: Asker
    #: The pair's phones as they send photos and sound.
    handsets: tuple[Handset, Handset]
    strangers: list[Planned] = field(default_factory=list)
    sorts: Sorts = field(default_factory=Sorts)
    turn: int = 0
    eager: bool = False
    phones: tuple[Phone, ...] = ()
    #: Of which flow alone its visits are, if of one.
    flow: str | None = None
    noted: Noted = field(default_factory=Noted)

    def __post_init__(self) -> None:
        """Know every phone of the crew, also once it is lost."""
        self.phones = tuple(each.phone for each in (*self.door.pair, *self.spares))

    def meets(self, other: "Crew") -> None:
        """Know some visits of another crew, with what a phone there would have fetched:
        nobody can look it up while the database is away.
        """
        self.strangers = list(other.visits)[:KNOWN]
        for each in self.strangers:
            self.door.nonces[each.visit_id] = other.door.nonces[each.visit_id]

    @property
    def everybody(self) -> tuple[Asker, ...]:
        return (*self.askers, self.boss, self.officer, self.desk)


class Stage:
    """Makes the crews of a run."""

    def __init__(
        self,
        platform: Platform,
        folder: Path,
        seed: int,
        stop: Event,
        flow: str | None = None,
    ) -> None:
        self.platform, self.folder, self.seed, self.stop = platform, folder, seed, stop
        self.flow = flow
        self.desk = platform.account("complaints_officer")

    def crews(self, count: int, visits: int) -> list[Crew]:
        """Return the crews, with that many visits in all, shared out evenly.

        Each knows a few visits of the next, which are not its own.
        """
        shares = [visits // count + (number < visits % count) for number in range(count)]
        todo, crews = list(enumerate(shares)), list[Crew]()
        self.platform.settles_s = SETTLES_S
        with ThreadPoolExecutor(MAKERS) as makers:
            for some in (todo[:SIGNED_IN], todo[SIGNED_IN:]):
                crews += makers.map(lambda each: self.crew(*each), some)
                self.platform.mints = True
                self.platform.officer = self.platform.account("bank_officer")
                self.desk = self.platform.account("complaints_officer")
        for crew, other in zip(crews, [*crews[1:], crews[0]], strict=True):
            if other is not crew:
                crew.meets(other)
        return crews

    def crew(self, number: int, visits: int) -> Crew:
        door = Door(self.platform, self.folder / f"phones-{number}")
        askers = [
            self.asker(f"{number}-{name}", each.http)
            for name, each in zip(("first", "second"), door.pair, strict=True)
        ]
        loses, turn = number < LOSING, number * STEP
        sorts = make(door, needed(turn, visits))  # first: its pack has no other visits
        return Crew(
            number=number,
            flow=self.flow,
            door=door,
            luck=Random(f"{self.seed}/crew/{number}"),
            visits=deque(self.planned(door.visits(visits, **invented.case(number)))),
            spares=[self.spare(door) for _ in range(SPARE_PHONES * loses)],
            doomed=list(self.doomed(door, DOOMED_LETTERS * loses)),
            askers=(askers[0], askers[1]),
            boss=self.asker(f"{number}-boss", door.boss),
            officer=self.asker(f"{number}-officer", self.platform.officer),
            desk=self.asker(f"{number}-desk", self.desk),
            handsets=(
                self.handset(f"{number}-first", door.pair[0], askers[0]),
                self.handset(f"{number}-second", door.pair[1], askers[1]),
            ),
            sorts=sorts,
            turn=turn,
            eager=loses,
        )

    def handset(self, name: str, who: Collector, asker: Asker) -> Handset:
        orders, steps = opened(self.folder, name)
        luck, device = Random(f"{self.seed}/handset/{name}"), who.phone.device_id
        sender = Sender(asker, device, orders, steps, luck)
        return Handset(who, sender, Gallery(self.folder / "galleries" / f"{name}.jsonl"))

    def asker(self, name: str, http: Gateway) -> Asker:
        principal, sign_in = self.who(http)
        return Asker(
            http=http,
            principal=principal,
            sign_in=sign_in,
            ledger=Ledger(self.folder / "ledgers" / f"{name}.jsonl"),
            luck=Random(f"{self.seed}/asker/{name}"),
            stop=self.stop,
        )

    def who(self, http: Gateway) -> tuple[UUID, Callable[[], Gateway]]:
        """Return somebody's account, and how they sign in again."""
        me = http.get("/v1/me")
        if me.ok:
            name = me.body["name"]
            return UUID(me.body["account_id"]), lambda: self.platform.signed_in(name)
        token = http.headers["Authorization"].partition(" ")[2]
        claims = jwt.decode(token, options={"verify_signature": False})
        return UUID(claims["sub"]), lambda: http

    def planned(self, visits: list[UUID]) -> list[Planned]:
        query = "SELECT id, case_id FROM field_visit.visit WHERE id = ANY(%s)"
        cases: dict[UUID, UUID] = dict(self.platform.rows(query, visits))
        return [Planned(visit, cases[visit]) for visit in visits]

    def spare(self, door: Door) -> Collector:
        """Give the first collector one more phone, with a key of its own."""
        first, device_id = door.pair[0], ids.new()
        device: dict[str, Any] = {
            "device_id": device_id,
            "code": f"d{device_id.hex}",
            "person_id": first.person_id,
            "model": "spare phone",
        }
        sent(self.platform.officer, "/v1/devices", {"devices": [device]})
        phone = Phone(door.folder / device_id.hex, device_id, first.person_id)
        sent(first.http, f"/v1/devices/{device_id}/key", phone.enrolment())
        spare = Collector(self.platform, first.person_id, phone, first.http)
        self.platform.settle()  # its key has to be known where its journal goes
        spare.begins_shift(door.visit_id)
        return spare

    def doomed(self, door: Door, count: int) -> Iterator[tuple[UUID, Planned]]:
        """Issue letters that will not last, each for a visit of its own."""
        main = door.letter_id
        for _ in range(count):
            door.letter_id = ids.new()
            letter = {
                "letter_id": door.letter_id,
                "number": f"SQ{door.letter_id.hex}",
                "agency_id": door.agency_id,
                "people": [each.person_id for each in door.pair],
                "valid_from": "2026-03-01",
                "valid_until": "2026-03-31",
            }
            sent(self.platform.officer, "/v1/authorisations", {"letters": [letter]})
            self.platform.settle()
            yield door.letter_id, self.planned(door.visits(1))[0]
        door.letter_id = main
