"""Legal holds on cases: who puts them, what they stop, and that they stop no work."""

import pytest
from sqlalchemy import select

from bench.doors import door
from chassis import legal_hold
from chassis.errors import Conflict, Forbidden, NotFound
from chassis.operations import only
from chassis.settings import settings
from chassis.shredding import Reason, shred
from proto import ids
from proto.base import Role
from proto.dispatch import (
    LegalHoldEnd,
    LegalHoldKnown,
    LegalHoldLifted,
    LegalHoldPut,
    LegalHoldReason,
    LiftLegalHold,
    PutLegalHold,
    ShowLegalHolds,
)
from proto.plausibility import LetPositionsGo
from services.dispatch import handlers
from services.field_visit import handlers as at_the_door
from services.field_visit.model import Opens, checked_in_table, disclosure_table
from tests.services import sealing
from tests.services.conftest import NOON, topics
from tests.services.placing import place
from tests.services.test_pictures import AT_THE_DOOR, Taking, camera, jpeg
from tests.services.test_sealing import both_leave

COURT, OVER = LegalHoldReason.COURT, LegalHoldEnd.ORDER_ENDED
ORDER = "（2026）沪01执保12号，张法官"


@pytest.fixture
def placed(unit):
    return place(unit)


def put(them, unit, hold=None, **but):
    its = unit("dispatch", Role.COMPLIANCE)
    values = {"hold_id": hold or ids.new(), "reason": COURT, "reference": ORDER} | but
    told = handlers.put_legal_hold(PutLegalHold(case_id=them.case, **values), its)
    its.settle()
    return told, its


def lift(them, unit, hold):
    its = unit("dispatch", Role.COMPLIANCE)
    order = LiftLegalHold(case_id=them.case, hold_id=hold, reason=OVER)
    told = handlers.lift_legal_hold(order, its)
    its.settle()
    return told, its


def holds(them, unit):
    its = unit("dispatch", Role.COMPLIANCE)
    return handlers.show_legal_holds(ShowLegalHolds(case_id=them.case), its).holds


def test_a_hold_is_told_of_without_its_order_and_stops_no_work(placed, unit) -> None:
    told, its = put(placed, unit)

    known = {"case_id": placed.case, "hold_id": told.hold_id}
    assert told == LegalHoldKnown(**known, stands=True, case_held=True)
    assert topics(its) == ["dispatch.legal_hold_put"]
    said = LegalHoldPut.model_validate(its.said[0].data)
    assert said == LegalHoldPut(**known, reason=COURT, at=NOON)
    assert "沪" not in its.said[0].model_dump_json() + told.model_dump_json()


def test_compliance_sees_by_which_order_and_who_did_what(placed, unit) -> None:
    told, its = put(placed, unit)
    _, other = lift(placed, unit, told.hold_id)

    (hold,) = holds(placed, unit)
    assert (hold.reference, hold.reason, hold.put_at) == (ORDER, COURT, NOON)
    assert (hold.put_by, hold.lifted_by, hold.lifted_why) == (its.by, other.by, OVER)


def test_saying_so_again_is_harmless_and_an_id_is_one_hold(placed, unit) -> None:
    told, _ = put(placed, unit)
    again, its = put(placed, unit, told.hold_id)
    assert (again, topics(its)) == (told, [])

    with pytest.raises(Conflict, match="key-known-otherwise"):
        put(placed, unit, told.hold_id, reference="another")
    with pytest.raises(Conflict, match="key-known-otherwise"):
        put(place(unit), unit, told.hold_id)


def test_with_the_last_one_the_case_is_free(placed, unit) -> None:
    (one, _), (two, _) = put(placed, unit), put(placed, unit)

    told, its = lift(placed, unit, one.hold_id)
    assert (told.stands, told.case_held) == (False, True)
    assert LegalHoldLifted.model_validate(its.said[0].data).case_held
    told, its = lift(placed, unit, two.hold_id)
    assert not told.case_held
    assert not LegalHoldLifted.model_validate(its.said[0].data).case_held
    assert topics(lift(placed, unit, two.hold_id)[1]) == []


def test_a_hold_is_lifted_where_it_is(placed, unit) -> None:
    told, _ = put(placed, unit)
    with pytest.raises(NotFound):
        lift(place(unit), unit, told.hold_id)
    with pytest.raises(NotFound):
        lift(placed, unit, ids.new())


def test_what_is_shredded_takes_no_hold(placed, unit) -> None:
    shred(unit("dispatch").connection, placed.case, "desk:test", Reason.ASKED)
    with pytest.raises(Conflict, match="key-shredded"):
        put(placed, unit)


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.COMPLIANCE])
def test_nobody_else_may(unit, role) -> None:
    order = PutLegalHold(
        case_id=ids.new(), hold_id=ids.new(), reason=COURT, reference=ORDER
    )
    with pytest.raises(Forbidden):
        only(Role.COMPLIANCE)(order, unit("dispatch", role))


class Standing(Taking):
    """A pair whose positions would be forgotten, and whose case may be held."""

    def positions(self) -> list[tuple[bool, str | None]]:
        table = checked_in_table.c
        rows = select(table.presence.is_not(None), table.evidence)
        found = self.open("field_visit").connection.execute(
            rows.where(table.visit_id == self.visit)
        )
        return [(row[0], row[1]) for row in found]

    def sealed_positions(self) -> set[str | None]:
        """Why each stays that a seal hides."""
        hidden = disclosure_table.c
        mine = hidden.visit_id == self.visit, hidden.kind == Opens.POSITION
        return set(self.hears.connection.scalars(select(hidden.evidence).where(*mine)))

    def place(self, media_id) -> tuple[bool, str | None]:
        """Whether it is still known where a photo was taken, and why."""
        kept = self.picture(media_id)
        return bool(kept.place), kept.evidence

    def is_held(self) -> None:
        self.hold, its = ids.new(), self.open("field_visit")
        sealed = its.keyring.seal(self.case, "case.legal_hold", ORDER)
        by = "compliance:test"
        legal_hold.put(its.connection, self.hold, self.case, "court", sealed, by)

    def is_free(self) -> None:
        its = self.open("field_visit")
        legal_hold.lift(its.connection, self.hold, "order_ended", "compliance:test")
        known = {"case_id": self.case, "hold_id": self.hold, "reason": OVER}
        ended = LegalHoldLifted(**known, case_held=False, at=self.watch.now)
        at_the_door.look_again(ended, its)
        its.settle()

    def forgets(self) -> None:
        its = self.open("field_visit")
        at_the_door.let_positions_go(LetPositionsGo(), its)
        its.settle()


def test_where_people_stood_is_kept_as_long_as_it_stands(unit, watch) -> None:
    pair = Standing(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.is_held()
    watch.goes(days=settings().position_days + 1)

    pair.forgets()
    assert pair.positions() == [(True, "legal_hold")] * 2

    pair.is_free()
    assert pair.positions() == [(True, None)] * 2
    pair.forgets()
    assert pair.positions() == [(False, None)] * 2


def test_so_is_what_seals_hide_and_where_photos_were_taken(unit, watch, store) -> None:
    pair = Standing(unit, watch)
    pair.check_in(pair.a, pair.b)
    photo = pair.takes(jpeg(door(1, 1), exif=camera(AT_THE_DOOR)))
    both_leave(pair)
    sealing.Worker(pair).looks()
    pair.is_held()
    watch.goes(days=settings().position_days + 1)

    pair.forgets()
    assert pair.sealed_positions() == {"legal_hold"}
    assert pair.place(photo) == (True, "legal_hold")

    pair.is_free()
    pair.forgets()
    assert pair.sealed_positions() == set()
    assert pair.place(photo) == (False, None)
