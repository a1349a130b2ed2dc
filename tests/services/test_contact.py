"""Who else may be asked where a debtor is: one person, once, by the bank's leave."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from proto import ids
from proto.contact import (
    PermitThirdParty,
    RevokeThirdPartyPermit,
    ThirdPartyPermit,
    ThirdPartyStanding,
)
from proto.dispatch import CaseStanding, CaseState
from proto.field_visit import ThirdPartyMayBeAsked
from services.contact import handlers
from tests.services.conftest import NOON, topics
from tests.services.placing import kinds

PERMITTED = ["contact.third_party_permitted", "contact.third_party_standing"]
SECOND = timedelta(seconds=1)


@pytest.fixture
def known(unit):
    """A case that is placed, as contact has heard of it."""
    them = SimpleNamespace(case=ids.new(), permit=ids.new(), agency=ids.new())
    heard(them, unit, CaseState.PLACED, 1)
    return them


def heard(them, unit, state, version) -> None:
    hears = unit("contact")
    standing = CaseStanding(
        case_id=them.case,
        number="C-1",
        agency_id=them.agency,
        state=state,
        books=("CN-PLEDGE",),
        version=version,
    )
    hears.keep(standing)
    hears.settle()


def permit(them, unit, permit_id=None, good_until=NOON + timedelta(days=1)):
    """Issue a permit; the answer, and the unit that issued it."""
    its = unit("contact")
    order = PermitThirdParty(
        permit_id=permit_id or them.permit, case_id=them.case, good_until=good_until
    )
    given = handlers.permit_third_party(order, its)
    its.settle()
    return given, its


def revoke(them, unit, permit_id=None):
    its = unit("contact")
    order = RevokeThirdPartyPermit(permit_id=permit_id or them.permit, case_id=them.case)
    given = handlers.revoke_third_party_permit(order, its)
    its.settle()
    return given, its


def asked(them, unit, permit_id=None):
    its = unit("contact")
    event = ThirdPartyMayBeAsked(
        visit_id=ids.new(),
        case_id=them.case,
        agency_id=them.agency,
        permit_id=permit_id or them.permit,
        decision_id=ids.new(),
        at=NOON,
    )
    handlers.use(event, its)
    its.settle()
    return its


def shown(them, state, permit_id=None) -> ThirdPartyPermit:
    return ThirdPartyPermit(
        permit_id=permit_id or them.permit, case_id=them.case, state=state
    )


def standing(its) -> ThirdPartyStanding:
    return ThirdPartyStanding.model_validate(its.said[-1].data)


def test_a_permit_is_issued_once_however_often_it_is_sent(known, unit) -> None:
    given, its = permit(known, unit)

    assert (given, topics(its)) == (shown(known, "open"), PERMITTED)
    assert standing(its) == ThirdPartyStanding(
        case_id=known.case,
        permit_id=known.permit,
        good_until=NOON + timedelta(days=1),
        state="open",
        version=1,
    )
    again, its = permit(known, unit)
    assert (again, topics(its)) == (given, [])


def test_a_permit_that_is_known_is_not_changed(known, unit) -> None:
    permit(known, unit)

    with pytest.raises(Conflict, match="key-known-otherwise"):
        permit(known, unit, good_until=NOON + timedelta(days=2))


def test_one_permit_of_a_case_is_open_at_a_time(known, unit) -> None:
    permit(known, unit)

    with pytest.raises(Conflict, match="permit-open-already") as refusal:
        permit(known, unit, ids.new())
    assert refusal.value.values["key"] == str(known.permit)


def test_a_used_permit_is_worth_nothing_and_makes_room_for_another(known, unit) -> None:
    permit(known, unit)

    its = asked(known, unit)

    assert topics(its) == ["contact.third_party_standing"]
    assert (standing(its).state, standing(its).version) == ("used", 2)
    assert topics(asked(known, unit)) == []
    assert permit(known, unit)[0] == shown(known, "used")
    with pytest.raises(Conflict, match="permit-used"):
        revoke(known, unit)
    other = ids.new()
    given, its = permit(known, unit, other)
    assert (given, standing(its).version) == (shown(known, "open", other), 3)
    assert topics(asked(known, unit)) == []
    with pytest.raises(Conflict, match="key-known-otherwise"):
        permit(known, unit)


def test_a_revoked_permit_is_said_at_once_and_cannot_be_used(known, unit) -> None:
    permit(known, unit)

    given, its = revoke(known, unit)

    assert given == shown(known, "revoked")
    assert (standing(its).state, standing(its).urgent()) == ("revoked", True)
    assert topics(asked(known, unit)) == []
    again, its = revoke(known, unit)
    assert (again, topics(its)) == (given, [])


def test_what_was_never_permitted_is_not_revoked_or_used(known, unit) -> None:
    assert topics(asked(known, unit)) == []
    with pytest.raises(NotFound):
        revoke(known, unit)
    permit(known, unit)
    with pytest.raises(NotFound):
        revoke(known, unit, ids.new())


def test_a_permit_that_has_run_out_makes_room_for_another(known, unit, watch) -> None:
    permit(known, unit, good_until=NOON + SECOND)
    other = ids.new()
    with pytest.raises(Conflict, match="permit-open-already"):
        permit(known, unit, other)

    watch.goes(seconds=1)

    assert permit(known, unit, other)[0] == shown(known, "open", other)


@pytest.mark.parametrize(
    ("ahead", "fits"),
    [
        (timedelta(), False),
        (SECOND, True),
        (timedelta(days=30), True),
        (timedelta(days=30) + SECOND, False),
    ],
)
def test_a_permit_ends_after_now_and_within_thirty_days(known, unit, ahead, fits) -> None:
    if fits:
        assert permit(known, unit, good_until=NOON + ahead)[0].state == "open"
        return
    with pytest.raises(Invalid) as refusal:
        permit(known, unit, good_until=NOON + ahead)
    assert kinds(refusal) == [("/good_until", "permit-not-near")]


@pytest.mark.parametrize("state", [s for s in CaseState if s is not CaseState.PLACED])
def test_nobody_is_asked_about_a_case_that_is_not_worked(known, unit, state) -> None:
    heard(known, unit, state, 2)

    with pytest.raises(Conflict, match="case-not-placed") as refusal:
        permit(known, unit)
    assert refusal.value.values == {"key": "C-1", "state": state.value}


def test_an_unknown_case_is_not_there(known, unit) -> None:
    known.case = ids.new()

    with pytest.raises(NotFound):
        permit(known, unit)
