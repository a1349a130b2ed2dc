"""From the stream to the timeline and the board: the same rows whatever the order."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from proto.base import Envelope, Event, Standing
from proto.complaints import WorkStanding
from proto.dispatch import CaseStanding
from proto.workforce import AgencyStanding, PersonStanding
from services.oversight import store
from services.oversight.model import TAKES, Happened, board_row

#: What the board names people, agencies and cases by, and whether work is withdrawn.
KEEPS: tuple[type[Standing], ...] = (
    AgencyStanding,
    PersonStanding,
    CaseStanding,
    WorkStanding,
)
#: The events that something is made of: they must be as they are written down.
READ: dict[str, type[Event]] = {kind.topic(): kind for kind in (*TAKES, *KEEPS)}
#: Visits that are put on the board in one statement.
VISITS = 500


class Told(NamedTuple):
    """One event of the stream, read: its place there, and what is made of it."""

    place: int
    said: Envelope
    happened: Happened | None
    standing: Standing | None


def told(place: int, body: bytes) -> Told:
    """Read one message of the stream.

    Raises ValueError or TypeError when it is not as its speaker and we agreed.
    """
    said = Envelope.model_validate_json(body)
    event = READ[said.type].model_validate(said.data) if said.type in READ else None
    kept = event if isinstance(event, Standing) else None
    return Told(place, said, Happened.of(said), kept)


def project(connection: Connection, generation: int, news: Sequence[Told]) -> None:
    """Let events of the stream take effect. What was told before changes nothing."""
    record(connection, generation, news)
    visits = {each.happened.visit_id for each in news if each.happened}
    refresh(connection, {visit for visit in visits if visit})


def record(connection: Connection, generation: int, news: Sequence[Told]) -> None:
    """Put events on the timeline, and keep what was said of people and cases."""
    happened = [(each.place, each.happened) for each in news if each.happened]
    store.add(connection, generation, happened)
    store.keep(connection, [each.standing for each in news if each.standing])


def refresh(connection: Connection, visits: Iterable[UUID]) -> None:
    """Make the rows of these visits anew from all that is known of them."""
    wanted = sorted(visits)
    for begin in range(0, len(wanted), VISITS):
        some = wanted[begin : begin + VISITS]
        known = store.courses(connection, some)
        rows = [row for events in known.values() if (row := board_row(events))]
        store.show(connection, rows)
