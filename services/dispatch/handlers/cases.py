"""Cases: taken in, shown, recalled, paid off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import rulebook
from chassis.errors import Conflict
from chassis.keyring import Keyring
from chassis.rows import refuse, refuse_twins
from chassis.unit import Unit
from proto.base import Detail
from proto.canonical import canonical
from proto.dispatch import (
    AddressClosed,
    CaseEntry,
    CaseOpened,
    CaseRecalled,
    CaseShown,
    CasesOpened,
    CaseStanding,
    CaseState,
    Debtor,
    DebtPaidOff,
    MarkPaidOff,
    OpenCases,
    RecallCase,
    ShowCase,
)
from proto.workforce import AgencyStanding
from services.dispatch import store
from services.dispatch.handlers.dangers import with_dangers
from services.dispatch.handlers.holding import lifted, save, shown
from services.dispatch.handlers.letting_go import end_those_of
from services.dispatch.model import (
    FINDABLE,
    SHREDDED,
    ZONES,
    Case,
    case_table,
    is_home,
)


def open_cases(command: OpenCases, unit: Unit) -> CasesOpened:
    """Take cases in, sealed, and place each with its agency."""
    entries = command.cases
    refuse_twins("/cases", [entry.case_id for entry in entries])
    agencies = unit.kept_all(AgencyStanding, [entry.agency_id for entry in entries])
    refuse(
        [
            Detail(pointer=f"/cases/{row}{where}", kind=kind, values={"key": key})
            for row, entry in enumerate(unit.in_turns(entries))
            for where, kind, key in wrong_case(entry, agencies.get(entry.agency_id))
        ]
    )
    ids = [entry.case_id for entry in entries]
    known = store.CASES.all(unit.connection, ids)
    unit.keyring.make(ids)
    closed = at_closed_doors(entries, unit)
    new = sum(
        open_case(entry, known.get(entry.case_id), entry.case_id not in closed, unit)
        for entry in unit.in_turns(entries)
    )
    return CasesOpened(new=new, same=len(entries) - new)


def at_closed_doors(entries: Sequence[CaseEntry], unit: Unit) -> set[UUID]:
    """Return the cases whose door was found wrong for another one before they came."""
    doors = {
        entry.case_id: unit.keyring.blind("case.address", entry.address.text)
        for entry in unit.in_turns(entries)
    }
    closed = store.closed_doors(unit.connection, doors.values())
    return {case_id for case_id, door in doors.items() if door in closed}


def wrong_case(
    entry: CaseEntry, agency: AgencyStanding | None
) -> list[tuple[str, str, str]]:
    """Return what is wrong with a case: where, a problem's kind, and the value."""
    wrong = [
        (f"/books/{row}", "unknown-book", book)
        for row, book in enumerate(entry.books)
        if book not in rulebook.load()
    ]
    if agency is None:
        wrong.append(("/agency_id", "unknown-agency", str(entry.agency_id)))
    elif not agency.active:
        wrong.append(("/agency_id", "agency-inactive", agency.code))
    if entry.address.zone not in ZONES:
        wrong.append(("/address/zone", "unknown-zone", entry.address.zone))
    return wrong


def open_case(entry: CaseEntry, known: Case | None, address_open: bool, unit: Unit) -> int:
    """Take one case in; return how many that makes."""
    print_ = unit.keyring.fingerprint(as_written(entry))
    if known and known.entry == print_:
        return 0
    if known and known.entry == SHREDDED:
        raise Conflict("key-shredded", key=entry.number)
    if known:
        raise Conflict("key-known-otherwise", thing="case", key=entry.number)
    row = row_of(entry, unit.keyring) | {"entry": print_, "address_open": address_open}
    unit.write(case_table, **row, opened_by=unit.asker and unit.asker.account_id)
    say_opened(entry, address_open, unit)
    return 1


def as_written(entry: CaseEntry) -> str:
    """Return what tells one entry from another, as it was before places had a class."""
    written = entry.model_dump(mode="json")
    if is_home(entry.address):
        del written["address"]["place_class"]
    return canonical(written).decode()


def say_opened(entry: CaseEntry, address_open: bool, unit: Unit) -> None:
    """Tell others of a new case, and that nobody may go to its door when it is closed."""
    unit.emit(CaseOpened(case_id=entry.case_id, number=entry.number), entry.case_id)
    if not address_open:
        its = {"case_id": entry.case_id, "agency_id": entry.agency_id}
        unit.emit(AddressClosed(**its, at=unit.now), entry.case_id)
    standing = CaseStanding(
        case_id=entry.case_id,
        number=entry.number,
        agency_id=entry.agency_id,
        state=CaseState.PLACED,
        books=entry.books,
        address_open=address_open,
        version=1,
    )
    unit.emit(standing, entry.case_id)


def row_of(entry: CaseEntry, keyring: Keyring) -> dict[str, Any]:
    """Return the row of a new case: the debtor and the address sealed, and findable."""
    debtor = keyring.seal(entry.case_id, "case.debtor", entry.debtor.model_dump_json())
    known = {"place_class"} if is_home(entry.address) else None
    written = entry.address.model_dump_json(exclude=known)
    address = keyring.seal(entry.case_id, "case.address", written)
    return {
        "id": entry.case_id,
        "number": entry.number,
        "agency_id": entry.agency_id,
        "state": CaseState.PLACED,
        "books": list(entry.books),
        "debtor": debtor.model_dump(mode="json"),
        "address": address.model_dump(mode="json"),
        "amount": entry.amount,
        "currency": entry.currency,
        "overdue_since": entry.overdue_since,
        "version": 1,
        "address_blind": keyring.blind("case.address", entry.address.text),
        **blinds(entry.debtor, keyring),
    }


def recall_case(command: RecallCase, unit: Unit) -> CaseShown:
    """Take the case back (撤案): nobody works it any more."""
    return end(command.case_id, CaseState.RECALLED, CaseRecalled, unit)


def mark_paid_off(command: MarkPaidOff, unit: Unit) -> CaseShown:
    """Note that nothing is owed any more (结清)."""
    return end(command.case_id, CaseState.PAID_OFF, DebtPaidOff, unit)


def end(
    case_id: UUID, state: CaseState, ended: type[CaseRecalled | DebtPaidOff], unit: Unit
) -> CaseShown:
    """End the work on a case, and with it every hold. A second time changes nothing."""
    case = store.case(unit.shared, case_id)
    holds = case.end(state)
    if holds is not None:
        for hold in holds:
            lifted(case, hold, unit)
        end_those_of(case.id, unit)
        said = ended(case_id=case.id, agency_id=case.agency_id, at=unit.now)
        unit.emit(said, case.id)
        save(case, unit)
    return shown(case)


def show_case(command: ShowCase, unit: Unit) -> CaseShown:
    """Show a case, why it is held, and what the bank still has to report."""
    return with_dangers(store.look_at(unit.connection, command.case_id), unit)


def blinds(debtor: Debtor, keyring: Keyring) -> dict[str, str]:
    """Return what the case will be found by."""
    return {
        f"{what}_blind": keyring.blind(f"case.{what}", getattr(debtor, what))
        for what in FINDABLE
    }
