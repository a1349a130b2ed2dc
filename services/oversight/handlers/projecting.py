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
from services.oversight.model import (
    TAKES,
    Happened,
    board_row,
    is_of_a_file,
    with_files,
)

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
    """Let events of the stream take effect. What was told before changes nothing.

    Where nothing but files is new of a visit, nothing but these is read: it may have
    hundreds, each told of by itself.
    """
    happened = [each.happened for each in news if each.happened]
    known = store.known(connection, [each.event_id for each in happened])
    record(connection, generation, news)
    fresh = [each for each in happened if each.visit_id and each.event_id not in known]
    others = {each.visit_id for each in fresh if not is_of_a_file(each)}
    files = [each for each in fresh if each.visit_id not in others]
    anew = add_files(connection, files)
    refresh(connection, {visit for visit in others | anew if visit})


def add_files(connection: Connection, fresh: Sequence[Happened]) -> set[UUID]:
    """Add to the board what is new of files; return the visits it cannot be added to.

    A visit that is not on the board was not planned yet, as far as is known.
    """
    if not fresh:
        return set()
    files = {(each.visit_id, each.data["media_id"]) for each in fresh if each.visit_id}
    told_of, news = (
        store.told_of_files(connection, files),
        {each.event_id for each in fresh},
    )
    before = store.shown_now(connection, told_of)
    after = {
        row["visit_id"]: with_files(row, told_of[row["visit_id"]], news) for row in before
    }
    store.show(connection, [row for row in after.values() if row])
    return {visit_id for visit_id, row in after.items() if row is None}


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
