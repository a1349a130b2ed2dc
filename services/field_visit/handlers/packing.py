"""The day's pack: a collector's visits of today, each with all that its door will need."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import rulebook
from chassis.errors import Forbidden, Unavailable
from chassis.settings import settings
from chassis.shared import Kept
from chassis.unit import Unit
from proto.base import Standing
from proto.dispatch import CaseStanding
from proto.field_visit import VisitState
from proto.letters import AuthorisationStanding
from proto.pack import (
    LIVE,
    CashLeave,
    CollectPack,
    DayPack,
    Pack,
    PackAnchor,
    PackedCode,
    PackedVisit,
    PackLetter,
    Pairing,
)
from proto.recovery import AuthorityState
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding
from services.field_visit import store
from services.field_visit.handlers import codes, facts, judging, shown
from services.field_visit.handlers.check_in import trust
from services.field_visit.handlers.foretelling import Answers, begins, day_of
from services.field_visit.handlers.granting import enrolled, granted
from services.field_visit.handlers.places import door_of
from services.field_visit.model import LeaveKind, Visit


def collect_pack(command: CollectPack, unit: Unit) -> DayPack:
    """Pack the day for a collector's own phone. It is told to nobody else, and not kept.

    Raises Forbidden for another's phone or one not enrolled, Unavailable in doubt.
    """
    me = own(command.device_id, unit)
    visits = todays(me, unit)
    unit.shared.refuse_stale(sorted(judging.SOURCES), ())  # one goes by it for hours
    kept = known_of(visits, me, unit)
    known = [each for each in visits if may_carry(each, kept, unit)]
    carried = {each.id for each in known}
    give_codes(known, unit)
    answers, devices = Answers(), devices_of(known, unit)
    packed = [
        pack_visit(each, kept, devices, answers, unit) for each in unit.in_turns(known)
    ]
    pack = Pack(
        device_id=command.device_id,
        person_id=me,
        made_at=unit.now,
        good_until=good_until(known, unit),
        anchor=PackAnchor(at=unit.now),
        days={each.zone: day_of(each, unit.now) for each in known},
        visits=tuple(packed),
        withdrawn=tuple(each.id for each in visits if each.id not in carried),
        phones=enrolled({who for each in known for who in each.collectors}, devices),
        tables=tuple(answers.tables),
        answers=tuple(answers.answers),
        live=tuple(sorted(LIVE)),
        scripts=scripts(),
    )
    return DayPack(pack=pack, grants=tuple(granted(v, devices, unit) for v in known))


def own(device_id: UUID, unit: Unit) -> UUID:
    """Return whose phone this is, if it is the asker's. Raises Forbidden."""
    me = unit.asker.person_id if unit.asker else None
    device = unit.kept_all(DeviceStanding, [device_id]).get(device_id)
    if me is None:
        raise Forbidden("device-not-yours", key=str(device_id))
    trust(device, device_id, me)
    return me


def todays(person_id: UUID, unit: Unit, *, over: bool = False) -> list[Visit]:
    """Return the visits that a collector still has today, by the clocks at their doors.

    With `over` also those that are over.
    """
    found = store.planned_around(unit.connection, person_id, unit.now)
    mine = [each for each in found if is_today(each, unit.now)]
    return [each for each in mine if over or not is_over(each, unit.now)]


def is_today(visit: Visit, now: datetime) -> bool:
    first, last = visit.local(visit.not_before), visit.local(visit.not_after)
    return first.date() <= visit.local(now).date() <= last.date()


def is_over(visit: Visit, now: datetime) -> bool:
    over = visit.state in (VisitState.LEAVING, VisitState.CLOSED)
    return over or now >= visit.not_after


def known_of(visits: Sequence[Visit], me: UUID, unit: Unit) -> Kept:
    """Fetch all that these visits rest on, together."""
    unit.keyring.load([visit.case_id for visit in visits])
    unit.shared.want(subjects=(key for visit in visits for key in told_of(visit)))
    wanted: dict[type[Standing], list[UUID]] = {PersonStanding: [me]}
    for visit in visits:
        for kind, keys in facts.resting_on(visit).items():
            wanted.setdefault(kind, []).extend(keys)
    return unit.kept(wanted)


def told_of(visit: Visit) -> tuple[UUID, ...]:
    """Return whatever an event that speaks against a visit would be about."""
    return (visit.id, visit.case_id, visit.agency_id, visit.letter_id, *visit.collectors)


def may_carry(visit: Visit, kept: Kept, unit: Unit) -> bool:
    """Tell whether a phone may carry who lives there; else the visit is withdrawn.

    So it is while an event about it could not take effect here: that one, and no other.
    """
    sure = unit.shared.held.isdisjoint(map(str, told_of(visit)))
    mine = sure and shown.may_know(visit, kept, unit)
    return mine and shown.sheet(visit, unit) is not None


def devices_of(visits: Sequence[Visit], unit: Unit) -> list[DeviceStanding]:
    """Return the phones of all these pairs."""
    people = {person for visit in visits for person in visit.collectors}
    device_ids = store.phones_of(unit.connection, people)
    return list(unit.kept_all(DeviceStanding, device_ids).values())


def pack_visit(
    visit: Visit,
    kept: Kept,
    devices: Iterable[DeviceStanding],
    answers: Answers,
    unit: Unit,
) -> PackedVisit:
    """Return one visit as a phone carries it."""
    case, sheet = kept.get(CaseStanding, visit.case_id), shown.sheet(visit, unit)
    assert sheet is not None
    place = door_of(visit, unit)
    phones = (phone.device_id for phone in enrolled(visit.collectors, devices))
    return PackedVisit(
        visit_id=visit.id,
        collectors=(visit.collectors[0], visit.collectors[1]),
        not_before=visit.not_before,
        not_after=visit.not_after,
        zone=visit.zone,
        sheet=sheet,
        point=place.model_dump(exclude={"place_class"}),
        place_class=place.place_class,
        letter=letter(visit, kept),
        badge=shown.badge(visit, unit),
        special=case is not None and case.special,
        paper=visit.paper_how,
        cash=cash(visit, unit),
        code=code(visit, unit),
        pairing=Pairing(phones=tuple(phones), nonce=visit.nonce),
        table=answers.table(visit, unit),
    )


def letter(visit: Visit, kept: Kept) -> PackLetter | None:
    """Return the authorisation letter that the pair is to show, without a debtor."""
    found = kept.get(AuthorisationStanding, visit.letter_id)
    agency = kept.get(AgencyStanding, visit.agency_id)
    if found is None or agency is None:
        return None
    people = (kept.get(PersonStanding, person) for person in visit.collectors)
    return PackLetter(
        number=found.number,
        agency=agency.code,
        staff_numbers=tuple(person.staff_no if person else "?" for person in people),
        valid_from=found.valid_from,
        valid_until=found.valid_until,
    )


def cash(visit: Visit, unit: Unit) -> CashLeave | None:
    """Return the bank's leave to take cash here, if it lives and nobody else has it."""
    leave = visit.leave(LeaveKind.CASH)
    if leave is None or not leave.free_for(visit.id):
        return None
    said = leave.cash
    if said.state is not AuthorityState.GRANTED or said.good_until <= unit.now:
        return None
    return CashLeave(
        authority_id=leave.id,
        cap=said.cap,
        currency=said.currency,
        good_until=said.good_until,
    )


def give_codes(visits: Sequence[Visit], unit: Unit) -> None:
    """Give each visit its case's payment codes; none while one may have been taken back
    of which we have not heard.
    """
    try:
        unit.shared.refuse_stale(sorted(judging.CODE_SOURCES), ())
    except Unavailable:
        return
    store.give_codes(unit.connection, visits)


def code(visit: Visit, unit: Unit) -> PackedCode | None:
    """Return the bank's payment code, if it is good for some of this day."""
    if (found := visit.code) is None:
        return None
    day = day_of(visit, unit.now)
    if not found.good_within(day.begins_at, begins(day.on + timedelta(days=1), visit.zone)):
        return None
    text = codes.opened(found, unit)
    return PackedCode(case_id=visit.case_id, code=text) if text else None


def good_until(visits: Iterable[Visit], unit: Unit) -> datetime:
    """Return when the pack is worth nothing any more: when the day ends at the first of
    its doors, and after so many hours at the latest.
    """
    ends = [unit.now + timedelta(hours=settings().pack_hours)]
    for visit in visits:
        tomorrow = visit.local(unit.now).date() + timedelta(days=1)
        ends.append(begins(tomorrow, visit.zone))
    return min(ends)


def scripts() -> dict[str, dict[str, str]]:
    """Return everything that may have to be said, in both languages."""
    return {key: rulebook.script(key) for key in sorted(rulebook.scripts("en"))}
