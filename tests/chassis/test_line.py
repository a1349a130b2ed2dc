"""The gateway's line for a service: bounded, patient for so long, and fair."""

import asyncio
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from chassis.errors import Unavailable
from chassis.line import Line, Waiting
from proto import ids
from proto.base import Answer, Asker, Order, Role

pytestmark = pytest.mark.anyio
DONE = Answer(reply="{}")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Sent:
    """Keeps what was sent, and answers it when it is told to."""

    def __init__(self) -> None:
        self.groups: list[tuple[Line, list[Waiting]]] = []

    def __call__(self, line: Line, group: list[Waiting]) -> None:
        self.groups.append((line, group))

    def answer_all(self) -> None:
        for line, group in self.taken():
            for each in group:
                each.give(DONE)
            line.came_back(group)

    def taken(self) -> list[tuple[Line, list[Waiting]]]:
        found, self.groups = self.groups, []
        return found

    @property
    def sizes(self) -> list[int]:
        return [len(group) for _, group in self.groups]


def order(who: UUID) -> Order:
    asker = Asker(account_id=who, role=Role.FIELD_COLLECTOR)
    return Order(operation="spend", command={}, asker=asker, trace="t")


async def ask(line: Line, *who: UUID) -> list[asyncio.Task[Answer]]:
    """Ask on behalf of these, one after the other."""
    tasks = [asyncio.create_task(line.ask(order(each))) for each in who]
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_order_waits_for_nobody() -> None:
    sent = Sent()
    (task,) = await ask(Line("s", sent), ids.new())

    assert sent.sizes == [1]
    sent.answer_all()
    assert await task == DONE


async def test_only_who_travels_alone_waits_for_what_others_hold() -> None:
    assert not Line("s", Sent()).waits
    assert Line("s", Sent(), together=1).waits


async def test_what_comes_meanwhile_travels_together() -> None:
    sent, who = Sent(), [ids.new() for _ in range(200)]
    tasks = await ask(Line("s", sent), *who)
    sizes = []
    while sent.groups:
        sizes += sent.sizes
        sent.answer_all()

    assert sizes == [1, 1, 64, 64, 64, 6]
    assert await asyncio.gather(*tasks) == [DONE] * 200


async def test_one_client_that_never_stops_waits_behind_itself() -> None:
    sent, bad = Sent(), ids.new()
    line = Line("s", sent, together=8)
    await ask(line, bad, bad)
    flood = await ask(line, *[bad] * 64)
    with pytest.raises(Unavailable, match="line-full"):  # its own share, not the line
        await line.ask(order(bad))
    good = [ids.new() for _ in range(3)]
    tasks = await ask(line, *good)
    sent.answer_all()  # the first two; what waits now sets out in two messages

    first = [each.order.asker.account_id for each in sent.groups[0][1]]
    assert first == [bad, *good, bad, bad, bad, bad]
    sent.answer_all()
    assert await asyncio.gather(*tasks) == [DONE] * 3
    for task in flood:
        task.cancel()


async def test_a_full_line_says_so_at_once() -> None:
    line = Line("s", Sent(), most=5)
    await ask(line, *(ids.new() for _ in range(2 + 5)))

    with pytest.raises(Unavailable, match="line-full"):
        await line.ask(order(ids.new()))


async def test_how_many_wait_is_counted_when_somebody_looks() -> None:
    service = str(ids.new())
    labels = {"service": service, "line": "groups"}

    def waiting() -> float | None:
        return REGISTRY.get_sample_value("doorstep_line_orders", labels)

    sent = Sent()
    line = Line(service, sent)
    assert waiting() == 0
    tasks = await ask(line, *(ids.new() for _ in range(2 + 5)))
    assert waiting() == 5
    while sent.groups:
        sent.answer_all()
    await asyncio.gather(*tasks)
    assert waiting() == 0


async def test_a_line_that_does_not_move_is_left_after_a_while() -> None:
    sent = Sent()
    line = Line("s", sent, patience_s=0.05)
    on_their_way = await ask(line, ids.new(), ids.new())

    with pytest.raises(Unavailable, match="line-stands"):
        await line.ask(order(ids.new()))

    assert line.waiting == 0
    sent.answer_all()  # who is on the way is not in the line
    assert await asyncio.gather(*on_their_way) == [DONE, DONE]


async def test_who_has_hung_up_is_not_sent() -> None:
    sent = Sent()
    line = Line("s", sent)
    await ask(line, ids.new(), ids.new())
    gone, here = await ask(line, ids.new(), ids.new())
    gone.cancel()
    await asyncio.sleep(0)
    sent.answer_all()

    assert sent.sizes == [1]
    sent.answer_all()
    assert await here == DONE


async def test_while_a_message_is_away_a_crowd_sets_out_together() -> None:
    sent, who = Sent(), [ids.new() for _ in range(20)]
    line = Line("s", sent, company_s=60)
    await ask(line, *who)
    sent.answer_all()  # the first two; the others set out
    assert sent.sizes == [18]

    await ask(line, *who[:2])
    assert sent.sizes == [18]  # the two who came back first do not go alone
    sent.answer_all()
    assert sent.sizes == [2]  # now nothing is away: nobody to wait for
    await ask(line, *who[2:])
    assert sent.sizes == [2, 10]  # and then half the crowd


async def test_who_waits_for_company_waits_for_a_moment_only() -> None:
    sent, who = Sent(), [ids.new() for _ in range(20)]
    line = Line("s", sent, company_s=0.02)
    await ask(line, *who)
    sent.answer_all()
    await ask(line, who[0])

    assert sent.sizes == [18]
    await asyncio.sleep(0.1)
    assert sent.sizes == [18, 1]


async def test_a_crowd_is_forgotten() -> None:
    sent, one, other = Sent(), ids.new(), ids.new()
    line = Line("s", sent, company_s=60)
    await ask(line, *(ids.new() for _ in range(64)))
    while sent.groups:
        sent.answer_all()
    for _ in range(300):
        await ask(line, one)
        sent.answer_all()

    await ask(line, one, other)
    assert sent.sizes == [1, 1]


async def test_of_one_principal_only_so_much_is_on_its_way() -> None:
    sent, bad, good = Sent(), ids.new(), ids.new()
    line = Line("s", sent, together=1, on_their_way=4, of_one_on_their_way=2)
    await ask(line, *[bad] * 10)
    assert sent.sizes == [1, 1]  # though there is room for four

    await ask(line, good)
    assert [group[0].principal for _, group in sent.groups] == [bad, bad, good]
    sent.answer_all()
    assert [group[0].principal for _, group in sent.groups] == [bad, bad]
    assert line.waiting == 6
