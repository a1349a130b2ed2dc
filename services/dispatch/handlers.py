"""What dispatch does with each message."""

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import rulebook
from chassis.errors import Conflict
from chassis.keyring import Keyring
from chassis.rows import refuse, refuse_twins
from chassis.unit import Unit
from proto.base import Detail
from proto.canonical import canonical
from proto.dispatch import (
    Address,
    CaseEntry,
    CaseHeld,
    CaseOpened,
    CaseResumed,
    CaseShown,
    CasesOpened,
    CaseStanding,
    CaseState,
    Debtor,
    HoldCase,
    OpenCases,
    PlanVisits,
    ResumeCase,
    VisitEntry,
    VisitPlanned,
    VisitsPlanned,
)
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, PersonStanding
from services.dispatch import store
from services.dispatch.model import (
    FINDABLE,
    SHREDDED,
    Case,
    case_table,
    sheet,
    visit_plan_table,
)

ZONES = frozenset(available_timezones())


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
    new = sum(
        open_case(entry, known.get(entry.case_id), unit) for entry in unit.in_turns(entries)
    )
    return CasesOpened(new=new, same=len(entries) - new)


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


def open_case(entry: CaseEntry, known: Case | None, unit: Unit) -> int:
    """Take one case in; return how many that makes."""
    print_ = unit.keyring.fingerprint(canonical(entry.model_dump(mode="json")).decode())
    if known and known.entry == print_:
        return 0
    if known and known.entry == SHREDDED:
        raise Conflict("key-shredded", key=entry.number)
    if known:
        raise Conflict("key-known-otherwise", thing="case", key=entry.number)
    unit.write(case_table, **row_of(entry, unit.keyring), entry=print_)
    unit.emit(CaseOpened(case_id=entry.case_id, number=entry.number), entry.case_id)
    standing = CaseStanding(
        case_id=entry.case_id,
        number=entry.number,
        agency_id=entry.agency_id,
        state=CaseState.PLACED,
        books=entry.books,
        version=1,
    )
    unit.emit(standing, entry.case_id)
    return 1


def row_of(entry: CaseEntry, keyring: Keyring) -> dict[str, Any]:
    """Return the row of a new case: the debtor and the address sealed, and findable."""
    debtor = keyring.seal(entry.case_id, "case.debtor", entry.debtor.model_dump_json())
    address = keyring.seal(entry.case_id, "case.address", entry.address.model_dump_json())
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
        **blinds(entry.debtor, keyring),
    }


def hold_case(command: HoldCase, unit: Unit) -> CaseShown:
    """Let nobody work a case; within a second nobody is allowed anything about it."""
    case = store.CASES.one(unit.shared, command.case_id)
    if case.hold(command.reason):
        unit.emit(CaseHeld(case_id=case.id, reason=command.reason, at=unit.now), case.id)
        save(case, unit)
    return shown(case)


def resume_case(command: ResumeCase, unit: Unit) -> CaseShown:
    """Let a held case be worked again."""
    case = store.CASES.one(unit.shared, command.case_id)
    if case.resume():
        unit.emit(CaseResumed(case_id=case.id, at=unit.now), case.id)
        save(case, unit)
    return shown(case)


def save(case: Case, unit: Unit) -> None:
    row = {"state": case.state, "held_because": case.held_because}
    unit.change(case_table, case.id, **row, version=case.version)
    unit.emit(case.standing(), case.id)


def shown(case: Case) -> CaseShown:
    return CaseShown(
        case_id=case.id, number=case.number, state=case.state, version=case.version
    )


def blinds(debtor: Debtor, keyring: Keyring) -> dict[str, str]:
    """Return what the case will be found by."""
    return {
        f"{what}_blind": keyring.blind(f"case.{what}", getattr(debtor, what))
        for what in FINDABLE
    }


def plan_visits(command: PlanVisits, unit: Unit) -> VisitsPlanned:
    """Plan visits to cases of the asker's own agency, by its own people."""
    entries = command.visits
    refuse_twins("/visits", [entry.visit_id for entry in entries])
    cases = store.CASES.all(unit.connection, [entry.case_id for entry in entries])
    refuse(wrong_visits(entries, cases, unit))
    known = store.plans(unit.connection, [entry.visit_id for entry in entries])
    new = 0
    for entry in unit.in_turns(entries):
        if (before := known.get(entry.visit_id)) is None:
            plan_visit(entry, cases[entry.case_id], unit)
            new += 1
        elif before != entry:
            raise Conflict("key-known-otherwise", thing="visit", key=str(entry.visit_id))
    return VisitsPlanned(new=new, same=len(entries) - new)


def wrong_visits(
    entries: tuple[VisitEntry, ...], cases: dict[UUID, Case], unit: Unit
) -> list[Detail]:
    wanted = [person for entry in entries for person in entry.collectors]
    people = unit.kept_all(PersonStanding, wanted)
    letters = unit.kept_all(AuthorisationStanding, [e.letter_id for e in entries])
    own = unit.asker.agency_id if unit.asker else None
    return [
        Detail(pointer=f"/visits/{row}", kind=kind)
        for row, entry in enumerate(unit.in_turns(entries))
        if (
            kind := wrong_visit(
                entry,
                cases.get(entry.case_id),
                own,
                [people.get(person) for person in entry.collectors],
                letters.get(entry.letter_id),
            )
        )
    ]


def wrong_visit(
    entry: VisitEntry,
    case: Case | None,
    own: UUID | None,
    pair: list[PersonStanding | None],
    letter: AuthorisationStanding | None,
) -> str | None:
    """Return what is wrong with a planned visit, as a problem's kind."""
    if case is None or own is None or case.agency_id != own:
        return "unknown-case"
    if entry.collectors[0] == entry.collectors[1]:
        return "same-collector-twice"
    if any(person is None or person.agency_id != own for person in pair):
        return "unknown-person"
    if letter is None:
        return "unknown-letter"
    if letter.agency_id != own or not set(entry.collectors) <= set(letter.people):
        return "letter-does-not-fit"
    return "window-reversed" if entry.not_after <= entry.not_before else None


def plan_visit(entry: VisitEntry, case: Case, unit: Unit) -> None:
    """Plan one visit, and tell the doorstep all it will need, sealed."""
    opened = unit.keyring.open(case.debtor, case.id, "case.debtor")
    debtor = Debtor.model_validate_json(opened)
    opened = unit.keyring.open(case.address, case.id, "case.address")
    address = Address.model_validate_json(opened)
    shown = sheet(debtor, address)
    unit.write(
        visit_plan_table,
        id=entry.visit_id,
        case_id=entry.case_id,
        collectors=list(entry.collectors),
        letter_id=entry.letter_id,
        not_before=entry.not_before,
        not_after=entry.not_after,
    )
    planned = VisitPlanned(
        visit_id=entry.visit_id,
        case_id=case.id,
        agency_id=case.agency_id,
        collectors=entry.collectors,
        letter_id=entry.letter_id,
        place=unit.keyring.seal(case.id, "visit.place", address.point.model_dump_json()),
        sheet=unit.keyring.seal(case.id, "visit.sheet", shown.model_dump_json()),
        zone=address.zone,
        not_before=entry.not_before,
        not_after=entry.not_after,
        books=case.books,
    )
    unit.emit(planned, case.id)
