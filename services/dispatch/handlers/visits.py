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
from services.dispatch.handlers import appointments
from services.dispatch.handlers.sealing import address_of, debtor_of
from services.dispatch.model import (
    Appointment,
    Case,
    is_home,
    one_mandate,
    sheet,
    visit_plan_table,
)


@dataclass(frozen=True)
class Rests:
    """What planned visits rest on, as far as it is known here; `own` is their agency."""

    own: UUID | None
    cases: Mapping[UUID, Case]
    people: Mapping[UUID, PersonStanding]
    letters: Mapping[UUID, AuthorisationStanding]
    templates: Mapping[UUID, TemplateStanding]
    endangered: Mapping[UUID, set[UUID]]
    appointments: Mapping[UUID, Appointment]

    def approved(self, paper: PaperEntry) -> bool:
        template = self.templates.get(ids.named("template", paper.template))
        return template is not None and template.approved

    def appointment(self, entry: VisitEntry) -> Appointment | None:
        """Return by which appointment a visit goes elsewhere, if it is one of its case."""
        there = entry.elsewhere
        found = self.appointments.get(there.appointment_id) if there else None
        return found if found and found.case_id == entry.case_id else None


def plan_visits(command: PlanVisits, unit: Unit) -> VisitsPlanned:
    """Plan visits to cases of the asker's own agency, by its own people."""
    entries = command.visits
    refuse_twins("/visits", [entry.visit_id for entry in entries])
    refuse_one_for_two(entries)
    rests = what_they_rest_on(entries, unit)
    known = store.plans(unit.connection, [entry.visit_id for entry in entries])
    refuse(list(wrong_visits(entries, known, rests, unit)))
    for entry in entries:
        if entry.visit_id not in known:
            appointments.refuse_used(rests.appointment(entry))
    places = store.goes_elsewhere(unit.connection, known)
    new = 0
    for entry in unit.in_turns(entries):
        if (before := known.get(entry.visit_id)) is None:
            plan_visit(entry, rests.cases[entry.case_id], rests.appointment(entry), unit)
            new += 1
        elif not is_same(entry, before, places[entry.visit_id], unit):
            raise Conflict("key-known-otherwise", thing="visit", key=str(entry.visit_id))
    return VisitsPlanned(new=new, same=len(entries) - new)


def is_same(
    entry: VisitEntry,
    before: tuple[VisitEntry, ...],
    place: tuple[UUID | None, str | None],
    unit: Unit,
) -> bool:
    """Tell whether a visit was planned just so; where to, until that is forgotten."""
    there, (appointment_id, known) = entry.elsewhere, place
    if (there and there.appointment_id) != appointment_id:
        return False
    if there and known and known != appointments.print_of(there, unit):
        return False
    return entry.model_copy(update={"elsewhere": None}) in before


def refuse_one_for_two(entries: tuple[VisitEntry, ...]) -> None:
    """Refuse two visits by one appointment. Raises Invalid naming the second ones."""
    there = (entry.elsewhere for entry in entries)
    named = (place.appointment_id if place else ids.new() for place in there)
    refuse_twins("/visits", list(named))


def what_they_rest_on(entries: tuple[VisitEntry, ...], unit: Unit) -> Rests:
    """Lock the cases, and read the standings of everything else."""
    cases = store.CASES.all(unit.connection, [entry.case_id for entry in entries])
    people = [person for entry in entries for person in entry.collectors]
    papers = [entry.paper for entry in entries if entry.paper]
    templates = [ids.named("template", paper.template) for paper in papers]
    named = [entry.elsewhere.appointment_id for entry in entries if entry.elsewhere]
    return Rests(
        unit.asker.agency_id if unit.asker else None,
        cases,
        unit.kept_all(PersonStanding, people),
        unit.kept_all(AuthorisationStanding, [entry.letter_id for entry in entries]),
        unit.kept_all(TemplateStanding, templates),
        store.endangered(unit.connection, cases),
        store.appointments(unit.connection, named),
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
            its = rests.appointment(entry)
            found += appointments.not_there(f"/visits/{row}", entry, its, unit)
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


def plan_visit(
    entry: VisitEntry, case: Case, appointment: Appointment | None, unit: Unit
) -> None:
    """Plan one visit, and tell the doorstep all it will need, sealed."""
    code, seal = badges.new(), unit.keyring.seal
    if entry.elsewhere and appointment:
        address = appointments.address_there(entry.elsewhere, appointment)
        named = appointments.use(appointment, entry, unit)
    else:
        address, named = address_of(case, unit.keyring), None
    badge = seal(case.id, "visit.badge", code)
    shown = sheet(debtor_of(case, unit.keyring), address, named)
    planned = VisitPlanned(
        **dict(entry),
        agency_id=case.agency_id,
        place=seal(case.id, "visit.place", place_of(address)),
        sheet=seal(case.id, "visit.sheet", shown.model_dump_json(exclude_none=True)),
        zone=address.zone,
        books=case.books,
        badge=badge,
        badge_blind=unit.keyring.blind("visit.badge", badges.normal(code)),
        appointment_id=appointment and appointment.id,
    )
    there = entry.elsewhere and appointments.print_of(entry.elsewhere, unit)
    unit.write(visit_plan_table, **row_of(entry, badge), elsewhere=there)
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
        "appointment_id": entry.elsewhere and entry.elsewhere.appointment_id,
    }
