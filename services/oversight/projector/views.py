"""The one session that writes the views: it holds their lock for as long as it lasts."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, text

from chassis import logs, ready
from chassis.database import engine
from chassis.effects import refuse_away
from chassis.streams import START, Batch, Said
from services.oversight import handlers, store
from services.oversight.handlers import Told
from services.oversight.handlers.projecting import VISITS
from services.oversight.model import EDITION
from services.oversight.projector.numbers import BEHIND, PROJECTED, UNREADABLE
from services.oversight.store import Projection

SCHEMA = "oversight"
LOCK = zlib.crc32(b"doorstep oversight views")
#: Milliseconds of silence after which the database takes the lock from a session that
#: froze, and gives it to another projector.
SILENT_MS = 5_000


class Held(Exception):
    """Somebody makes the views anew just now: to be tried again in a moment."""


class Moved(Exception):
    """The views are not where this projector left them: to be read again from there."""


class Views:
    """The timeline and the board, for whoever writes them."""

    def __init__(self, url: str) -> None:
        self.engine = engine(url, SCHEMA, pool=0)
        self.connection: Connection

    def open(self) -> None:
        self.connection = self.engine.connect()
        with self.connection.begin():
            self.connection.execute(text(f"SET idle_session_timeout = {SILENT_MS}"))

    def close(self) -> None:
        self.connection.close()

    def lock(self) -> bool:
        """Become the active projector; False while another one is."""
        with self.connection.begin():
            got = text("SELECT pg_try_advisory_lock(:number)")
            return bool(self.connection.execute(got, {"number": LOCK}).scalar_one())

    def stay(self) -> None:
        """Tell the database that we are there."""
        with self.connection.begin():
            self.connection.execute(text("SELECT 1"))

    @contextmanager
    def held(self) -> Iterator[Projection]:
        """Begin a transaction, with the views at rest. Raises Held."""
        with self.connection.begin():
            found = store.projection(self.connection)
            if found is None:
                raise Held
            yield found

    def begin(self) -> Projection:
        """Return where the views are, made by this code. Raises Held."""
        with self.held() as at:
            pass
        if at.made_by != EDITION:
            self.make_anew()
            at = at._replace(made_by=EDITION)
        return at

    def make_anew(self) -> None:
        """Make every row of the board from the timeline: by other code than before.

        In many transactions; one that is cut short begins again.
        """
        after: UUID | None = None
        while True:
            with self.held() as at:
                some = store.planned(self.connection, after, VISITS)
                handlers.refresh(self.connection, some)
                if not some:
                    store.move(self.connection, at._replace(made_by=EDITION))
                    return
                after = some[-1]
            ready.progress()

    def take(self, at: Projection, batch: Batch) -> Projection:
        """Let a batch take effect; return where the views are then.

        What nothing can be made of is counted and passed over. Raises Held, Moved, and
        DatabaseAway when the database does not do its part.
        """
        where = batch.said[-1].position if batch.said else START  # of a stream made anew
        to = Projection(str(where), at.generation + int(batch.anew), EDITION)
        try:
            news = read(batch.said)
            self.apply(at, to, news)
        except (Held, Moved):
            raise
        except Exception as error:
            refuse_away(error, busy=True)
            logs.failed("the projection of events", error)
            return self.take_singly(at, to, batch)
        UNREADABLE.inc(len(batch.said) - len(news))
        return to

    def take_singly(self, at: Projection, to: Projection, batch: Batch) -> Projection:
        """Let each of a batch take effect by itself, and pass over what cannot."""
        if len(batch.said) > 1:
            for number, each in enumerate(batch.said):
                at = self.take(at, Batch([each], batch.anew and number == 0))
            return at
        self.apply(at, to, [])
        UNREADABLE.inc()
        return to

    def apply(self, at: Projection, to: Projection, news: Sequence[Told]) -> None:
        """Store what was told, and how far we are, or neither. Raises Held, Moved."""
        with self.held() as found:
            if found != at:
                raise Moved
            handlers.project(self.connection, to.generation, news)
            store.move(self.connection, to)
        for each in news:
            PROJECTED.labels(each.said.source).inc()
            BEHIND.applied(each.said.time)


def read(said: Sequence[Said]) -> list[Told]:
    """Read messages of the stream; what cannot be read is noted and left out."""
    found = []
    for each in said:
        try:
            found.append(handlers.told(each.position.offset, each.body))
        except (ValueError, TypeError) as error:
            logs.failed(f"reading the event at {each.position.offset}", error)
    return found
