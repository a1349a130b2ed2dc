"""The photos and sound of a case: deleted with its key, and looked for afterwards."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from chassis.media import PARTIAL, Folder
from chassis.settings import Settings
from chassis.unit import Unit
from proto import ids
from services.field_visit import store
from services.field_visit.handlers import erase_all
from services.field_visit.handlers.deleting import copies

#: The files are field_visit's: in one transaction with the key's erasure all the same.
THERE = text("SET LOCAL search_path TO field_visit")


class Left(NamedTuple):
    """Files of a case's visits, those of them that the store still has, and those that it
    has because they came in for another case too.
    """

    files: int
    there: int
    shared: int


def erase(connection: Connection, case_id: UUID, by: str) -> int:
    """Delete the files of a case's visits, also those that have landed and that nobody was
    told of; a worker removes the bytes. Return how many.
    """
    connection.execute(THERE)
    unit = Unit(connection, "field_visit", by, ids.new().hex)
    count = erase_all(case_id, unit)
    unit.settle()
    return count


def left(connection: Connection, settings: Settings, case_id: UUID) -> Left:
    """Look for the files of a case in the store: originals, copies, and what is coming in.
    On a connection of
    field_visit's own.
    """
    folder, visits = Folder(settings.media), store.visits_of_case(connection, case_id)
    files = [m for visit in visits for m in store.media_of_visit(connection, visit)]
    untold = store.untold_of(connection, visits)
    digests = {row.sha256 for row in untold}
    for media in files:
        digests.update([media.sha256, *copies(media.found)])
    lying = [each for each in digests if folder.size(each) is not None]
    growing = sum((folder.root / PARTIAL / str(row.id)).exists() for row in untold)
    shared = sum(store.is_needed(connection, each, case_id) for each in lying)
    landed = sum(row.done_at is not None for row in untold)
    return Left(len(files) + landed, len(lying) - shared + growing, shared)
