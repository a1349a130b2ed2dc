"""Who looks at what was taken at a door: a picture sharp, a recording at all.

Everybody who may see a visit sees its pictures blurred. Whoever needs more says why, and
that is kept before a byte is given.
"""

from uuid import UUID

from chassis.errors import Forbidden
from chassis.unit import Unit
from proto import ids
from proto.base import Role
from proto.looking import (
    LookAtMedia,
    Looked,
    LookReason,
    LookShown,
    LooksShown,
    ShowLooks,
)
from proto.media import MediaKind, MediaShown, ShowMedia
from services.field_visit import store
from services.field_visit.handlers.media import show_media

#: Who may have a photo as it was received, with all that its camera wrote.
ORIGINAL_READERS = (Role.BANK_OFFICER, Role.COMPLIANCE)
#: What is given out of the house, and nobody asks for in parts.
EACH = (Looked.BUNDLE, Looked.REPORT)
#: Looks that are shown together.
MOST = 500
#: What a look at a file of each kind is.
LOOKED = {
    MediaKind.PHOTO: Looked.SHARP,
    MediaKind.AUDIO: Looked.SOUND,
    MediaKind.VIDEO: Looked.FILM,
}


def look_at_media(command: LookAtMedia, unit: Unit) -> MediaShown:
    """Show a file to somebody who says why, and keep that.

    Raises NotFound for whoever may not see it, Forbidden when the original is not for
    them. Where there is no picture, nobody looks at one.
    """
    shown = show_media(ShowMedia(media_id=command.media_id), unit)
    what = LOOKED[shown.kind]
    if command.original and what is Looked.SHARP:  # a recording is always the original
        what = Looked.ORIGINAL
        refuse_others(unit, shown)
    if what is not Looked.SHARP or (shown.found and shown.found.stripped):
        note_look(unit, shown.visit_id, what, command.reason, shown.media_id)
    return shown


def refuse_others(unit: Unit, shown: MediaShown) -> None:
    """Raises Forbidden when a photo as it was received is not for this asker."""
    if unit.asker is None or unit.asker.role not in ORIGINAL_READERS:
        raise Forbidden("original-for-the-bank", key=str(shown.media_id))


def note_look(
    unit: Unit,
    visit_id: UUID,
    what: Looked,
    reason: LookReason,
    media_id: UUID | None = None,
) -> None:
    """Keep who looks, why and when.

    Once in a minute of the clock by the same person for the same reason: a player asks
    for a recording in many parts. Each copy and each page that is given counts by itself.
    Nothing is kept when nobody asks but we ourselves.
    """
    if unit.asker is None:
        return
    at = unit.now.replace(second=0, microsecond=0).isoformat()
    once = str(ids.new()) if what in EACH else at
    one = f"{visit_id}/{what}/{media_id}/{unit.by}/{reason}/{once}"
    store.note_look(
        unit.connection,
        id=ids.named("look", one),
        visit_id=visit_id,
        what=what,
        media_id=media_id,
        by=unit.by,
        role=unit.asker.role,
        reason=reason,
        at=unit.now,
    )


def show_looks(command: ShowLooks, unit: Unit) -> LooksShown:
    """Raises NotFound."""
    assert unit.asker is not None  # a role of the bank
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    rows = store.looks(unit.connection, visit.id, MOST + 1)
    names = LookShown.model_fields
    looks = tuple(
        LookShown.model_validate({name: getattr(row, name) for name in names})
        for row in rows[:MOST]
    )
    return LooksShown(visit_id=visit.id, looks=looks, more=len(rows) > len(looks))
