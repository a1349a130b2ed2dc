"""Who the bench sends to the door: a platform of its own, a pair, and their requests."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from uuid import uuid4

from bench.load import Shot
from doorstep import embedded
from doorstep.home import Home
from rulebook import Consent, DoorFacts, Here, Letter
from tests.world import CLOCK, Door, Platform

AT_ONCE = 200


@contextmanager
def platform(home: Home) -> Iterator[Platform]:
    """Bring a platform up from nothing, and leave nothing behind."""
    with ExitStack() as stack:
        stack.callback(embedded.wipe, home)
        embedded.up(home, CLOCK)
        yield Platform(home, home.settings(), stack.enter_context(ExitStack()))


def check_ins(door: Door, count: int) -> list[Shot]:
    """Plan visits and sign both presences of each; three signatures to check a request."""
    visits = [visit for _ in range(0, count, AT_ONCE) for visit in door.visits(AT_ONCE)]
    return [
        Shot(
            f"/v1/visits/{visit}/check-ins",
            json.dumps({"present": [each.presence(visit) for each in door.pair]}).encode(),
            {"Content-Type": "application/json"} | door.pair[0].http.headers,
        )
        for visit in visits[:count]
    ]


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
