"""Time that goes by at the log, and the evening of a run.

A run is a few minutes of one afternoon. What happens once a day, or at a visit's deadline,
is made to happen here: moments in tables are put back, and orders that a service gives
itself each minute are given now. Everything that then happens is the platform's own.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from chassis import rounds
from chassis.database import engine
from proto import ids
from proto.base import Command
from proto.evidence import LookAtLog
from proto.field_visit import LookAround
from proto.given import GiveHeads
from tests.world import Platform

SERVICE = "field_visit"
#: Seconds until the next day of the log.
A_DAY_S = 6.0
#: Visits whose deadline comes in the evening, and of more, one in so many.
OVERDUE, ONE_IN = 6, 10
#: Yesterday's heads are of yesterday: today one more is given away.
YESTERDAY = "UPDATE field_visit.tree_head SET at = at - interval '1 day' WHERE given_away"
#: What failed is tried again now; what a worker has in hand, for five minutes, is left.
TRY_AGAIN = (
    "UPDATE field_visit.{} SET next_at = %(now)s WHERE next_at > %(now)s AND NOT next_at"
    " BETWEEN %(now)s + interval '4 minutes' AND %(now)s + interval '6 minutes'"
)
TRY_ALL_AGAIN = "UPDATE field_visit.{} SET next_at = %(now)s WHERE next_at > %(now)s"
GIVEN = ("head_sent", "timestamp")
OVER = "SELECT id FROM field_visit.visit WHERE state = 'closed' AND parts = 0 ORDER BY id"
#: The deadline of a visit has come; and whatever waits for its next part is due.
A_DAY_AGO = (
    "UPDATE field_visit.visit SET closed_at = closed_at - interval '1 day',"
    " due = due || jsonb_build_object('seal', %(now)s::text),"
    " look_at = %(now)s::timestamptz WHERE id = ANY(%(visits)s::uuid[])"
)
SEAL_NOW = (
    "UPDATE field_visit.visit SET look_at = %(now)s::timestamptz,"
    " due = due || jsonb_build_object('seal', %(now)s::text)"
    " WHERE state = 'closed' AND parts > 0 AND due ? 'seal'"
)
#: What was wanted outside and is not there; visits that wait for their next part.
WANTED = (
    "SELECT (SELECT count(*) FROM field_visit.head_sent WHERE next_at IS NOT NULL)"
    " + (SELECT count(*) FROM field_visit.timestamp WHERE next_at IS NOT NULL)"
    " + (SELECT count(*) FROM field_visit.visit WHERE state = 'closed' AND parts > 0"
    " AND due ? 'seal')"
)


@dataclass(eq=False)
class Days(Thread):
    """Lets a day go by at the log every few seconds, while the platform is under fire."""

    platform: Platform

    def __post_init__(self) -> None:
        Thread.__init__(self, name="days", daemon=True)
        self.stopped = Event()
        url = self.platform.settings["DATABASE_URL"]
        self.engine: Engine = engine(url, SERVICE, pool=0)

    def run(self) -> None:
        while not self.stopped.wait(A_DAY_S):
            with suppress(psycopg.Error, SQLAlchemyError, OSError):
                self.do(YESTERDAY)
                for table in GIVEN:
                    self.do(TRY_AGAIN.format(table))
                for command in (LookAtLog(), GiveHeads()):
                    self.say(command)

    def say(self, command: Command) -> None:
        rounds.say(self.engine, SERVICE, command, f"chaos-{ids.new()}")

    def do(self, query: str, **values: object) -> None:
        now = self.platform.now().isoformat()
        with psycopg.connect(
            self.platform.settings["DATABASE_URL"], connect_timeout=2
        ) as one:
            one.execute(query, {"now": now, **values})

    def evening(self, left: Callable[[], Counter[str]], until: float) -> set[str]:
        """Let deadlines come, and give out whatever waits, until `until`, which is of
        `time.monotonic`. Return the visits whose deadline it was. `left` takes its time.
        """
        over = [str(row[0]) for row in self.platform.rows(OVER)]
        overdue = over[:OVERDUE] + over[OVERDUE::ONE_IN]
        self.do(A_DAY_AGO, visits=overdue)
        while True:
            self.once_more()
            while (moves := left()) and time.monotonic() < until:
                pass
            waits = moves or self.platform.rows(WANTED)[0][0]
            if not waits or time.monotonic() > until:
                return set(overdue)

    def once_more(self) -> None:
        self.do(SEAL_NOW)
        for table in GIVEN:
            self.do(TRY_ALL_AGAIN.format(table))
        for command in (LookAround(), LookAtLog(), GiveHeads()):
            self.say(command)
