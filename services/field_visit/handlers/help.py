"""Help: called from a door, heard at once, and acknowledged by whoever acts.

No rule speaks of it and no state of the visit refuses it: also after it was closed, and
from a phone that was revoked meanwhile, somebody may be in danger. All that was allowed at
that door ends with it, and until somebody acts more and more people are told (S13).
"""

import contextlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import rulebook
from chassis.errors import Conflict, NotFound, Unavailable
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role, Sealed
from proto.field_visit import (
    AcknowledgeHelp,
    Cause,
    ClimbHelp,
    Danger,
    HelpAcknowledged,
    HelpCalled,
    HelpClimbed,
    HelpKnown,
    HelpShown,
    Noted,
    ShowHelp,
    SummonHelp,
    VisitState,
)
from proto.workforce import DeviceStanding
from services.field_visit import store
from services.field_visit.handlers import endings, judging, sealing
from services.field_visit.model import Help, Visit, help_table

#: Steps that follow each other as the books say, and how far apart those after them are.
OFTEN, SELDOM = 3, timedelta(minutes=15)
A_DAY = timedelta(days=1)

#: Calls that are kept of a visit while one of them is open.
MOST_CALLS = 50


def summon_help(command: SummonHelp, unit: Unit) -> HelpKnown:
    """Make a call for help known, once by its id. Calling again is harmless.

    The answer says whom to dial and what to do until somebody comes.

    Raises NotFound when it is no phone of the pair, Conflict when the id is another call's.
    """
    visit = store.visit(unit.shared, command.visit_id)
    refuse_stranger(visit, command.device_id, unit)
    known = store.help_called(unit.connection, command.help_id)
    if known is None:
        known = call(visit, command, unit)
    elif known.visit_id != visit.id:
        raise Conflict("key-known-otherwise", thing="help", key=str(known.id))
    script = rulebook.script(f"help.{command.kind}")
    return shown(known).model_copy(update={"script": script})


def refuse_stranger(visit: Visit, device_id: UUID, unit: Unit) -> None:
    device = unit.kept_all(DeviceStanding, [device_id]).get(device_id)
    if device is None or device.person_id not in visit.collectors:
        raise NotFound("device", device_id)


def call(visit: Visit, command: SummonHelp, unit: Unit) -> Help:
    """Keep a call and tell everybody who can act, before all else.

    While another of this visit is open, it shares that one's climb: more people are told
    already. Of very many calls the last are known as the one that is open.
    """
    open_ones = store.open_help(unit.connection, visit.id)
    if len(open_ones) >= MOST_CALLS:
        return open_ones[0]
    made = keep(visit, command, unit)
    end_all(visit, unit)
    sealing.look_soon(visit, unit)
    if not open_ones:
        climb_later(visit, made, unit)
    return made


def keep(visit: Visit, command: SummonHelp, unit: Unit) -> Help:
    """Keep one call, and say it once."""
    assert unit.asker is not None
    assert unit.asker.person_id is not None  # of the pair
    made = Help(
        id=command.help_id,
        visit_id=visit.id,
        collector_id=unit.asker.person_id,
        device_id=command.device_id,
        called_at=command.at,
        at=unit.now,
        details=details(visit, command, unit),
    )
    row = vars(made) | {"details": made.details and made.details.model_dump(mode="json")}
    unit.write(help_table, **row)
    called = HelpCalled(
        **judging.about(visit, unit),
        help_id=made.id,
        collector_id=made.collector_id,
        collectors=visit.collectors,
        called_at=made.called_at,
        details=made.details,
    )
    unit.emit(called, visit.case_id)
    return made


def details(visit: Visit, command: SummonHelp, unit: Unit) -> Sealed | None:
    """Seal what it is about and where the phone is: only who may act on it reads that.

    None when nothing was said, or it cannot be sealed: the key was shredded, or its
    master key is not here. That somebody needs help is heard all the same.
    """
    position = command.position
    if command.kind is Danger.OTHER and position is None:
        return None
    told = {"kind": command.kind, "position": position and position.model_dump(mode="json")}
    with contextlib.suppress(Conflict, Unavailable):
        return unit.keyring.seal(visit.case_id, "visit.help", json.dumps(told))
    return None


def end_all(visit: Visit, unit: Unit) -> None:
    """Let nothing more be done at this door, nor by these two in this case, ever."""
    endings.endanger(visit, unit)
    endings.end_early(visit, Cause.DANGER, unit.now, unit)


def climb_later(visit: Visit, called: Help, unit: Unit) -> None:
    """Look soon whether somebody acts; where no book says how soon, at once.

    Once everybody was told twice, seldom: it is told again, and drowns nothing.
    """
    seconds = rulebook.climb_seconds(visit.books, visit.local(unit.now).date())
    if seconds is None and called.climbed:
        return
    wait = timedelta(seconds=seconds or 0)
    if called.climbed >= OFTEN:
        wait = max(wait, SELDOM)
    again = ClimbHelp(visit_id=visit.id, help_id=called.id)
    unit.later(unit.now + wait, again, visit.id)


def is_past(visit: Visit, called: Help, unit: Unit) -> bool:
    """Tell whether a call is of a visit that is over, and of yesterday."""
    return visit.state is VisitState.CLOSED and unit.now - called.at >= A_DAY


def climb_help(command: ClimbHelp, unit: Unit) -> Noted:
    """Tell more people while nobody acts: the bank's officer, then everybody, again and
    again until somebody does, or the visit is over and a day has passed.
    """
    visit = store.visit(unit.shared, command.visit_id)
    found = store.help_called(unit.connection, command.help_id)
    if found is not None and not is_past(visit, found, unit) and found.climb():
        unit.change(help_table, found.id, climbed=found.climbed)
        told = HelpClimbed(
            **judging.about(visit, unit),
            help_id=found.id,
            to=found.told,
            step=found.climbed,
            called_at=found.called_at,
        )
        unit.emit(told, visit.case_id)
        climb_later(visit, found, unit)
    return Noted()


def helper_of(command: AcknowledgeHelp, unit: Unit) -> None:
    """Raises Forbidden, and NotFound for a supervisor of another agency."""
    only(Role.SUPERVISOR, Role.BANK_OFFICER)(command, unit)
    visit, asker = store.visit(unit.shared, command.visit_id), unit.asker
    of_the_bank = asker is not None and asker.role is Role.BANK_OFFICER
    if not of_the_bank and (asker is None or asker.agency_id != visit.agency_id):
        raise NotFound("visit", visit.id)


def acknowledge_help(command: AcknowledgeHelp, unit: Unit) -> HelpKnown:
    """Note that somebody acts: on this call, and on all of the visit that are open with it,
    which share its climb. Whoever comes second is told the same.
    """
    visit = store.visit(unit.shared, command.visit_id)
    found = store.help_called(unit.connection, command.help_id)
    if found is None or found.visit_id != visit.id:
        raise NotFound("help", command.help_id)
    if found.acknowledge(unit.by, unit.now):
        its = {"acknowledged_at": found.acknowledged_at, "acknowledged_by": unit.by}
        for each in store.open_help(unit.connection, visit.id):
            unit.change(help_table, each.id, **its)
            told = HelpAcknowledged(**judging.about(visit, unit), help_id=each.id)
            unit.emit(told, visit.case_id)
        sealing.look_soon(visit, unit)
    return shown(found)


def show_help(command: ShowHelp, unit: Unit) -> HelpShown:
    """Show what a call is about and where it came from. Raises NotFound.

    Nothing of that is left when the case was shredded meanwhile.
    """
    assert unit.asker is not None
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    found = store.help_called(unit.connection, command.help_id)
    if found is None or found.visit_id != visit.id:
        raise NotFound("help", command.help_id)
    told: dict[str, Any] = {"kind": None, "position": None}
    if found.details:
        with contextlib.suppress(Unavailable):
            opened = unit.keyring.open(found.details, visit.case_id, "visit.help")
            told = json.loads(opened)
    return HelpShown(
        visit_id=visit.id,
        help_id=found.id,
        collector_id=found.collector_id,
        called_at=found.called_at,
        acknowledged_at=found.acknowledged_at,
        told=found.told,
        **told,
    )


def shown(found: Help) -> HelpKnown:
    return HelpKnown(
        visit_id=found.visit_id,
        help_id=found.id,
        called_at=found.called_at,
        acknowledged_at=found.acknowledged_at,
    )
