"""Who the bench sends to the door: a platform of its own, a pair, and their requests."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from bench.load import post
from doorstep import embedded
from doorstep.client import Gateway
from doorstep.home import Home
from proto import ids
from proto.field_visit import Introduced, PersonMet, Relation
from rulebook import Consent, DoorFacts, Here, Letter
from tests.world import CLOCK, Collector, Door, Platform, sent


@contextmanager
def platform(home: Home) -> Iterator[Platform]:
    """Bring a platform up from nothing, and leave nothing behind."""
    with ExitStack() as stack:
        stack.callback(embedded.wipe, home)
        embedded.wipe(home)
        embedded.up(home, CLOCK)
        home.adopt_settings()
        yield Platform(home, home.settings(), stack.enter_context(ExitStack()))


class Crew:
    """A pair with a door still to visit, `planned`, and a visit that is over, `closed`."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.door = Door(platform, folder)
        self.platform, self.planned = platform, self.door.visit_id
        self.collector = name_of(self.door.pair[0].http)
        self.supervisor = name_of(self.door.boss)
        self.closed = self.door.visits(1)[0]
        self.call(self.closed)
        platform.settle()

    def call(self, visit_id: UUID) -> None:
        """Make a whole visit: check in, meet a neighbour, leave."""
        pair, path = self.door.pair, f"/v1/visits/{visit_id}"
        sent(pair[0].http, f"{path}/check-ins", present(pair, visit_id))
        introduced = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
        notes = pair[0].notes(visit_id, introduced, PersonMet(relation=Relation.NEIGHBOUR))
        sent(pair[0].http, f"{path}/journal", notes)
        sent(pair[0].http, f"{path}/check-out", {"ending": "third_party"})

    def check_ins(self, visits: Sequence[UUID]) -> list[bytes]:
        """Sign both presences of each visit now: after three minutes they are too old."""
        url, caller = self.platform.url, self.platform.signed_in(self.collector)
        return [
            post(
                url,
                f"/v1/visits/{visit}/check-ins",
                json.dumps(present(self.door.pair, visit)).encode(),
                caller.headers | {"Idempotency-Key": str(ids.new())},
            )
            for visit in visits
        ]


def name_of(http: Gateway) -> str:
    return str(http.get("/v1/me").body["name"])


def present(pair: Sequence[Collector], visit_id: UUID) -> dict[str, object]:
    """Return a check-in of both: with the token, three signatures to check."""
    return {"present": [each.presence(visit_id) for each in pair]}


def good_entry() -> DoorFacts:
    """Return the facts of an entry that nothing speaks against."""
    pair = (uuid4(), uuid4())
    at = datetime.fromisoformat(CLOCK)
    return DoorFacts(
        starts_at=at,
        ends_at=at,
        here=tuple(Here(person, 10.0, 5.0, 3.0, True, True) for person in pair),
        planned=pair,
        letter=Letter("SQ-1", True, False, frozenset(pair), True),
        mandate_in_force=True,
        introduced=True,
        letter_shown=True,
        badge_shown=True,
        person_met="debtor",
        identity_confirmed=True,
        confirmed_items=2,
        entry_reason="limited_mobility",
        allowed_entry_reasons=frozenset({"limited_mobility"}),
        consent=Consent("debtor", True, False),
        objection=False,
    )
