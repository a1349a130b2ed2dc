"""What landed is handed on: in order, once, by one gateway at a time."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.errors import Unavailable
from chassis.rpc import Answered
from gateway.landing.handing import (
    CLAIMED,
    LONGEST_S,
    TOO_EARLY,
    HandOver,
    Told,
    delay,
)
from gateway.landing.rows import KEPT
from gateway.store import Database
from proto import ids
from proto.base import Answer, Asker, Command, Problem
from proto.field_visit import RecordJournal
from tests.acting import Phone
from tests.gateway.landed import ME, Visit
from tests.gateway.stand_in import StandIn

pytestmark = pytest.mark.anyio

AWAY = Unavailable("broker-away")


@dataclass
class FieldVisit(StandIn):
    """A field_visit that keeps each phone's entries as the real one does."""

    through: dict[UUID, int] = field(default_factory=dict)
    forked: set[UUID] = field(default_factory=set)
    full: bool = False
    together: int = 0
    most: int = 0

    async def ask(
        self, service: str, command: Command, asker: Asker, **more: Any
    ) -> Answer:
        self.together += 1
        self.most = max(self.most, self.together)
        await asyncio.sleep(0)
        self.together -= 1
        answer = await super().ask(service, command, asker, **more)
        if isinstance(command, RecordJournal):
            self.keep(command)
        return answer

    def keep(self, command: RecordJournal) -> None:
        device_id, entries = command.journal.device_id, command.journal.entries
        if device_id in self.forked:
            raise Answered(Problem(kind="journal-fork", status=409))
        if entries[0].seq > self.through.get(device_id, 0) + 1:
            if self.full:  # so much waits already that no more may
                raise Answered(Problem(kind="journal-too-much", status=429))
            raise Answered(Problem(kind="journal-gap", status=409))
        self.through[device_id] = entries[-1].seq

    def seqs(self, device_id: UUID) -> list[int]:
        """What it was asked to keep of a phone, by the first entry of each batch."""
        return [
            command.journal.entries[0].seq
            for _, command, _ in self.asked
            if isinstance(command, RecordJournal) and command.journal.device_id == device_id
        ]


@pytest.fixture
def field_visit() -> FieldVisit:
    return FieldVisit()


@pytest.fixture
def hand_over(visit: Visit, field_visit: FieldVisit) -> HandOver:
    return HandOver(visit.parts.database, field_visit)


async def lands(visit: Visit, body: Any = None) -> UUID:
    """Let a batch land; return its key."""
    visit.services.error, key = AWAY, ids.new()
    response = await visit.sends(body or visit.body(), visit.header(), key)
    assert response.status_code == 202, response.text
    return key


def left(visit: Visit) -> list[tuple[str, int, str | None]]:
    query = "SELECT state, attempts, problem FROM landed ORDER BY number"
    return [(state, attempts, problem) for state, attempts, problem in visit.rows(query)]


async def all_of_it(hand_over: HandOver) -> None:
    while await hand_over.hand_on():
        pass


async def test_it_is_handed_on_in_order_under_its_key_for_who_sent_it(
    visit, hand_over, field_visit
) -> None:
    keys = [await lands(visit) for _ in range(3)]

    await all_of_it(hand_over)

    assert field_visit.seqs(visit.phone.device_id) == [1, 2, 3]
    assert field_visit.keys == keys
    assert {(service, asker) for service, _, asker in field_visit.asked} == {
        ("field_visit", ME)
    }
    assert left(visit) == []
    receipts = "SELECT count(*) FROM landing_receipt"
    assert visit.rows(receipts) == [(3,)]


async def test_while_it_cannot_be_asked_it_waits_longer_each_time(
    visit, hand_over, field_visit
) -> None:
    await lands(visit)
    await lands(visit)
    field_visit.error = Unavailable("service-too-slow", service="field_visit")

    for attempt in range(3):
        assert await hand_over.hand_on() == 0
        assert await hand_over.hand_on() == 0  # not due: nobody is asked
        assert len(field_visit.asked) == attempt + 1
        visit.hands.turn(seconds=delay(attempt).total_seconds())

    assert left(visit) == [("waiting", 3, "service-too-slow"), ("waiting", 0, None)]
    assert delay(0) < delay(1) < delay(2)
    assert delay(1000) == timedelta(seconds=LONGEST_S)
    field_visit.error = None
    await all_of_it(hand_over)
    assert field_visit.seqs(visit.phone.device_id) == [1, 1, 1, 1, 2]
    assert left(visit) == []


async def test_a_call_for_help_waits_behind_nothing(visit, hand_over, field_visit) -> None:
    await lands(visit)
    field_visit.error = Unavailable("service-failed", service="field_visit")
    assert await hand_over.hand_on() == 0
    visit.services.error, field_visit.error = AWAY, None
    called = {"help_id": str(ids.new()), "device_id": str(visit.phone.device_id)}
    called["at"] = visit.hands.now().isoformat()
    assert (await visit.sends(called, visit.header(), to="help")).status_code == 202

    assert await hand_over.hand_on() == 1
    assert left(visit) == [("waiting", 1, "service-failed")]
    visit.hands.turn(seconds=10)
    assert (await visit.sends(called, visit.header(), to="help")).status_code == 202
    await hand_over.hand_on()
    asked = [type(command).__name__ for _, command, _ in field_visit.asked[2:]]
    assert asked == ["SummonHelp", "RecordJournal"]  # though it landed later


async def test_without_a_broker_nobody_is_asked(visit, hand_over, field_visit) -> None:
    await lands(visit)
    field_visit.connected = False

    assert await hand_over.hand_on() == 0

    assert field_visit.asked == []
    assert left(visit) == [("waiting", 0, None)]


async def test_what_is_refused_waits_for_a_person_and_others_go_on(
    visit, hand_over, field_visit
) -> None:
    other = Visit(visit.parts, visit.hands, visit.client, visit.services, visit.bearer)
    field_visit.forked.add(visit.phone.device_id)
    await lands(visit)
    await lands(other)

    await all_of_it(hand_over)

    assert left(visit) == [("refused", 0, "journal-fork")]
    assert field_visit.seqs(other.phone.device_id) == [1]
    field_visit.forked.clear()
    await lands(visit)
    await all_of_it(hand_over)
    states = [(state, problem) for state, _, problem in left(visit)]
    assert states == [("refused", "journal-fork"), ("refused", "journal-gap")]


async def test_what_came_too_early_goes_when_what_it_waits_for_has_gone(
    visit, hand_over, field_visit
) -> None:
    first, second = visit.body(), visit.body()
    await lands(visit, second)
    await all_of_it(hand_over)
    assert left(visit) == [("refused", 0, "journal-gap")]
    await lands(visit, first)

    await all_of_it(hand_over)

    assert left(visit) == []
    assert field_visit.through == {visit.phone.device_id: 2}


async def test_what_came_too_early_is_tried_again_by_itself(
    visit, hand_over, field_visit
) -> None:
    """What lies before it reached the service by another way."""
    visit.body()
    await lands(visit)
    await all_of_it(hand_over)
    assert left(visit) == [("refused", 0, "journal-gap")]
    field_visit.through[visit.phone.device_id] = 1

    assert await hand_over.hand_on() == 0
    visit.hands.turn(seconds=TOO_EARLY.total_seconds())

    assert await hand_over.hand_on() == 1
    assert left(visit) == []


async def test_what_is_too_much_ahead_of_a_gap_lets_what_fills_it_pass(
    visit, hand_over, field_visit
) -> None:
    """Its service holds all it may of what comes too early; the first one landed last."""
    first, second = visit.body(), visit.body()
    field_visit.full = True
    await lands(visit, second)
    await lands(visit, first)

    await hand_over.hand_on()
    assert left(visit) == [("refused", 0, "journal-too-much"), ("waiting", 0, None)]
    await all_of_it(hand_over)

    assert field_visit.seqs(visit.phone.device_id) == [2, 1, 2]
    assert left(visit) == []


async def test_what_is_too_much_is_tried_again_when_its_service_said(
    visit, hand_over, field_visit
) -> None:
    visit.body()
    await lands(visit)
    field_visit.error = Answered(
        Problem(kind="journal-too-much", status=429, values={"seconds": 3600})
    )
    assert await hand_over.hand_on() == 0
    field_visit.error = None
    field_visit.through[visit.phone.device_id] = 1

    visit.hands.turn(seconds=3599)
    assert await hand_over.hand_on() == 0
    visit.hands.turn(seconds=1)

    assert await hand_over.hand_on() == 1
    assert left(visit) == []


async def test_two_gateways_at_once_hand_each_on_once(visit, field_visit) -> None:
    """Six phones with four batches each, and a second gateway with its own connections."""
    phones = [Phone(ME.person_id) for _ in range(6)]
    for phone in phones:
        visit.phone = phone
        for _ in range(4):
            await lands(visit)
    databases = [Database(visit.parts.settings.database_url) for _ in range(2)]
    gateways = [HandOver(database, field_visit) for database in databases]

    async def hands_all_on(gateway: HandOver) -> None:
        while left(visit):
            await gateway.hand_on()

    async with asyncio.timeout(30):
        await asyncio.gather(*map(hands_all_on, gateways))

    for database in databases:
        database.close()
    assert [field_visit.seqs(phone.device_id) for phone in phones] == [[1, 2, 3, 4]] * 6
    assert field_visit.most > 1


async def test_what_a_dead_gateway_had_taken_is_taken_by_another(
    visit, hand_over, field_visit
) -> None:
    await lands(visit)
    taken = await visit.parts.database.run(hand_over.claimed)
    assert len(taken) == 1

    assert await hand_over.hand_on() == 0
    visit.hands.turn(seconds=CLAIMED.total_seconds())
    assert await hand_over.hand_on() == 1
    assert left(visit) == []


async def test_one_that_thaws_after_another_took_its_row_does_no_harm(
    visit, hand_over, field_visit
) -> None:
    await lands(visit)
    (frozen,) = await visit.parts.database.run(hand_over.claimed)
    visit.hands.turn(seconds=CLAIMED.total_seconds())
    await all_of_it(hand_over)

    await hand_over.settle([Told(frozen, await hand_over.ask(frozen))])

    assert field_visit.keys == [frozen.key] * 2  # the same key: it is remembered there
    assert left(visit) == []


async def test_what_nobody_can_open_any_more_is_refused(
    visit, hand_over, field_visit
) -> None:
    await lands(visit)
    shred = "UPDATE keyring.key SET wrapped = NULL, master = NULL WHERE key_id = :id"
    with visit.parts.database.engine.begin() as connection:
        connection.execute(text(shred), {"id": visit.case_id})

    await all_of_it(hand_over)

    assert (left(visit), field_visit.asked) == (
        [("refused", 0, "sealed-field-lost")],
        [],
    )


async def test_a_gateway_that_is_woken_hands_on_at_once(visit, field_visit) -> None:
    """And a start is a wake: what was left by the last one goes."""
    key = await lands(visit)
    hand_over = HandOver(visit.parts.database, field_visit)
    hand_over.start()
    async with asyncio.timeout(10):
        while left(visit):
            await asyncio.sleep(0.01)
        later = await lands(visit)
        hand_over.wake()
        while left(visit):
            await asyncio.sleep(0.01)
    await hand_over.stop()

    assert field_visit.keys == [key, later]


@pytest.mark.parametrize("moments", range(5))
async def test_it_ends_also_when_it_is_woken_at_that_moment(
    visit, field_visit, moments
) -> None:
    """asyncio.wait_for of Python 3.11 takes an end for a wake when both come at once."""
    hand_over = HandOver(visit.parts.database, field_visit)
    hand_over.start()
    while not hand_over.woken._waiters:  # until it waits, which nobody says aloud
        await asyncio.sleep(0.01)
    hand_over.wake()
    for _ in range(moments):
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await hand_over.stop()
    assert hand_over.task
    assert hand_over.task.cancelled()


async def test_a_receipt_is_remembered_for_four_hundred_days(visit, hand_over) -> None:
    await lands(visit)
    receipts = "SELECT count(*) FROM landing_receipt"
    visit.hands.turn(days=KEPT.days)
    await hand_over.keep_house()
    assert visit.rows(receipts) == [(1,)]

    visit.hands.turn(days=2)
    await hand_over.keep_house()

    assert visit.rows(receipts) == [(0,)]
    assert left(visit) == [("waiting", 0, None)]  # however old: nobody has it yet
