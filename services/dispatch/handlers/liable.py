"""Who owes a debt too, said by the bank: the doorstep learns the relation alone (S2)."""

from chassis.errors import Conflict
from chassis.rows import refuse
from chassis.unit import Unit
from proto.base import Detail
from proto.dispatch import CaseShown, LiabilityTyped, ReleaseLiable, TypeLiable
from services.dispatch import store
from services.dispatch.handlers.holding import save, shown, today
from services.dispatch.model import Case, Liable


def type_liable(command: TypeLiable, unit: Unit) -> CaseShown:
    """Let a relative be spoken with as somebody who owes the debt.

    Raises Invalid for a day that has not come, Conflict for an id that is another's.
    """
    case = store.case(unit.shared, command.case_id)
    case.refuse_over()
    if command.since > today(unit):
        values = {"key": str(command.since), "today": str(today(unit))}
        refuse([Detail(pointer="/since", kind="not-liable-yet", values=values)])
    known = case.liable.get(command.liable_id)
    if known is None:
        name = unit.keyring.seal(case.id, "case.liable", command.name)
        its = command.model_dump(exclude={"case_id", "liable_id", "name"})
        case.liable[command.liable_id] = Liable(id=command.liable_id, name=name, **its)
        tell(case, case.liable[command.liable_id], True, unit)
    elif not says(known, command, case, unit):
        raise Conflict("key-known-otherwise", thing="liable", key=str(command.liable_id))
    return shown(case)


def says(known: Liable, command: TypeLiable, case: Case, unit: Unit) -> bool:
    """Tell whether somebody was named just so before."""
    name = unit.keyring.open(known.name, case.id, "case.liable")
    named = (known.relation, known.owes_as, known.since, name)
    return named == (command.relation, command.owes_as, command.since, command.name)


def release_liable(command: ReleaseLiable, unit: Unit) -> CaseShown:
    """Make a third party of somebody again. Saying so twice is harmless."""
    case = store.case(unit.shared, command.case_id)
    if released := case.liable.pop(command.liable_id, None):
        tell(case, released, False, unit)
    return shown(case)


def tell(case: Case, liable: Liable, owes: bool, unit: Unit) -> None:
    """Say who owes it now, to those who decide by it and to the bank."""
    typed = LiabilityTyped(
        case_id=case.id,
        liable_id=liable.id,
        by=liable.relation,
        owes=owes,
        at=unit.now,
    )
    unit.emit(typed, case.id)
    save(case, unit)
