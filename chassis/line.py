"""Orders that wait for one service: bounded, patient for so long, fair to who asks.

Whoever asks has a queue of their own, and the queues take turns: one client that sends
without end waits behind itself. A few messages are on their way at a time; what comes
meanwhile travels together in the next one, so that groups grow with the load by
themselves and a lone order waits for nobody. While a message is on its way the next one
waits for company, as much as its share of the crowd, but only for a moment: else the
first of those just answered would set out alone, and the others behind it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from chassis import metrics
from chassis.errors import Unavailable
from proto.base import Answer, Order

Future = asyncio.Future[Answer]

#: What a message leaves of the crowd that was seen before it.
FADING = 0.98


@dataclass(eq=False)
class Waiting:
    """An order in the line, and whoever waits for its answer."""

    order: Order
    answered: Future
    timer: asyncio.TimerHandle | None = None

    @property
    def principal(self) -> UUID:
        return self.order.asker.account_id

    def left(self) -> None:
        """Note that it is on its way: it has waited long enough no more."""
        if self.timer:
            self.timer.cancel()

    def fail(self, kind: str, service: str) -> None:
        if not self.answered.done():
            self.answered.set_exception(Unavailable(kind, service=service))

    def give(self, answer: Answer) -> None:
        if not self.answered.done():
            self.answered.set_result(answer)


@dataclass
class Line:
    """One line of one service.

    At most `most` orders wait in it, `most_of_one` of one principal, each `patience_s`
    seconds; up to `together` of them travel in one message, `on_their_way` messages at a
    time, and of one principal no more than `of_one_on_their_way` orders. `send` sends a
    message; `kind` is what our numbers call the line.
    """

    service: str
    send: Callable[["Line", list[Waiting]], None]
    kind: str = "groups"
    together: int = 64
    on_their_way: int = 2
    of_one_on_their_way: int | None = None
    patience_s: float = 0.25
    company_s: float = 0.02
    most: int = 512
    most_of_one: int = 64
    queues: dict[UUID, deque[Waiting]] = field(default_factory=dict)
    waiting: int = 0
    #: Messages on their way, and the orders in them.
    sent: int = 0
    travelling: int = 0
    travelling_of: Counter[UUID] = field(default_factory=Counter)
    #: How many wait or travel at busy moments of late.
    crowd: float = 0.0
    company: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        """Let whoever scrapes our numbers count; nobody counts at each order."""
        metrics.LINE.labels(self.service, self.kind).set_function(lambda: self.waiting)

    @property
    def waits(self) -> bool:
        """Whether its messages may wait for what others hold: nobody travels along."""
        return self.together == 1

    async def ask(self, order: Order) -> Answer:
        """Return what the service answers.

        Raises Unavailable when the line is full or does not move, or as `send` fails it.
        """
        queue = self.queues.setdefault(order.asker.account_id, deque())
        if self.waiting >= self.most or len(queue) >= self.most_of_one:
            raise self.turned_away("line-full")
        loop = asyncio.get_running_loop()
        each = Waiting(order, loop.create_future())
        each.timer = loop.call_later(self.patience_s, self.give_up, each)
        queue.append(each)
        self.waiting += 1
        self.move()
        return await each.answered

    def turned_away(self, why: str) -> Unavailable:
        metrics.TURNED_AWAY.labels(self.service, why).inc()
        return Unavailable(why, service=self.service)

    def give_up(self, each: Waiting) -> None:
        """Tell somebody that the line does not move."""
        queue = self.queues.get(each.principal)
        if queue and each in queue:
            queue.remove(each)
            self.waiting -= 1
        metrics.TURNED_AWAY.labels(self.service, "line-stands").inc()
        each.fail("line-stands", self.service)

    def move(self) -> None:
        """Send what waits, as far as there is room on the way and enough for a message."""
        while self.waiting and self.sent < self.on_their_way:
            if self.sent and self.waiting < self.share():
                if self.company is None:
                    loop = asyncio.get_running_loop()
                    self.company = loop.call_later(self.company_s, self.set_out)
                return
            if not self.set_out():
                return

    def share(self) -> int:
        """Return how many orders make a message while another one is on its way."""
        self.crowd = max(self.crowd, self.waiting + self.travelling)
        return min(self.together, round(self.crowd / self.on_their_way))

    def set_out(self) -> bool:
        """Send the next message; tell whether there was anybody to take along."""
        if self.company:
            self.company.cancel()
            self.company = None
        if self.sent >= self.on_their_way or not (group := self.next_group()):
            return False
        self.sent += 1
        self.travelling += len(group)
        self.travelling_of.update(each.principal for each in group)
        self.crowd = max(self.crowd * FADING, self.waiting + self.travelling)
        self.send(self, group)
        return True

    def came_back(self, group: list[Waiting]) -> None:
        """Note that a message with these orders was answered, or given up."""
        self.sent -= 1
        self.travelling -= len(group)
        self.travelling_of -= Counter(each.principal for each in group)
        self.move()

    def next_group(self) -> list[Waiting]:
        """Take the next orders, one of each principal in turn."""
        group: list[Waiting] = []
        while len(group) < self.together and (principal := self.next_principal()):
            queue = self.queues.pop(principal)
            each = queue.popleft()
            each.left()
            self.waiting -= 1
            if not each.answered.done():  # who has hung up is not sent
                group.append(each)
            if queue:
                self.queues[principal] = queue  # at the end: the others come first
        return group

    def next_principal(self) -> UUID | None:
        """Return whose turn it is; nobody's who has as much on the way as one may."""
        most, empty, found = self.of_one_on_their_way, [], None
        for principal, queue in self.queues.items():
            if not queue:
                empty.append(principal)
            elif most is None or self.travelling_of[principal] < most:
                found = principal
                break
        for principal in empty:
            del self.queues[principal]
        return found

    def fail_all(self, kind: str) -> None:
        """Tell everybody who waits that there is no way."""
        for queue in self.queues.values():
            for each in queue:
                each.left()
                each.fail(kind, self.service)
        self.queues.clear()
        self.waiting = 0
