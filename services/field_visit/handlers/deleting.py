"""A photo or sound that is deleted: by compliance alone, or with its whole case.

Its row stays and says when it went, by whom and why. The bytes, and every copy, are removed
by a worker, as often as it takes.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from chassis import legal_hold
from chassis.errors import NotFound
from chassis.unit import Unit
from proto.field_visit import MediaDeleted
from proto.media import DeleteMedia, DeletionReason, Inspection, MediaGone
from services.field_visit import store
from services.field_visit.handlers import judging, sealing
from services.field_visit.model import (
    COPIES,
    DELETE,
    Erased,
    Media,
    Visit,
    erasure_of,
    erasure_table,
    media_table,
)


def delete_media(command: DeleteMedia, unit: Unit) -> MediaGone:
    """Delete one file. Saying so again has its bytes looked for once more.

    Raises NotFound, Held under a legal hold.
    """
    found = store.media(unit.connection, command.media_id)
    if found is None:
        raise NotFound("media", command.media_id)
    visit = store.visit(unit.shared, found.visit_id)
    legal_hold.refuse_held(unit.connection, visit.case_id)
    media = store.media(unit.connection, command.media_id) or found  # under its lock
    erase(media, visit, command.reason, unit)
    return MediaGone(media_id=media.id, deleted_at=media.deleted_at or unit.now)


def erase_all(case_id: UUID, unit: Unit) -> int:
    """Delete every file of a case's visits, since the case is shredded; return how many.

    Whoever asks has made sure that no legal hold stands.
    """
    visits = store.visits_of_case(unit.connection, case_id)
    count = 0
    for each in sorted(visits):
        visit = store.visit(unit.shared, each)
        for media in store.media_of_visit(unit.connection, each):
            erase(media, visit, DeletionReason.SHREDDED, unit)
            count += 1
    return count + erase_untold(case_id, visits, unit)


def erase_untold(case_id: UUID, visits: Sequence[UUID], unit: Unit) -> int:
    """Do so with what the gateway has of these visits and nobody will be told of, as it
    opens no more: what has landed, and what is still coming in.
    """
    if not (found := store.untold_of(unit.connection, visits)):
        return 0
    store.end_uploads(unit.connection, [row.id for row in found])
    digests = list(dict.fromkeys(row.sha256 for row in found))
    unit.job(DELETE, case_id, digests=digests, partial=[row.id for row in found])
    return sum(row.done_at is not None for row in found)


def erase(
    media: Media, visit: Visit, why: DeletionReason, unit: Unit, by: str | None = None
) -> None:
    """Note that a file is deleted, once, and have a worker remove its bytes.

    `by` whom, if it is not whoever asks.
    """
    if media.deleted_at is None:
        by = by or unit.by
        gone = {"deleted_at": unit.now, "deleted_by": by, "deleted_why": why}
        unit.change(media_table, media.id, **gone)
        about = judging.about(visit, unit)
        unit.emit(MediaDeleted(**about, media_id=media.id, reason=why), visit.case_id)
        store.forget_picture(unit.connection, media.id)
        note_erased(media, visit, why, unit, by)
    have_removed([media.sha256, *copies(media.found)], visit, unit)


def note_erased(
    media: Media, visit: Visit, why: DeletionReason, unit: Unit, by: str
) -> None:
    """Have the next part of the visit's record say so."""
    unit.write(
        erasure_table,
        id=erasure_of(media.id),
        visit_id=visit.id,
        what=Erased.FILE,
        sha256=media.sha256,
        by=by,
        why=why,
        at=unit.now,
    )
    sealing.look_soon(visit, unit)


def have_spare_removed(
    media: Media,
    looks: Iterable[Inspection | None],
    kept: Inspection,
    visit: Visit,
    unit: Unit,
) -> None:
    """Remove what was copied from a file in these looks and is not kept: of one that was
    deleted nothing is.
    """
    wanted = () if media.deleted_at else copies(kept)
    made = dict.fromkeys(digest for found in looks for digest in copies(found))
    have_removed([digest for digest in made if digest not in wanted], visit, unit)


def have_removed(digests: Iterable[str], visit: Visit, unit: Unit) -> None:
    if wanted := list(digests):
        unit.job(DELETE, visit.case_id, digests=wanted)


def copies(found: Inspection | None) -> list[str]:
    """Return the digests of what was copied from a file."""
    named = (getattr(found, name, None) for name in COPIES)
    return [digest for digest in named if digest]
