"""What the pair says of its conduct and of its recorder, and which clause that breaks."""

import rulebook
from chassis.unit import Unit
from proto.decision import Act
from proto.facts import Conduct, Recording, Stopped
from services.field_visit.handlers.verdicts import (
    BREACH,
    FINE,
    SUSPECTED,
    Found,
    Written,
    mark,
)
from services.field_visit.model import Visit

#: Which clause each no of the checklist breaks.
CONDUCT = {
    "decent_appearance": "21.086",
    "nobody_touched": "21.089",
    "nobody_threatened": "13.04",
    "nothing_posted": "21.089",
    "nothing_taken": "21.091",
    "no_own_code": "4.30",
}
RECORDED_WHOLE = "21.088"


def judge(visit: Visit, written: Written, unit: Unit) -> None:
    """Judge what is said of either."""
    if isinstance(written.entry.fact, Conduct):
        judge_conduct(visit, written, unit)
    else:
        judge_recording(visit, written, unit)


def judge_conduct(visit: Visit, written: Written, unit: Unit) -> None:
    """Mark each no of the checklist with the clause that it breaks."""
    fact = written.entry.fact
    assert isinstance(fact, Conduct)
    broken = [clause for name, clause in CONDUCT.items() if getattr(fact, name) is False]
    on = visit.local(written.at).date()
    against = rulebook.binding(visit.books, tuple(dict.fromkeys(broken)), on)
    found = Found(BREACH, against) if against else Found(FINE)
    mark(visit, Act.CHECK_IN, written, found, unit)


def judge_recording(visit: Visit, written: Written, unit: Unit) -> None:
    """A recorder that stopped before the end has to say why, and is then looked at."""
    fact = written.entry.fact
    assert isinstance(fact, Recording)
    if fact.running or fact.reason is Stopped.FINISHED:
        return
    on = visit.local(written.at).date()
    against = rulebook.binding(visit.books, (RECORDED_WHOLE,), on)
    if against:
        mark(visit, Act.CHECK_IN, written, Found(SUSPECTED, against), unit)
