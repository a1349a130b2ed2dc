"""Visits of other sorts: at night, over already, and of debtors who may pay in cash.

The platform has one clock, a Monday afternoon in Shanghai that cannot be moved for one
visit. So a door after hours is one where it is night at that moment, in California; and a
visit of a pack that is over is one whose time ended while the crews got ready.
"""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chaos.crews.attempts import AFTER_HOURS, BY_TURNS, NO_AUTHORITY, PACK_EXPIRED
from doorstep.packs import Carried
from proto import ids
from tests import acting
from tests.world import Door, sent

#: It is 23:00 there when it is 15:00 in Shanghai, and dark for as long as any run lasts.
NIGHT = {"text": "x", "point": acting.DOOR, "zone": "America/Los_Angeles"}
#: What is otherwise about a case, by what is tried at its door.
CASES: dict[str, dict[str, Any]] = {
    AFTER_HOURS.kind: {"address": NIGHT},
    PACK_EXPIRED.kind: {},
    NO_AUTHORITY.kind: {"books": acting.MAINLAND},
}
#: How much longer a visit lasts whose pack will be over: until that has been fetched.
SOON, LATER = timedelta(seconds=15), timedelta(hours=4)
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Planned:
    """A visit that is still to be made."""

    visit_id: UUID
    case_id: UUID


@dataclass
class Sorts:
    """What a crew has before it besides its plain visits, by what is tried there."""

    waiting: dict[str, deque[Planned]] = field(default_factory=dict)
    #: The pack of the first one's phone, with visits that are over from a moment on.
    pack: Carried | None = None
    over_at: datetime | None = None

    def has(self, kind: str) -> bool:
        return bool(self.waiting.get(kind))

    def next(self, kind: str) -> Planned:
        return self.waiting[kind].popleft()


def needed(turn: int, visits: int) -> Counter[str]:
    """Return how many of each sort a crew may come to, that begins with that turn."""
    turns = (BY_TURNS[(turn + i) % len(BY_TURNS)] for i in range(1 + visits // 4))
    return Counter(kind for kind in turns if kind in CASES)


def make(door: Door, wanted: Counter[str]) -> Sorts:
    """Place those cases and plan their visits; fetch a pack while there is little in it."""
    found, over = Sorts(), PACK_EXPIRED.kind
    if count := wanted.pop(over, 0):
        found.over_at = door.platform.now() + SOON
        found.waiting[over] = planned(door, Counter({over: count}), found.over_at)[over]
        found.pack = fetched(door)
    if wanted:
        found.waiting |= planned(door, wanted, door.platform.now() + LATER)
    return found


def planned(door: Door, wanted: Counter[str], until: datetime) -> dict[str, deque[Planned]]:
    """Place cases and plan a visit to each, in one order each."""
    cases = {ids.new(): kind for kind, count in wanted.items() for _ in range(count)}
    entries = [
        acting.case(case, door.agency_id, **CASES[kind]) for case, kind in cases.items()
    ]
    sent(door.platform.officer, "/v1/cases", {"cases": entries})
    visits = {ids.new(): case for case in cases}
    plans = [plan(door, visit, case, until) for visit, case in visits.items()]
    sent(door.boss, "/v1/visits", {"visits": plans})
    door.platform.settle()
    door.learn_nonces(list(visits))
    found: dict[str, deque[Planned]] = {kind: deque() for kind in wanted}
    for visit, case in visits.items():
        found[cases[case]].append(Planned(visit, case))
    return found


def plan(door: Door, visit: UUID, case: UUID, until: datetime) -> dict[str, Any]:
    return {
        "visit_id": visit,
        "case_id": case,
        "collectors": [each.person_id for each in door.pair],
        "letter_id": door.letter_id,
        "not_before": door.platform.now() - timedelta(hours=1),
        "not_after": until,
    }


def fetched(door: Door) -> Carried:
    """Fetch the pack of the first one's phone, as every morning; it may be asked again."""
    first = door.pair[0]
    keys = first.http.get("/v1/keys").body["keys"]
    path = f"/v1/pack?device_id={first.phone.device_id}"
    until = time.monotonic() + PATIENCE_S
    while not (answer := first.http.get(path)).ok:
        assert answer.status == 503, answer
        assert time.monotonic() < until, answer
    return Carried.read(answer.body["pack"], keys, first.phone.device_id)
