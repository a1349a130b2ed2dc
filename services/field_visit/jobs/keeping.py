"""What field_visit throws away beside what all do: anchors, and what has joined."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine

from chassis import clock, housekeeping
from chassis.housekeeping import Purged
from chassis.jobs import Job
from proto.housekeeping import HouseKept

#: Days that rows are kept, and the column that says since when.
KEPT = {
    "anchor": (Purged("anchor", "at"), 400),
    "journal_ahead": (Purged("journal_ahead", "joined_at"), 400),
}


def keep_house(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
    """Do what every service does, then remove what only field_visit has."""
    kept = housekeeping.tidy(job, engine, renew)
    removed = {
        name: housekeeping.purge(engine, purged, clock.now() - timedelta(days=days), renew)
        for name, (purged, days) in KEPT.items()
    }
    return HouseKept(removed=kept.removed | removed)
