"""Money was left behind: an incident that the bank settles, never a payment (S10)."""

from datetime import timedelta

import rulebook
from chassis.unit import Unit
from proto.field_visit import MoneyLeftBehind
from proto.recovery import IncidentShown, MoneyLeftNoted, SettleMoneyLeft
from services.recovery import store
from services.recovery.handlers import judging, shown
from services.recovery.handlers.taken import books, sum_of
from services.recovery.model import Incident, incident_table


def note_money_left(event: MoneyLeftBehind, unit: Unit) -> None:
    """Open an incident, and note whether it was reported in time."""
    key = sum_of("money_left", event.visit_id, event.amount, event.currency)
    if (known := store.known_incident(unit.connection, key)) is not None:
        deny_count(known, event, unit)
        return
    late = is_late(event, unit)
    said = event.model_dump()
    incident = Incident(id=key, **said, reported_at=unit.now, reported_late=late)
    unit.write(incident_table, **vars(incident))
    tell(incident, against(incident, unit) if late else (), unit)


def deny_count(incident: Incident, event: MoneyLeftBehind, unit: Unit) -> None:
    """Note that only one of the two counted the money, when the second phone says so."""
    if incident.counted_by_both and not event.counted_by_both:
        incident.counted_by_both = False
        unit.change(incident_table, incident.id, counted_by_both=False)
        tell(incident, (), unit)


def tell(incident: Incident, clauses: tuple[str, ...], unit: Unit) -> None:
    told = MoneyLeftNoted(
        incident_id=incident.id,
        case_id=incident.case_id,
        amount=incident.amount,
        currency=incident.currency,
        counted_by_both=incident.counted_by_both,
        reported_late=incident.reported_late,
        clauses=clauses,
        at=incident.at,
    )
    unit.emit(told, incident.case_id)


def is_late(event: MoneyLeftBehind, unit: Unit) -> bool:
    """Tell whether it came later than the books allow; its last moment is in time.

    Books that set no limit are not overstepped.
    """
    minutes = rulebook.money_left_minutes(books(event.case_id, unit), judging.today(unit))
    return minutes is not None and unit.now - event.at > timedelta(minutes=minutes)


def against(incident: Incident, unit: Unit) -> tuple[str, ...]:
    """Return the clauses that set how soon it had to be reported."""
    its = books(incident.case_id, unit)
    return rulebook.set_by("cash.money_left_minutes", its, judging.today(unit))


def settle_money_left(command: SettleMoneyLeft, unit: Unit) -> IncidentShown:
    """Note what the bank did with it. Doing so twice changes nothing."""
    till = store.till(unit.shared, command.case_id)
    incident = till.incident(command.incident_id)
    if incident.settle(command.outcome, unit.now):
        settled = {"outcome": incident.outcome, "settled_at": incident.settled_at}
        unit.change(incident_table, incident.id, **settled)
    return shown.incident(incident)
