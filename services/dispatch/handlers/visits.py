"""Visits: planned for a case's door, each with a badge code and perhaps a letter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.errors import Conflict
from chassis.rows import refuse, refuse_twins
from chassis.unit import Unit
from proto import badges, ids
from proto.base import Detail, Sealed
from proto.dispatch import (
    Address,
    PaperEntry,
    Place,
    PlanVisits,
    VisitEntry,
    VisitPlanned,
    VisitsPlanned,
)
from proto.field_visit import PairSwapped
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.workforce import PersonStanding
from services.dispatch import store
from services.dispatch.handlers.sealing import address_of, debtor_of
from services.dispatch.model import Case, is_home, one_mandate, sheet, visit_plan_table


@dataclass(frozen=True)
class Rests:
    """What planned visits rest on, as far as it is known here; `own` is their agency."""

    own: UUID | None
    cases: Mapping[UUID, Case]
    people: Mapping[UUID, PersonStanding]
    letters: Mapping[UUID, AuthorisationStanding]
    templates: Mapping[UUID, TemplateStanding]
    endangered: Mapping[UUID, set[UUID]]

    def approved(self, paper: PaperEntry) -> bool:
        template = self.templates.get(ids.named("template", paper.template))
        return template is not None and template.approved


def plan_visits(command: PlanVisits, unit: Unit) -> VisitsPlanned:
    """Plan visits to cases of the asker's own agency, by its own people."""
    entries = command.visits
    refuse_twins("/visits", [entry.visit_id for entry in entries])
    rests = what_they_rest_on(entries, unit)
    known = store.plans(unit.connection, [entry.visit_id for entry in entries])
    refuse(list(wrong_visits(entries, known, rests, unit)))
    new = 0
    for entry in unit.in_turns(entries):
        if (before := known.get(entry.visit_id)) is None:
            plan_visit(entry, rests.cases[entry.case_id], unit)
            new += 1
        elif entry not in before:
            raise Conflict("key-known-otherwise", thing="visit", key=str(entry.visit_id))
    return VisitsPlanned(new=new, same=len(entries) - new)


def what_they_rest_on(entries: tuple[VisitEntry, ...], unit: Unit) -> Rests:
    """Lock the cases, and read the standings of everything else."""
    cases = store.CASES.all(unit.connection, [entry.case_id for entry in entries])
    people = [person for entry in entries for person in entry.collectors]
    papers = [entry.paper for entry in entries if entry.paper]
    templates = [ids.named("template", paper.template) for paper in papers]
    return Rests(
        unit.asker.agency_id if unit.asker else None,
        cases,
        unit.kept_all(PersonStanding, people),
        unit.kept_all(AuthorisationStanding, [entry.letter_id for entry in entries]),
        unit.kept_all(TemplateStanding, templates),
        store.endangered(unit.connection, cases),
    )


def wrong_visits(
    entries: tuple[VisitEntry, ...],
    known: Mapping[UUID, tuple[VisitEntry, ...]],
    rests: Rests,
    unit: Unit,
) -> list[Detail]:
    """Return what is wrong. A visit that was planned before may rest on what has ended
    since: that it is sent again changes nothing.
    """
    found = []
    for row, entry in enumerate(unit.in_turns(entries)):
        if kind := does_not_fit(entry, rests):
            found.append(Detail(pointer=f"/visits/{row}", kind=kind))
        elif entry.visit_id not in known:
            found += not_now(f"/visits/{row}", entry, rests)
    return found


def does_not_fit(entry: VisitEntry, rests: Rests) -> str | None:
    """Return what is wrong with a planned visit, as a problem's kind."""
    own, case = rests.own, rests.cases.get(entry.case_id)
    if case is None or own is None or not one_mandate(case, own):
        return "unknown-case"
    if entry.collectors[0] == entry.collectors[1]:
        return "same-collector-twice"
    pair = [rests.people.get(person) for person in entry.collectors]
    if any(person is None or person.agency_id != own for person in pair):
        return "unknown-person"
    letter = rests.letters.get(entry.letter_id)
    if letter is None:
        return "unknown-letter"
    if letter.agency_id != own or not set(entry.collectors) <= set(letter.people):
        return "letter-does-not-fit"
    return "window-reversed" if entry.not_after <= entry.not_before else None


def not_now(pointer: str, entry: VisitEntry, rests: Rests) -> Iterator[Detail]:
    """Yield what keeps a new visit from being planned as things are."""
    case = rests.cases[entry.case_id]
    if case.over:
        values = {"key": case.number, "state": case.state.value}
        yield Detail(pointer=pointer, kind="case-not-worked", values=values)
    elif not case.address_open:
        values = {"key": case.number}
        yield Detail(pointer=pointer, kind="address-closed", values=values)
    if rests.endangered.get(case.id, set()) & set(entry.collectors):
        values = {"key": case.number}
        yield Detail(pointer=f"{pointer}/collectors", kind="never-again", values=values)
    if entry.paper and not rests.approved(entry.paper):
        values = {"key": entry.paper.template}
        where = f"{pointer}/paper/template"
        yield Detail(pointer=where, kind="template-not-approved", values=values)


def plan_visit(entry: VisitEntry, case: Case, unit: Unit) -> None:
    """Plan one visit, and tell the doorstep all it will need, sealed."""
    address, code, seal = address_of(case, unit.keyring), badges.new(), unit.keyring.seal
    badge = seal(case.id, "visit.badge", code)
    shown = sheet(debtor_of(case, unit.keyring), address)
    planned = VisitPlanned(
        **dict(entry),
        agency_id=case.agency_id,
        place=seal(case.id, "visit.place", place_of(address)),
        sheet=seal(case.id, "visit.sheet", shown.model_dump_json()),
        zone=address.zone,
        books=case.books,
        badge=badge,
        badge_blind=unit.keyring.blind("visit.badge", badges.normal(code)),
    )
    unit.write(visit_plan_table, **row_of(entry, badge))
    unit.emit(planned, case.id)


def swap(event: PairSwapped, unit: Unit) -> None:
    """Note who goes on a planned visit now, by which letter and code.

    The first two are kept beside the code: a file that is sent again names them.
    """
    badge = event.badge.model_dump(mode="json")
    if entries := store.plans(unit.connection, [event.visit_id]).get(event.visit_id):
        first = entries[-1].model_dump(mode="json", include={"collectors", "letter_id"})
        badge[store.FIRST] = first
    unit.change(
        visit_plan_table,
        event.visit_id,
        collectors=list(event.collectors),
        letter_id=event.letter_id,
        badge=badge,
    )


def place_of(address: Address) -> str:
    """Return where the door is, as it is sealed: a home is not named, so that whoever
    runs the version of before can still read it.
    """
    place = Place(**dict(address.point), place_class=address.place_class)
    return place.model_dump_json(exclude={"place_class"} if is_home(address) else None)


def row_of(entry: VisitEntry, badge: Sealed) -> dict[str, Any]:
    """Return the row of a planned visit; its badge keeps this code for good."""
    return {
        "id": entry.visit_id,
        "case_id": entry.case_id,
        "collectors": list(entry.collectors),
        "letter_id": entry.letter_id,
        "not_before": entry.not_before,
        "not_after": entry.not_after,
        "paper": entry.paper and entry.paper.model_dump(mode="json"),
        "badge": badge.model_dump(mode="json"),
    }
