"""Two receipts at the same instant, and two hundred: one counts, no number is left out."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, text

from chassis import groups, worker
from chassis.database import engine
from chassis.operations import Operation, only
from chassis.settings import settings
from chassis.unit import Unit
from proto import ids
from proto.base import Answer, Asker, Order, Role
from proto.recovery import (
    AuthoriseCash,
    BankCash,
    IssueReceipt,
    PaymentCodeStanding,
    PostPaymentCode,
    ReceiptPrinted,
    ReceiptShown,
    RevokeCash,
    ShowMoney,
)
from services.recovery import handlers, store
from tests.banking import Signer, publish
from tests.services.conftest import HAS_FONT
from tests.services.test_recovery_receipts import Paying

TABLES = (
    *(
        "payment_code",
        "deposit",
        "receipt",
        "authority",
        "allowance",
        "decision",
        "till",
        "series",
    ),
    *("kept", "outbox", "subject", "job", "answered"),
    *("keyring.key", "keyring.master", "keyring.shredded"),
)
BANK = only(Role.BANK_OFFICER)
OPERATIONS = {
    kind.operation(): Operation(kind, handle, may, store.gather)
    for kind, handle, may in (
        (AuthoriseCash, handlers.authorise_cash, BANK),
        (RevokeCash, handlers.revoke_cash, BANK),
        (PostPaymentCode, handlers.post_payment_code, BANK),
        (IssueReceipt, handlers.issue_receipt, handlers.of_the_pair),
        (BankCash, handlers.bank_cash, only(Role.FIELD_COLLECTOR)),
    )
}


@pytest.fixture
def its(environment: None, database_url: str) -> Iterator[Engine]:
    """The engine of recovery; its tables and the keyring are empty afterwards."""
    found = engine(database_url, "recovery", pool=12)
    yield found
    with found.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(TABLES)}"))
    found.dispose()


@contextmanager
def committed(its: Engine, watch, many=1) -> Iterator[list[Paying]]:
    """Pairs that may take cash, and the doorstep has said so: all that is committed."""
    with its.connect() as connection:

        def unit(service: str, role=Role.BANK_OFFICER, *belongs) -> Unit:
            asker = Asker(
                account_id=ids.new(),
                role=role,
                **dict(zip(("agency_id", "person_id"), belongs, strict=False)),
            )
            return Unit(connection, service, "test", "trace", asker)

        pairs = [Paying(unit, watch) for _ in range(many)]
        for pair in pairs:
            pair.may_take()
        connection.commit()
        yield pairs


def asks(its: Engine, *commands, waits=True) -> list[Answer]:
    """Send orders in one message, each by the first of its pair."""
    orders = [
        Order(
            operation=command.operation(),
            command=command.model_dump(mode="json"),
            asker=Asker(
                account_id=ids.new(),
                role=Role.FIELD_COLLECTOR,
                agency_id=of.agency,
                person_id=of.a,
            ),
            trace="t",
            key=ids.new(),
        ).model_dump(mode="json")
        for of, command in commands
    ]
    return groups.carry_out(its, "recovery", OPERATIONS, orders, waits=waits)


def at_the_same_instant(*works):
    """Run these in threads that begin together; return what each gave."""
    barrier = threading.Barrier(len(works))

    def begin(work):
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def came_to(answer: Answer) -> str:
    return answer.problem.kind if answer.problem else "alone" if answer.alone else "done"


def numbers(its: Engine) -> list[str]:
    with its.connect() as connection:
        return list(connection.scalars(text("SELECT number FROM receipt ORDER BY number")))


def in_a_row(many: int) -> list[str]:
    return [f"SJ2026-{number:06}" for number in range(1, many + 1)]


@pytest.mark.parametrize("round_", range(10))
def test_of_two_receipts_at_the_same_instant_there_is_one(
    its, watch, hearing, round_
) -> None:
    with committed(its, watch) as (pair,):
        wanted = [pair.writes(receipt_id=ids.new()) for _ in range(2)]

        works = [partial(asks, its, (pair, command)) for command in wanted]
        given = [answer for (answer,) in at_the_same_instant(*works)]
        assert sorted(map(came_to, given)) == ["cash-authority-is-not", "done"]
        assert numbers(its) == in_a_row(1)


def test_two_receipts_in_one_message_are_one(its, watch, hearing) -> None:
    with committed(its, watch) as (pair,):
        wanted = [(pair, pair.writes(receipt_id=ids.new())) for _ in range(2)]

        given = asks(its, *wanted, waits=False)
        assert list(map(came_to, given)) == ["done", "cash-authority-is-not"]


def test_a_second_authority_waits_for_the_first_and_is_refused(its, watch, hearing) -> None:
    with committed(its, watch) as (pair,), ThreadPoolExecutor(1) as pool:
        pair.case, pair.authority = ids.new(), ids.new()
        pair.keep(pair.case_standing())
        pair.does(pair.wants())
        pair.does(pair.revokes())
        pair.hears.connection.commit()
        pair.authority = ids.new()
        officer = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)
        another = pair.wants(authority_id=ids.new())

        pair.does(pair.wants())
        second = pool.submit(sends, its, another, officer)
        threading.Event().wait(0.2)
        assert not second.done()
        pair.hears.connection.commit()

        assert came_to(second.result()) == "cash-authority-live"
        assert pair.states() == ["revoked", "granted"]


@pytest.mark.parametrize("round_", range(5))
def test_of_two_officers_at_the_same_instant_one_code_is_left(
    its, watch, hearing, round_
) -> None:
    signer = Signer("2026-1")
    publish(settings().keys, signer)
    with committed(its, watch) as (pair,):
        orders = [posts_a_code(pair, signer, number) for number in range(2)]
        works = [
            partial(sends, its, order, Asker(account_id=ids.new(), role=Role.BANK_OFFICER))
            for order in orders
        ]

        given = at_the_same_instant(*works)

        assert list(map(came_to, given)) == ["done", "done"]
        shown = handlers.show_money(ShowMoney(case_id=pair.case), pair.open("recovery"))
        assert [each.state for each in shown.codes] == ["replaced", "good"]
        query = "SELECT envelope->'data' FROM outbox ORDER BY sequence DESC"
        told = [
            PaymentCodeStanding.model_validate(data)
            for data in pair.hears.connection.scalars(text(query))
            if "sha256" in data
        ]
        assert sorted(each.version for each in told) == [1, 2]
        newest = max(told, key=lambda each: each.version)
        assert newest.code_id == shown.codes[-1].code_id


def posts_a_code(pair: Paying, signer: Signer, number: int) -> PostPaymentCode:
    until = pair.watch.now + timedelta(hours=1, minutes=number)
    code = signer.code(pair.case, pair.watch.now, until)
    return PostPaymentCode(code_id=ids.new(), case_id=pair.case, code=code)


def sends(its: Engine, command, asker: Asker, key=None) -> Answer:
    """Send one order that waits for what others hold."""
    order = Order(
        operation=command.operation(),
        command=command.model_dump(mode="json"),
        asker=asker,
        trace="t",
        key=key or ids.new(),
    ).model_dump(mode="json")
    (given,) = groups.carry_out(its, "recovery", OPERATIONS, [order], waits=True)
    return given


def test_two_hundred_receipts_at_once_leave_no_number_out(its, watch, hearing) -> None:
    with committed(its, watch, many=200) as pairs:
        refused = [(pair, pair.writes("9999.99")) for pair in pairs[::5]]
        wanted = [(pair, pair.writes()) for pair in pairs]
        messages = [
            [*wanted[start : start + 20], *refused[start // 5 : start // 5 + 4]]
            for start in range(0, 200, 20)
        ]
        works = [partial(until_answered, its, message) for message in messages]
        given = at_the_same_instant(*works)

        kinds = Counter(came_to(answer) for answers in given for answer in answers)
        assert kinds["done"] == 200
        assert numbers(its) == in_a_row(200)
        told = [ReceiptShown.model_validate_json(a.reply).number for a in done(given)]
        assert sorted(told) == in_a_row(200)


def until_answered(its: Engine, message) -> list[Answer]:
    """Do as the gateway does: what somebody else holds is sent again alone, and waits."""
    given = asks(its, *message, waits=False)
    return [
        asks(its, order)[0] if answer.alone else answer
        for order, answer in zip(message, given, strict=True)
    ]


def done(given) -> list[Answer]:
    return [answer for answers in given for answer in answers if answer.reply]


def test_what_is_rolled_back_has_drawn_no_number(its, watch, hearing) -> None:
    with committed(its, watch, many=2) as (first, second):
        with its.connect() as connection:
            asker = Asker(
                account_id=ids.new(),
                role=Role.FIELD_COLLECTOR,
                agency_id=first.agency,
                person_id=first.a,
            )
            unit = Unit(connection, "recovery", "test", "trace", asker)
            drawn = handlers.issue_receipt(first.writes(), unit)
            unit.settle()
            connection.rollback()
        (answer,) = asks(its, (second, second.writes()))

        assert drawn.number == ReceiptShown.model_validate_json(answer.reply).number
        assert numbers(its) == in_a_row(1)


def test_a_round_that_fails_for_one_draws_its_numbers_anew(its, watch, hearing) -> None:
    """Two cases use one receipt id: the database stops the round, then each is alone."""
    with committed(its, watch, many=3) as pairs:
        same = ids.new()
        wanted = [
            (pairs[0], pairs[0].writes(receipt_id=same)),
            (pairs[1], pairs[1].writes(receipt_id=same)),
            (pairs[2], pairs[2].writes()),
        ]

        given = asks(its, *wanted, waits=False)
        assert list(map(came_to, given)) == ["done", "key-known-otherwise", "done"]
        assert numbers(its) == in_a_row(2)


def test_an_authority_is_not_given_again_under_its_key_once_it_is_revoked(
    its, watch, hearing
) -> None:
    with committed(its, watch) as (pair,):
        officer, key = Asker(account_id=ids.new(), role=Role.BANK_OFFICER), ids.new()
        pair.case = ids.new()
        pair.authority = ids.new()
        pair.keep(pair.case_standing())
        pair.hears.connection.commit()

        first = sends(its, pair.wants(), officer, key)
        assert came_to(first) == "done"
        assert sends(its, pair.wants(), officer, key) == first
        assert came_to(sends(its, pair.revokes(), officer)) == "done"
        again = sends(its, pair.wants(), officer, key)
        assert came_to(again) == "cash-authority-is-not"


@HAS_FONT
def test_a_worker_draws_a_receipt_and_tells_it_once(its, watch, hearing) -> None:
    with committed(its, watch) as (pair,):
        asks(its, (pair, pair.writes()))
        known = worker.kinds("recovery")

        assert worker.once(its, "recovery", known)
        assert not worker.once(its, "recovery", known)
        query = text("SELECT envelope FROM outbox WHERE envelope->>'type' = :type")
        printed = {"type": "later.recovery.receipt_printed"}
        with its.connect() as connection:
            (envelope,) = connection.scalars(query, printed)
        assert envelope["data"]["receipt_id"] == str(pair.receipt)
        assert envelope["data"]["pdf"]["purpose"] == "receipt.pdf"
        assert "陈建国" not in str(envelope)


def test_no_answer_that_is_kept_has_the_paper_in_it(its, watch, hearing) -> None:
    with committed(its, watch) as (pair,):
        collector = Asker(
            account_id=ids.new(),
            role=Role.FIELD_COLLECTOR,
            agency_id=pair.agency,
            person_id=pair.a,
        )
        sends(its, pair.writes(), collector)
        drawn = pair.hears.keyring.seal(pair.case, "receipt.pdf", "JVBERi0=")
        told = ReceiptPrinted(receipt_id=pair.receipt, case_id=pair.case, pdf=drawn)
        with its.begin() as connection:
            unit = Unit(connection, "recovery", "test", "trace")
            handlers.receipt_printed(told, unit)
            unit.settle()
        banked = BankCash(
            receipt_id=pair.receipt, case_id=pair.case, amount="1234.56", slip="JK-1"
        )
        for command in (pair.writes(), banked):
            assert came_to(sends(its, command, collector)) == "done"

        with its.connect() as connection:
            kept = list(connection.scalars(text("SELECT reply FROM answered")))
        assert len(kept) == 3
        assert [ReceiptShown.model_validate_json(each).pdf for each in kept] == [None] * 3


@pytest.mark.parametrize("round_", range(3))
def test_of_two_bankings_at_the_same_instant_one_counts(
    its, watch, hearing, round_
) -> None:
    with committed(its, watch) as (pair,):
        asks(its, (pair, pair.writes()))
        about = {"receipt_id": pair.receipt, "case_id": pair.case, "amount": "1234.56"}
        slips = [BankCash(**about, slip=slip) for slip in ("JK-1", "JK-2")]

        works = [partial(asks, its, (pair, command)) for command in slips]
        given = [answer for (answer,) in at_the_same_instant(*works)]
        assert sorted(map(came_to, given)) == ["cash-banked-otherwise", "done"]


def test_a_case_nobody_knows_opens_no_till(its, watch, hearing) -> None:
    with committed(its, watch) as (pair,):
        unknown = ids.new()
        command = pair.writes().model_copy(update={"case_id": unknown})

        (answer,) = asks(its, (pair, command))
        assert came_to(answer) == "not-found"
        with its.begin() as connection:
            unit = Unit(connection, "recovery", "test", "trace")
            assert store.known_till(unit.shared, unknown) is None


def test_only_the_bank_opens_a_till(its, watch, hearing) -> None:
    with committed(its, watch) as (pair,):
        pair.case = ids.new()
        pair.keep(pair.case_standing())
        pair.hears.connection.commit()
        tills = text("SELECT id FROM till WHERE id = :case").bindparams(case=pair.case)

        def there() -> bool:
            with its.connect() as connection:
                return connection.scalar(tills) is not None

        own = came_to(asks(its, (pair, pair.writes()))[0])
        banked = BankCash(
            receipt_id=pair.receipt, case_id=pair.case, amount="1.00", slip="JK-1"
        )
        none = came_to(asks(its, (pair, banked))[0])
        assert (own, none, there()) == ("cash-not-allowed-yet", "not-found", False)
        pair.authority = ids.new()
        officer = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)
        assert came_to(sends(its, pair.wants(), officer)) == "done"
        assert there()
