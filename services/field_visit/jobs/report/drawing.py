"""What a worker does after each seal: it draws the report of what is sealed by now.

One for the bank and one for the agency, which is not told who was met. Each is sealed
under the case's key, and goes with it.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine

from chassis import logs, media
from chassis.errors import Conflict, Unavailable
from chassis.jobs import Job
from chassis.keyring import Keyring
from chassis.settings import settings
from evidence.heads import SealedHead
from proto.base import Sealed
from proto.report import NoteReport, ReportCopy
from services.field_visit import store
from services.field_visit.jobs.inspecting import workplace
from services.field_visit.jobs.report.glyphs import FontMissing
from services.field_visit.jobs.report.laying import lay
from services.field_visit.jobs.report.paper import drawn
from services.field_visit.jobs.report.reading import read
from services.field_visit.model import DISCLOSED, REPORT_PDF, Seal

#: For the bank, and for the agency.
COPIES = (False, True)
#: What is said of a case that was shredded.
SHREDDED = ("key-shredded", "sealed-field-lost")


def draw(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteReport | None:
    """Draw the reports of a visit. None of a case that was shredded: there is no name.

    Raises OSError, ChildEnded, FontMissing: then it is tried again.
    """
    try:
        return drawn_anew(job, engine, renew)
    except FontMissing as missing:
        logs.log.error(str(missing))
        raise
    except (Conflict, Unavailable) as lost:
        if lost.kind not in SHREDDED:
            raise
        logs.log.warning("a visit report is not drawn: its case was shredded")
        return None


def drawn_anew(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteReport | None:
    """Raises Unavailable or Conflict when the case was shredded, before or meanwhile."""
    visit_id, folder = UUID(job.task["visit_id"]), media.Folder(settings().media)
    with engine.begin() as connection:
        visit, seals = (
            store.any_visit(connection, visit_id),
            store.seals(connection, visit_id),
        )
        if visit is None or not seals:
            return None
        its = connection, visit.case_id, seals
        told = [disclosures(*its, for_agency=each) for each in COPIES]
    with workplace(job, folder) as place:
        pdfs = [page(seals, folder, each, place, renew) for each in told]
    with engine.begin() as connection:
        copies = tuple(sealed(connection, visit.case_id, pdfs))
    return NoteReport(visit_id=visit_id, part=len(seals), copies=copies)


def disclosures(
    connection: Connection, case_id: UUID, seals: Sequence[Seal], *, for_agency: bool
) -> bytes:
    """Return what a copy discloses. Raises Unavailable when it was shredded."""
    keyring = Keyring(connection)
    ids = store.hidden_of(connection, seals, for_agency=for_agency)
    rows = (store.hidden(connection, each) for each in ids)
    boxes = (Sealed.model_validate(row.box) for row in rows if row)
    return "".join(keyring.open(box, case_id, DISCLOSED) for box in boxes).encode()


def page(
    seals: Sequence[Seal],
    folder: media.Store,
    told: bytes,
    place: Path,
    renew: Callable[[], None],
) -> bytes:
    """Return the PDF of a copy that discloses this. Raises OSError, ChildEnded."""
    report = read(
        b"".join(content(folder, each.records) for each in seals),
        b"".join(SealedHead(s.head, s.signature, s.leaf).line() for s in seals),
        told,
        bank=settings().bank_name,
        verify_at=settings().verify_at,
    )
    return drawn(lay(report), place, renew)


def content(folder: media.Store, sha256: str) -> bytes:
    with folder.open(sha256) as file:
        return file.read()


def sealed(
    connection: Connection, case_id: UUID, pdfs: Sequence[bytes]
) -> Iterable[ReportCopy]:
    """Raises Conflict when the case was shredded."""
    keyring = Keyring(connection)
    for for_agency, pdf in zip(COPIES, pdfs, strict=True):
        text = base64.b64encode(pdf).decode()
        box = keyring.seal(case_id, REPORT_PDF, text)
        yield ReportCopy(for_agency=for_agency, pdf=box)
