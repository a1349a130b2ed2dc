"""The board and the timelines, for those who may see them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from chassis.errors import Invalid, NotFound
from chassis.operations import only
from chassis.shared import Kept
from chassis.unit import Unit
from proto.base import Asker, Detail, Role
from proto.complaints import WorkStanding
from proto.dispatch import CaseStanding, CaseState
from proto.oversight import (
    Against,
    BankBoard,
    BankVisit,
    Board,
    BoardVisit,
    HelpAlert,
    ShowBankBoard,
    ShowBoard,
    ShowTimeline,
    Timeline,
    TimelineEntry,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.oversight import store
from services.oversight.model import Happened, Place, timeline_table
from services.oversight.store import Seen

#: Whose today the board shows when no day was asked for: the bank's, not the debtor's.
BANK_ZONE = ZoneInfo("Asia/Shanghai")
#: Which visits and events each of them sees, the store says.
by_supervisors = only(Role.SUPERVISOR)
by_bank = only(Role.BANK_OFFICER, Role.COMPLIANCE)
by_readers = only(Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE)


def show_board(command: ShowBoard, unit: Unit) -> Board:
    """Show a page of a day to an agency, which is not told why a case is held."""
    page, about = read_page(command, unit)
    visits = tuple(
        BoardVisit(**{name: each for name, each in one.items() if name != "duties"})
        for one in on_board(page, unit)
    )
    return Board(visits=visits, **about)


def show_bank_board(command: ShowBankBoard, unit: Unit) -> BankBoard:
    """Show a page of a day to the bank."""
    page, about = read_page(command, unit)
    holds = store.holds(unit.connection, {seen.case_id for seen in page})
    visits = tuple(
        BankVisit(**each, holds=tuple(holds.get(each["case_id"], ())))
        for each in on_board(page, unit)
    )
    return BankBoard(visits=visits, **about)


def read_page(command: ShowBoard, unit: Unit) -> tuple[list[Seen], dict[str, Any]]:
    """Return the visits of a page, and what is said about the page itself.

    How far the stream was read is looked up first, so that whoever goes on from there
    may hear of something twice, and misses nothing.
    """
    asker = who(unit)
    day = command.day or unit.now.astimezone(BANK_ZONE).date()
    position = store.position(unit.connection)
    after = Place.read(command.after) if command.after else None
    seen = store.board(unit.connection, asker, day, after, command.limit + 1)
    page = seen[: command.limit]
    last = Place(page[-1].not_before, page[-1].visit_id) if page else None
    more = last.cursor() if last and len(seen) > len(page) else None
    return page, {"day": day, "next": more, "position": position}


def who(unit: Unit) -> Asker:
    assert unit.asker is not None  # its door lets nobody in who is nobody
    return unit.asker


def on_board(page: Sequence[Seen], unit: Unit) -> list[dict[str, Any]]:
    kept = unit.kept(
        {
            CaseStanding: [seen.case_id for seen in page],
            AgencyStanding: [seen.agency_id for seen in page],
            PersonStanding: [person for seen in page for person in people(seen.shown)],
        }
    )
    return [board_visit(seen, kept) for seen in page]


def people(shown: dict[str, Any]) -> Iterable[UUID]:
    """Everybody who is named in a row: its pair, and who has called for help."""
    named = (*shown["collectors"], *(call["collector_id"] for call in shown["help"]))
    return map(UUID, named)


def board_visit(seen: Seen, kept: Kept) -> dict[str, Any]:
    """Return what everybody who sees a visit is shown of it."""
    shown, case = seen.shown, kept.get(CaseStanding, seen.case_id)
    agency = kept.get(AgencyStanding, seen.agency_id)
    return shown | {
        "visit_id": seen.visit_id,
        "case_id": seen.case_id,
        "case_number": case.number if case else None,
        "agency_id": seen.agency_id,
        "agency": agency.code if agency else str(seen.agency_id),
        "withdrawn": not may_be_worked(seen, kept),
        "collectors": tuple(staff_number(each, kept) for each in shown["collectors"]),
        "against": tuple(Against(**each) for each in shown["against"]),
        "help": tuple(alert(each, kept) for each in shown["help"]),
    }


def may_be_worked(seen: Seen, kept: Kept) -> bool:
    """Tell whether the case is this agency's to work now, as its pair is told."""
    case = kept.get(CaseStanding, seen.case_id)
    agency = kept.get(AgencyStanding, seen.agency_id)
    if case is None or agency is None:
        return False
    work = kept.get(WorkStanding, seen.case_id)
    placed = case.state is CaseState.PLACED and case.agency_id == seen.agency_id
    return placed and agency.active and not (work is not None and work.suspended)


def staff_number(person_id: str, kept: Kept) -> str:
    """Return a staff number; the id of somebody whose number was not heard yet."""
    person = kept.get(PersonStanding, UUID(person_id))
    return person.staff_no if person else person_id


def alert(call: dict[str, Any], kept: Kept) -> HelpAlert:
    return HelpAlert(
        help_id=call["help_id"],
        collector=staff_number(call["collector_id"], kept),
        called_at=call["called_at"],
        acknowledged_at=call["acknowledged_at"],
        told=call.get("told"),  # a row of an earlier edition has none
    )


def show_timeline(command: ShowTimeline, unit: Unit) -> Timeline:
    """Show a page of what happened. What somebody may not see is as if it were not."""
    asker, about = who(unit), whole(command)
    if not store.is_known(unit.connection, asker, about):
        thing = "visit" if command.visit_id else "case"
        raise NotFound(thing, command.visit_id or command.case_id)
    after = Place.read(command.after) if command.after else None
    seen = store.timeline(unit.connection, asker, about, after, command.limit + 1)
    page = seen[: command.limit]
    last = Place(page[-1].at, page[-1].event_id) if page else None
    return Timeline(
        entries=tuple(entry(event) for event in page),
        next=last.cursor() if last and len(seen) > len(page) else None,
    )


def whole(command: ShowTimeline) -> ColumnElement[bool]:
    """Return what a timeline is of. Raises Invalid unless it is one thing."""
    table = timeline_table.c
    match command.visit_id, command.case_id:
        case UUID() as visit_id, None:
            return table.visit_id == visit_id
        case None, UUID() as case_id:
            return table.case_id == case_id
    raise Invalid("malformed", Detail(pointer="", kind="visit-or-case"))


def entry(event: Happened) -> TimelineEntry:
    return TimelineEntry(
        event_id=event.event_id,
        at=event.at,
        said_at=event.said_at,
        topic=event.topic,
        source=event.source,
        visit_id=event.visit_id,
        case_id=event.case_id,
        clauses=event.clauses,
        data=event.data,
    )
