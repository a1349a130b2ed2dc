"""Photos and sound: each kept as it was received, then what a worker found in it.

The bytes lie in the store of `chassis.media` before anybody tells us of them. What was
sent is kept whether or not it is any good, and also after the visit.
"""

from chassis.errors import Conflict, NotFound
from chassis.unit import Unit
from proto.base import Asker, Role
from proto.field_visit import MediaInspected, MediaReceived, Noted, VisitState
from proto.media import (
    DeletionReason,
    Fault,
    Inspection,
    ListMedia,
    MediaKept,
    MediaList,
    MediaShown,
    NoteInspection,
    ReceiveMedia,
    ShowMedia,
)
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import (
    deleting,
    judging,
    losing,
    plausibility,
    recording,
    sealing,
)
from services.field_visit.model import (
    INSPECT,
    Media,
    Visit,
    grey_row,
    grey_table,
    media_table,
    picture_row,
    picture_table,
)

#: What is told of a file under another name, or not at all.
OURS = ("id", "deleted_by")


def receive_media(command: ReceiveMedia, unit: Unit) -> MediaKept:
    """Put a file on its visit's record, and have it looked at. Saying so again is
    harmless. Of a case that was shredded meanwhile only the record is kept.

    Raises NotFound when the phone is not of the pair, Conflict when the id is known for
    another file.
    """
    visit = store.visit(unit.shared, command.visit_id)
    counts = is_enrolled(visit, command, unit)
    known, shredded_by = store.coming(unit.shared, command.media_id, visit.case_id)
    if known:
        if known.says(command):
            return MediaKept(media_id=known.id, new=False)
        raise Conflict("key-known-otherwise", thing="media", key=str(known.id))
    row = command.model_dump(exclude={"media_id"})
    unit.write(media_table, id=command.media_id, counts=counts, **row)
    tell(visit, command, unit)
    if shredded_by:  # as the files before it
        late = Media(command.media_id, counts=counts, **row)
        deleting.erase(late, visit, DeletionReason.SHREDDED, unit, shredded_by)
    sealing.look_soon(visit, unit)
    return MediaKept(media_id=command.media_id)


def is_enrolled(visit: Visit, command: ReceiveMedia, unit: Unit) -> bool:
    """Tell whether the phone is still enrolled; what a lost one sends is kept as well.

    Raises NotFound when it is nobody's of the pair.
    """
    device = unit.kept_all(DeviceStanding, [command.device_id]).get(command.device_id)
    if device is None or device.person_id not in visit.collectors:
        raise NotFound("device", command.device_id)
    return device.state is DeviceState.ENROLLED


def tell(visit: Visit, command: ReceiveMedia, unit: Unit) -> None:
    """Say that it is there, and ask a worker what is in it."""
    said = MediaReceived(
        **judging.about(visit, unit),
        media_id=command.media_id,
        kind=command.kind,
        sha256=command.sha256,
        size=command.size,
    )
    unit.emit(said, visit.case_id)
    unit.job(
        INSPECT[command.kind],
        visit.case_id,
        media_id=command.media_id,
        visit_id=visit.id,
        media_type=command.media_type,
        sha256=command.sha256,
    )


def note_inspection(command: NoteInspection, unit: Unit) -> Noted:
    """Keep what a worker found, once: what was found first stays, and the copies of others
    go, or all if the file was deleted meanwhile.

    Raises NotFound.
    """
    visit = store.visit(unit.shared, command.visit_id)
    media = store.media(unit.connection, command.media_id)
    if media is None or media.visit_id != visit.id:
        raise NotFound("media", command.media_id)
    keep_picture(media, command, visit, unit)
    if media.found is None:
        found = command.found
        unit.change(media_table, media.id, found=found.model_dump(mode="json"))
        said = MediaInspected(
            **judging.about(visit, unit),
            media_id=media.id,
            kind=media.kind,
            fault=found.fault,
        )
        unit.emit(said, visit.case_id)
        if found.fault is Fault.MISSING:
            losing.note_lost(media, visit, unit)
        if visit.state is VisitState.CLOSED:  # it came late, and its visit was looked at
            plausibility.look(visit, unit)
            recording.look(visit, unit)
        sealing.look_soon(visit, unit)
    elif media.found.blurred is None and command.found.blurred:
        found = completed(media.found, command.found)
        unit.change(media_table, media.id, found=found.model_dump(mode="json"))
    else:
        found = media.found
    deleting.have_spare_removed(media, [media.found, command.found], found, visit, unit)
    return Noted()


def keep_picture(media: Media, command: NoteInspection, visit: Visit, unit: Unit) -> None:
    """Keep what a photo says of itself, once; one of before gets its grey cells later."""
    if media.deleted_at or command.picture is None:
        return
    if not store.has_picture(unit.connection, media.id):
        row = picture_row(media, visit.case_id, command.picture)
        unit.write(picture_table, **row)
    grey = grey_row(media, visit.case_id, command.picture)
    if grey and not store.has_greys(unit.connection, media.id):
        unit.write(grey_table, **grey)


def completed(before: Inspection, again: Inspection) -> Inspection:
    """Return what was found before there were blurred copies, with those of a second
    look; its thumbnail of then was sharp.
    """
    blurred = {"blurred": again.blurred, "thumbnail": again.thumbnail}
    return before.model_copy(update=blurred)


def show_media(command: ShowMedia, unit: Unit) -> MediaShown:
    """Raises NotFound for whoever may not see its visit, or not what was taken at it:
    others shall not even know.
    """
    media = store.media(unit.connection, command.media_id)
    if media is None or unit.asker is None:
        raise NotFound("media", command.media_id)
    try:
        visit = store.shown_visit(unit.connection, unit.asker, media.visit_id)
    except NotFound:
        raise NotFound("media", command.media_id) from None
    if is_kept_from(unit.asker, visit):
        raise NotFound("media", command.media_id)
    return shown(media, visit)


def list_media(command: ListMedia, unit: Unit) -> MediaList:
    """Raises NotFound for whoever may not see the visit."""
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    hidden = is_kept_from(unit.asker, visit)
    found = () if hidden else store.media_of_visit(unit.connection, visit.id)
    media = tuple(shown(each, visit) for each in found)
    return MediaList(media=media, restricted=visit.door.spared)


def is_kept_from(asker: Asker, visit: Visit) -> bool:
    """Tell whether what was taken at a visit is not for this asker: a child, or somebody
    confused, was met there, and only the bank sees and hears that (S3).
    """
    return visit.door.spared and asker.role not in (Role.BANK_OFFICER, Role.COMPLIANCE)


def shown(media: Media, visit: Visit) -> MediaShown:
    told = {name: its for name, its in vars(media).items() if name not in OURS}
    return MediaShown(
        media_id=media.id, case_id=visit.case_id, agency_id=visit.agency_id, **told
    )
