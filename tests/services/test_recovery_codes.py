"""The bank posts a payment code, replaces it and takes it back; nobody else does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from chassis.errors import Conflict, Invalid, NotFound, Unavailable
from chassis.settings import settings
from chassis.shared import Shared
from proto import ids
from proto.dispatch import CaseState
from proto.payment_code import digest
from proto.recovery import (
    CodeState,
    PaymentCodeStanding,
    PostPaymentCode,
    RevokePaymentCode,
    ShowMoney,
)
from services.recovery import handlers
from services.recovery.model import payment_code_table
from tests.banking import PAYLOAD, Signer, publish
from tests.services.conftest import NOON
from tests.services.test_recovery import Bank

EVENING = NOON + timedelta(hours=6)
GOOD, REPLACED, REVOKED, ENDED = CodeState


@pytest.fixture
def signer(environment) -> Signer:
    signer = Signer("2026-1")
    publish(settings().keys, signer)
    return signer


@pytest.fixture
def bank(unit, watch, signer) -> Bank:
    return Bank(unit, watch)


def posts(bank: Bank, code: str, code_id=None) -> PostPaymentCode:
    return PostPaymentCode(code_id=code_id or ids.new(), case_id=bank.case, code=code)


def fresh(bank: Bank, signer: Signer, number: int = 0) -> str:
    return signer.code(bank.case, NOON, EVENING + timedelta(minutes=number))


def states(bank: Bank) -> list[CodeState]:
    shown = handlers.show_money(ShowMoney(case_id=bank.case), bank.open("recovery"))
    return [each.state for each in shown.codes]


def told(bank: Bank) -> list[PaymentCodeStanding]:
    topic = PaymentCodeStanding.topic()
    said = [each.data for each in bank.events if each.type == topic]
    return [PaymentCodeStanding.model_validate(each) for each in said]


def kept(bank: Bank) -> int:
    query = select(func.count()).select_from(payment_code_table)
    of_case = query.where(payment_code_table.c.case_id == bank.case)
    return bank.hears.connection.scalar(of_case)


def test_a_signed_code_is_kept_sealed_and_told_of_by_its_digest(bank, signer) -> None:
    code = fresh(bank, signer)

    posted = bank.does(posts(bank, code))

    assert (posted.sha256, posted.state) == (digest(code), GOOD)
    assert (posted.not_before, posted.good_until) == (NOON, EVENING)
    (standing,) = told(bank)
    assert (standing.version, standing.urgent()) == (1, False)
    opened = bank.hears.keyring.open(standing.code, bank.case, "case.payment_code")
    assert opened == code
    row = bank.hears.connection.execute(select(payment_code_table)).mappings().one()
    signature = code.rpartition(".")[2]
    for said in (str(dict(row)), str([each.data for each in bank.events]), str(posted)):
        assert [each for each in (PAYLOAD, signature) if each in said] == []


def test_posted_again_it_is_the_same_one(bank, signer) -> None:
    command = posts(bank, fresh(bank, signer))
    first = bank.does(command)

    assert bank.does(command) == first
    assert (bank.said, states(bank)) == ([], [GOOD])
    with pytest.raises(Conflict, match="key-known-otherwise"):
        bank.does(posts(bank, fresh(bank, signer, 1), command.code_id))


def test_a_newer_one_replaces_the_older(bank, signer) -> None:
    bank.does(posts(bank, fresh(bank, signer)))
    newer = bank.does(posts(bank, fresh(bank, signer, 1)))

    assert states(bank) == [REPLACED, GOOD]
    (standing,) = told(bank)
    assert (standing.code_id, standing.version) == (newer.code_id, 2)


def test_a_code_that_was_taken_back_is_never_good_again(bank, signer) -> None:
    code = fresh(bank, signer)
    posted = bank.does(posts(bank, code))
    revokes = RevokePaymentCode(code_id=posted.code_id, case_id=bank.case)

    assert bank.does(revokes).state is REVOKED
    assert [(each.state, each.urgent()) for each in told(bank)] == [(REVOKED, True)]
    assert (bank.does(revokes).state, bank.said) == (REVOKED, [])
    with pytest.raises(Conflict, match="payment-code-is-not-good"):
        bank.does(posts(bank, code, posted.code_id))
    with pytest.raises(Conflict, match="payment-code-known"):
        bank.does(posts(bank, code))
    assert states(bank) == [REVOKED]


def test_of_an_older_one_that_is_revoked_nothing_is_said(bank, signer) -> None:
    older = bank.does(posts(bank, fresh(bank, signer)))
    bank.does(posts(bank, fresh(bank, signer, 1)))

    revoked = bank.does(RevokePaymentCode(code_id=older.code_id, case_id=bank.case))

    assert (revoked.state, bank.said, states(bank)) == (REPLACED, [], [REPLACED, GOOD])


@pytest.mark.parametrize("state", [CaseState.HELD, CaseState.RECALLED, CaseState.PAID_OFF])
def test_a_hold_a_recall_and_the_last_payment_end_it(bank, signer, state) -> None:
    bank.does(posts(bank, fresh(bank, signer)))
    ended = bank.case_standing(2, state=state)
    bank.keep(ended)

    bank.hear(handlers.end_code, ended)

    assert [(each.state, each.version) for each in told(bank)] == [(ENDED, 2)]
    assert states(bank) == [ENDED]
    with pytest.raises(Conflict, match="case-not-placed"):
        bank.does(posts(bank, fresh(bank, signer, 1)))
    resumed = bank.case_standing(3)
    bank.keep(resumed)
    bank.hear(handlers.end_code, resumed)
    assert (bank.said, states(bank)) == ([], [ENDED])


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda s, case: Signer(s.kid).code(case, NOON, EVENING), "altered"),
        (lambda s, case: Signer("x").code(case, NOON, EVENING), "by-nobody"),
        (lambda s, case: s.code(ids.new(), NOON, EVENING), "of-another-case"),
        (lambda s, case: s.code(case, NOON, EVENING, bank="x"), "of-another-bank"),
        (lambda s, case: s.code(case, NOON - timedelta(hours=1), NOON), "over"),
        (lambda s, case: s.code(case, NOON, NOON + timedelta(days=32)), "too-long"),
        (lambda s, case: "a.b.c", "unreadable"),
    ],
    ids=["key", "kid", "case", "bank", "over", "long", "text"],
)
def test_what_does_not_verify_is_refused_and_nothing_kept(bank, signer, make, kind) -> None:
    before = bank.does(posts(bank, fresh(bank, signer)))

    with pytest.raises(Invalid) as refused:
        bank.does(posts(bank, make(signer, bank.case)))

    (detail,) = refused.value.details
    assert (detail.pointer, detail.kind) == ("/code", f"payment-code-{kind}")
    assert (kept(bank), states(bank)) == (1, [GOOD])
    assert before.state is GOOD


def test_a_bank_without_a_key_has_no_codes(bank, signer) -> None:
    publish(settings().keys)

    with pytest.raises(Conflict, match="payment-code-without-keys"):
        bank.does(posts(bank, fresh(bank, signer)))
    assert kept(bank) == 0


def test_none_is_taken_while_a_hold_may_be_on_its_way(bank, signer, monkeypatch) -> None:
    silent = {"dispatch": bank.watch.now - timedelta(seconds=5)}
    monkeypatch.setattr(Shared, "ticked", property(lambda _: silent))

    with pytest.raises(Unavailable, match="source-stale"):
        bank.does(posts(bank, fresh(bank, signer)))


def test_of_a_case_or_code_nobody_knows_there_is_none(bank, signer) -> None:
    with pytest.raises(NotFound):
        bank.does(RevokePaymentCode(code_id=ids.new(), case_id=bank.case))
    unknown = ids.new()
    with pytest.raises(NotFound):
        bank.does(
            PostPaymentCode(
                code_id=ids.new(), case_id=unknown, code=signer.code(unknown, NOON, EVENING)
            )
        )
