"""What complaints does with each message."""

import json
from typing import Any
from uuid import UUID

from chassis.errors import Conflict, NotFound, Unavailable
from chassis.operations import only
from chassis.unit import Unit
from proto import badges, ids
from proto.base import Role
from proto.complaints import (
    About,
    Channel,
    CloseComplaint,
    ComplainByBadge,
    ComplaintClosed,
    ComplaintList,
    ComplaintOpened,
    ComplaintShown,
    FileComplaint,
    Filed,
    ListComplaints,
    ShowComplaint,
    key_of,
)
from proto.dispatch import CaseStanding, VisitPlanned
from proto.field_visit import (
    CollectorsArrived,
    ComplaintHeard,
    PairSwapped,
)
from services.complaints import store
from services.complaints.model import (
    Complaint,
    Work,
    badge_table,
    complaint_table,
    door_visit_table,
    old_badge,
    work_table,
)

#: What a complaint is sealed for. Opened for the desk, and who may read everything.
FILED = "complaint.filed"
#: The column of a badge's code, as dispatch blinds it.
CODE = "visit.badge"

#: An agency has no part in complaints, nor has the bank officer whose decision may be
#: what somebody objects to.
by_desk = only(Role.COMPLAINTS_OFFICER)
by_readers = only(Role.COMPLAINTS_OFFICER, Role.COMPLIANCE)
by_anyone = only(Role.ANYONE)


def file_complaint(command: FileComplaint, unit: Unit) -> Filed:
    """Take a complaint in at the desk; about which case, if that is known."""
    case_id = command.case_id
    if case_id and not unit.kept_all(CaseStanding, [case_id]):
        raise NotFound("case", case_id)
    if is_new(command, unit):
        complaint = opening(command, command.channel, command.about, unit)
        complaint.case_id = case_id
        take_in(complaint, unit)
    return Filed(complaint_id=command.complaint_id)


def complain_by_badge(command: ComplainByBadge, unit: Unit) -> Filed:
    """Take a complaint in from whoever read a code off a badge.

    They learn nothing about the code: an unknown one goes the same way.
    """
    blind = unit.keyring.blind(CODE, badges.normal(command.code))
    found = store.badge(unit.connection, blind)
    if is_new(command, unit):
        complaint = opening(command, Channel.BADGE, command.about, unit)
        complaint.visit_id, complaint.case_id = found or (None, None)
        take_in(complaint, unit, code_blind=blind)
    return Filed(complaint_id=command.complaint_id)


def is_new(command: FileComplaint | ComplainByBadge, unit: Unit) -> bool:
    """Tell whether a complaint is not known yet.

    Raises Conflict when one of the same id says something else.
    """
    known = store.known(unit.shared, command.complaint_id)
    if known is None:
        return True
    if opened(known, unit) != command.model_dump(mode="json"):
        key = str(command.complaint_id)
        raise Conflict("key-known-otherwise", thing="complaint", key=key)
    return False


def opening(
    command: FileComplaint | ComplainByBadge, channel: Channel, about: About, unit: Unit
) -> Complaint:
    """Return a new complaint: what was said is sealed under a key of its own."""
    complaint_id = command.complaint_id
    filed = unit.keyring.seal(key_of(complaint_id), FILED, command.model_dump_json())
    return Complaint(complaint_id, None, None, channel, about, filed, unit.now)


def take_in(complaint: Complaint, unit: Unit, code_blind: str | None = None) -> None:
    """Keep a complaint; from now on nobody works its case.

    Its event says nothing of the case: who peeks at events learns of neither by the other.
    """
    unit.write(complaint_table, **vars(complaint), code_blind=code_blind)
    unit.emit(
        ComplaintOpened(
            complaint_id=complaint.id,
            channel=complaint.channel,
            about=complaint.about,
            at=complaint.since,
        ),
        complaint.id,
    )
    suspend(complaint, unit)


def suspend(complaint: Complaint, unit: Unit) -> None:
    """Let nobody work the case of a new complaint."""
    for work in store.works(unit.shared, complaint.cases()):
        save(work, unit, turned=work.complained())


def save(work: Work, unit: Unit, *, turned: bool) -> None:
    unit.change(work_table, work.id, open=work.open, version=work.version)
    if turned:
        unit.emit(work.standing(), work.id)


def close_complaint(command: CloseComplaint, unit: Unit) -> ComplaintShown:
    """Note what the bank found; with the last one open, work on the case may go on.

    The answer is kept under its key for long, and so is without what was said.
    """
    complaint = store.COMPLAINTS.one(unit.shared, command.complaint_id)
    if complaint.close(command.verdict):
        closed = {"state": complaint.state, "verdict": complaint.verdict}
        by = {"closed_at": unit.now, "closed_by": unit.by}
        unit.change(complaint_table, complaint.id, **closed, **by)
        said = {"complaint_id": complaint.id, "verdict": command.verdict}
        unit.emit(ComplaintClosed(**said, at=unit.now), complaint.id)
        for work in store.works(unit.shared, complaint.cases()):
            save(work, unit, turned=work.answered())
    return shown(complaint)


def show_complaint(command: ShowComplaint, unit: Unit) -> ComplaintShown:
    """Show a complaint with what was said."""
    complaint = store.one(unit.connection, command.complaint_id)
    return shown(complaint, opened(complaint, unit))


def list_complaints(command: ListComplaints, unit: Unit) -> ComplaintList:
    """List what is open. What was said is looked at one by one."""
    found = store.open_ones(unit.connection, command.after, command.limit)
    return ComplaintList(complaints=tuple(map(shown, found)))


def opened(complaint: Complaint, unit: Unit) -> dict[str, Any]:
    """Return the order that a complaint came by; nothing of it when it was shredded."""
    if complaint.filed is None:
        return {}
    try:
        text = unit.keyring.open(complaint.filed, key_of(complaint.id), FILED)
    except Unavailable as lost:
        if lost.kind != "sealed-field-lost":  # a missing master key is no shredding
            raise
        return {}
    found: dict[str, Any] = json.loads(text)
    return found


def shown(complaint: Complaint, said: dict[str, Any] | None = None) -> ComplaintShown:
    said = said or {}
    return ComplaintShown(
        complaint_id=complaint.id,
        case_id=complaint.case_id,
        visit_id=complaint.visit_id,
        channel=complaint.channel,
        about=complaint.about,
        state=complaint.state,
        verdict=complaint.verdict,
        words=said.get("words"),
        contact=said.get("contact"),
        code=said.get("code"),
        since=complaint.since,
    )


def note_spoken(event: ComplaintHeard, unit: Unit) -> None:
    """Take in what was spoken at a door: the words are on the recording, and not here.

    Both phones may tell of it, and it may be said more than once: while it is open, it
    is one complaint.
    """
    if store.spoken_at(unit.shared, event.visit_id):
        return
    about = Channel.DOOR, About.OTHER
    take_in(
        Complaint(ids.new(), event.case_id, event.visit_id, *about, None, event.at), unit
    )


def note_plan(event: VisitPlanned, unit: Unit) -> None:
    """Remember whose code is on which badges, also for complaints that came before."""
    if event.badge_blind is None:  # planned before there were codes
        return
    unit.write(
        badge_table,
        id=event.visit_id,
        case_id=event.case_id,
        blind=event.badge_blind,
        not_before=event.not_before,
    )
    own_up(event.visit_id, event.case_id, event.badge_blind, unit)


def note_swap(event: PairSwapped, unit: Unit) -> None:
    """Remember whose code is on the badges now, and of that of before whose case it was.

    Who was swapped out has that code still, and may have shown it.
    """
    if before := store.planned_badge(unit.connection, event.visit_id):
        old = before._asdict() | {"id": old_badge(before.blind)}
        unit.write(badge_table, **old)
    unit.change(badge_table, event.visit_id, blind=event.badge_blind)
    own_up(event.visit_id, event.case_id, event.badge_blind, unit)


def own_up(visit_id: UUID, case_id: UUID, blind: str, unit: Unit) -> None:
    """Let complaints that came before their code was known be about its visit."""
    for complaint in store.by_unknown_code(unit.shared, blind):
        complaint.case_id, complaint.visit_id = case_id, visit_id
        whose = {"case_id": complaint.case_id, "visit_id": complaint.visit_id}
        unit.change(complaint_table, complaint.id, **whose)
        suspend(complaint, unit)


def note_visit(event: CollectorsArrived, unit: Unit) -> None:
    """Remember who stood at which door, and when."""
    unit.write(
        door_visit_table,
        id=event.visit_id,
        case_id=event.case_id,
        agency_id=event.agency_id,
        arrived_at=event.at,
    )
