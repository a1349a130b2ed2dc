"""A collector's day: its visits in an order to go by, and what each of them lacks."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import rulebook
from chassis import geo
from chassis.errors import NotFound
from chassis.unit import Unit
from proto.day import Day, DayVisit, Missing, ShowDay, StillMissing
from proto.facts import Conduct, MediaNoted, Recording
from proto.field_visit import VisitState
from proto.places import Point
from proto.recovery import AuthorityState
from services.field_visit import store
from services.field_visit.handlers import packing
from services.field_visit.handlers.places import door_of
from services.field_visit.model import LeaveKind, Visit

#: Distances are told no more exactly than this: the list is no map of where people live.
ROUNDED_M = 100


def show_day(_: ShowDay, unit: Unit) -> Day:
    """List the day of a collector. Others have a board. Raises NotFound."""
    me = unit.asker.person_id if unit.asker else None
    if me is None:
        raise NotFound("day", None)
    visits = packing.todays(me, unit, over=True)
    kept = packing.known_of(visits, me, unit)
    over = [each for each in visits if packing.is_over(each, unit.now)]
    open_ones = [each for each in visits if each not in over]
    mine = [each for each in open_ones if packing.may_carry(each, kept, unit)]
    withdrawn = [each for each in open_ones if each not in mine]
    return Day(
        visits=(
            *(entry(each) for each in over),
            *on_the_way(mine, unit),
            *(gone(each) for each in withdrawn),
        )
    )


def on_the_way(visits: Sequence[Visit], unit: Unit) -> Iterator[DayVisit]:
    """Yield visits by their windows; of those that begin together the nearest is next."""
    here: Point | None = None
    for _, group in groupby(visits, key=lambda each: each.not_before):
        waiting = list(group)
        while waiting:
            following = nearest(here, waiting, unit)
            waiting.remove(following)
            there = door_of(following, unit)
            lacks = tuple(told(what) for what in missing(following, unit))
            yield entry(following, distance_m=apart(here, there), missing=lacks)
            here = there


def nearest(here: Point | None, visits: Sequence[Visit], unit: Unit) -> Visit:
    """Return the visit whose door is next to here; the first one where here is nowhere."""
    if here is None:
        return visits[0]
    return min(visits, key=lambda each: geo.metres_between(here, door_of(each, unit)))


def apart(here: Point | None, there: Point) -> int | None:
    if here is None:
        return None
    return round(geo.metres_between(here, there) / ROUNDED_M) * ROUNDED_M


def entry(visit: Visit, **more: object) -> DayVisit:
    return DayVisit(
        visit_id=visit.id,
        withdrawn=False,
        state=visit.state,
        not_before=visit.not_before,
        not_after=visit.not_after,
        zone=visit.zone,
        ending=visit.ending,
        **more,
    )


def gone(visit: Visit) -> DayVisit:
    return entry(visit).model_copy(update={"withdrawn": True})


def told(what: Missing) -> StillMissing:
    return StillMissing(what=what, says=rulebook.name(f"missing.{what}"))


def missing(visit: Visit, unit: Unit) -> Iterable[Missing]:
    """Yield what is still to be seen to, in the order in which it is seen to."""
    me = unit.asker.person_id if unit.asker else None
    here = {each.collector_id for each in visit.here}
    if me not in here:
        yield Missing.NOT_CHECKED_IN
    if visit.state is VisitState.PLANNED:
        return
    if set(visit.collectors) - {me} - here:
        yield Missing.PARTNER_NOT_CHECKED_IN
    if visit.door.inside:
        yield Missing.STILL_INSIDE
    if runs(visit):
        yield Missing.RECORDING_RUNNING
    if not any(isinstance(noted.fact, Conduct) for noted in visit.facts):
        yield Missing.CONDUCT_CHECKLIST
    yield from not_arrived(visit, unit)
    if without_receipt(visit):
        yield Missing.CASH_WITHOUT_RECEIPT


def runs(visit: Visit) -> bool:
    """Tell whether a recorder was started and not stopped, by the last word on it."""
    last = [noted.fact for noted in visit.facts if isinstance(noted.fact, Recording)][-1:]
    return any(each.running for each in last)


def not_arrived(visit: Visit, unit: Unit) -> Iterator[Missing]:
    """Yield what phones have not sent: a journal of their own, a file they told of."""
    me = unit.asker.person_id if unit.asker else None
    wrote = {noted.device_id for noted in visit.facts}
    silent = {each.collector_id for each in visit.here if each.device_id not in wrote}
    if me in silent:
        yield Missing.OWN_JOURNAL
    if silent - {me}:
        yield Missing.PARTNER_JOURNAL
    noted = {
        each.fact.media_id for each in visit.facts if isinstance(each.fact, MediaNoted)
    }
    if noted - {each.id for each in store.media_of_visit(unit.connection, visit.id)}:
        yield Missing.MEDIA_NOT_RECEIVED


def without_receipt(visit: Visit) -> bool:
    """Tell whether cash was taken and the bank's leave for it is not spent by a receipt."""
    leave = visit.leave(LeaveKind.CASH)
    spent = leave is not None and leave.cash.state is AuthorityState.SPENT
    return visit.door.cash_handed > 0 and not spent
