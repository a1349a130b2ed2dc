"""Who the bench sends to the door: a platform of its own, a pair, and their requests."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

from bench.load import post
from doorstep import embedded
from doorstep.client import Gateway
from doorstep.home import Home
from proto import ids
from proto.facts import (
    Introduced,
    PersonMet,
    Relation,
)
from tests.world import CLOCK, Door, Platform, sent


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
        sent(pair[0].http, f"{path}/check-ins", self.door.present(visit_id))
        introduced = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
        notes = pair[0].notes(visit_id, introduced, PersonMet(relation=Relation.NEIGHBOUR))
        sent(pair[0].http, f"{path}/journal", notes)
        sent(pair[0].http, f"{path}/check-out", {"ending": "third_party"})

    def check_ins(self, visits: Sequence[UUID]) -> list[bytes]:
        """Pair at each visit now: after three minutes a presence is too old.

        The visits are copies of `planned`, its nonce and all.
        """
        self.door.nonces |= dict.fromkeys(visits, self.door.nonces[self.planned])
        url, caller = self.platform.url, self.platform.signed_in(self.collector)
        return [
            post(
                url,
                f"/v1/visits/{visit}/check-ins",
                json.dumps(self.door.present(visit)).encode(),
                caller.headers | {"Idempotency-Key": str(ids.new())},
            )
            for visit in visits
        ]


def name_of(http: Gateway) -> str:
    return str(http.get("/v1/me").body["name"])
