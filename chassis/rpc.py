"""The gateway's way to ask a service: orders in groups, one answer each, or a deadline.

On pika's asyncio connection. A message without a queue comes back at once (`mandatory`);
one that waits past its deadline is dropped by the broker and never carried out late.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pika
from pika.exceptions import AMQPError
from pydantic_core import from_json, to_json

from chassis import amqp, clock
from chassis.amqp import Link, WrongTopology
from chassis.errors import Unavailable
from chassis.line import Line, Waiting
from chassis.logs import log
from chassis.queues import Depth, depths
from chassis.settings import Settings
from chassis.topology import COMMANDS
from proto import ids
from proto.base import Answer, Asker, Command, Order, Problem

DEADLINE_S, AGAIN_S, PROBE_S = 3.0, 0.5, 2.0
#: Messages of questions, of bulk work and of cries for help that a service gets at a time;
#: it works on twelve, so that groups always find a place. And how many of them may be of
#: one principal.
ALONE, ALONE_OF_ONE = 6, 3
BULK, BULK_OF_ONE = 2, 1
FIRST, FIRST_OF_ONE = 2, 2
#: How much of its time an order may wait for its turn in one of these lines.
PATIENCE = 0.8


class Answered(Exception):
    """The service answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


class Failed(Exception):
    """nameko says that the method raised; in its words what."""


class Message:
    """Orders on their way in one message; `timer` ends the waiting for them."""

    def __init__(
        self, line: Line, group: list[Waiting], timer: asyncio.TimerHandle
    ) -> None:
        self.line, self.group, self.timer = line, group, timer

    def fail(self, kind: str) -> None:
        for each in self.group:
            each.fail(kind, self.line.service)
        self.close()

    def close(self) -> None:
        self.timer.cancel()
        self.line.came_back(self.group)


class Client:
    """Asks services; keeps one connection to the broker and makes a new one when lost."""

    def __init__(self, settings: Settings, deadline_s: float = DEADLINE_S) -> None:
        self.settings, self.deadline_s = settings, deadline_s
        self.messages: dict[str, Message] = {}
        self.grouped: dict[str, Line] = {}
        self.alone: dict[str, Line] = {}
        self.bulk: dict[str, Line] = {}
        self.first: dict[str, Line] = {}
        self.probes: dict[str, asyncio.Future[None]] = {}
        self.link: Link | None = None
        self.replies = ""
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; does not wait for it."""
        self.task = asyncio.create_task(self.stay_connected())

    async def stop(self) -> None:
        """Let go of the connection; who still waits is told at once."""
        if self.task:
            self.task.cancel()
            await asyncio.wait({self.task})
        self.forget()

    @property
    def connected(self) -> bool:
        return self.link is not None

    async def stay_connected(self) -> None:
        while True:
            try:
                link = await amqp.connect(self.settings)
                try:
                    await self.listen(link)
                    self.link = link
                    await asyncio.wait({link.lost})
                finally:
                    await link.close()
            except (AMQPError, OSError) as error:
                log.warning("gateway waits for the broker: %s", type(error).__name__)
            except WrongTopology as error:  # somebody will mend it while we run
                log.error("gateway waits for the broker: %s", error)
            self.forget()
            await asyncio.sleep(AGAIN_S)

    def forget(self) -> None:
        """Tell whoever waits that no answer will come over the lost connection."""
        self.link = None
        for lines in (self.first, self.grouped, self.alone, self.bulk):
            for line in lines.values():
                line.fail_all("broker-lost")
        for message in list(self.messages.values()):
            message.fail("broker-lost")
        self.messages.clear()

    async def listen(self, link: Link) -> None:
        channel = link.channel
        await link.ask(
            channel.exchange_declare,
            exchange=COMMANDS,
            exchange_type="topic",
            durable=True,
        )
        queue = await link.ask(channel.queue_declare, queue="", exclusive=True)
        self.replies = queue.method.queue
        await link.ask(
            channel.queue_bind,
            queue=self.replies,
            exchange=COMMANDS,
            routing_key=self.replies,
        )
        channel.add_on_return_callback(self.came_back)
        await link.ask(
            lambda callback: channel.basic_consume(
                self.replies, self.answered, auto_ack=True, callback=callback
            )
        )

    async def ask(
        self,
        service: str,
        command: Command,
        asker: Asker,
        *,
        trace: str | None = None,
        key: UUID | None = None,
    ) -> Answer:
        """Return what a service answers, a reply.

        `trace` (32 hex digits) joins this to what caused it; a new one when absent. `key`
        is the caller's idempotency key. Raises Answered with the service's problem,
        Unavailable when it is absent, overrun, did not answer within the deadline, or the
        broker is away.
        """
        if self.link is None:
            raise Unavailable("broker-away")
        order = Order(
            operation=command.operation(),
            command=command.model_dump(mode="json"),
            asker=asker,
            trace=trace or ids.new().hex,
            key=key,
            good_until=clock.now() + timedelta(seconds=self.deadline_s),
        )
        try:
            async with asyncio.timeout(self.deadline_s):
                answer = await self.carried(service, command, order)
        except TimeoutError:
            raise Unavailable("service-too-slow", service=service) from None
        if answer.problem:
            raise Answered(answer.problem)
        return answer

    async def carried(self, service: str, command: Command, order: Order) -> Answer:
        """Return the answer to an order, by the line that its kind takes.

        Where somebody may be in danger nobody waits behind what only has to be done soon.
        """
        if command.first:
            return await self.first_line(service).ask(order)
        if command.bulk:
            return await self.bulk_line(service).ask(order)
        if command.locks():
            answer = await self.line(service).ask(order)
            if not answer.alone:
                return answer
        # A question, or somebody else held what it locks.
        return await self.lone_line(service).ask(order)

    def line(self, service: str) -> Line:
        if service not in self.grouped:
            self.grouped[service] = Line(service, self.send)
        return self.grouped[service]

    def lone_line(self, service: str) -> Line:
        if service not in self.alone:
            self.alone[service] = self.ones("alone", service, ALONE, ALONE_OF_ONE)
        return self.alone[service]

    def first_line(self, service: str) -> Line:
        if service not in self.first:
            self.first[service] = self.ones("first", service, FIRST, FIRST_OF_ONE)
        return self.first[service]

    def bulk_line(self, service: str) -> Line:
        if service not in self.bulk:
            self.bulk[service] = self.ones("bulk", service, BULK, BULK_OF_ONE)
        return self.bulk[service]

    def ones(self, kind: str, service: str, places: int, of_one: int) -> Line:
        """Return a line of orders that travel alone."""
        return Line(
            service,
            self.send,
            kind,
            together=1,
            on_their_way=places,
            of_one_on_their_way=of_one,
            patience_s=self.deadline_s * PATIENCE,
        )

    def send(self, line: Line, group: list[Waiting]) -> None:
        """Send orders in one message, and give it until the deadline."""
        number = str(ids.new())
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.deadline_s, self.give_up, number)
        self.messages[number] = Message(line, group, timer)
        try:
            orders = {"orders": [each.order for each in group], "waits": line.waits}
            self.publish(f"{line.service}.carry_out", number, orders)
        except AMQPError:
            loop.call_soon(self.fail, number, "broker-lost")

    def publish(self, routing_key: str, number: str, said: dict[str, Any]) -> None:
        """Publish a message. Raises AMQPError when there is no connection."""
        if self.link is None:
            raise AMQPError("no connection")
        self.link.channel.basic_publish(
            COMMANDS,
            routing_key,
            to_json({"args": [], "kwargs": said}),
            pika.BasicProperties(
                content_type="application/json",
                content_encoding="utf-8",
                reply_to=self.replies,
                correlation_id=number,
                expiration=str(int(self.deadline_s * 1000)),
            ),
            mandatory=True,
        )

    def give_up(self, number: str) -> None:
        self.fail(number, "service-too-slow")

    def fail(self, number: str, kind: str) -> None:
        if message := self.messages.pop(number, None):
            message.fail(kind)

    def answered(self, _: Any, __: Any, properties: Any, body: bytes) -> None:
        number = properties.correlation_id
        if number in self.probes:
            amqp.finish(self.probes[number])
            return
        message = self.messages.pop(number, None)
        if message is None:  # it was given up
            return
        try:
            answers = read(body, len(message.group))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.error("a reply of %s: %s", message.line.service, type(error).__name__)
            message.fail("service-failed")
            return
        except Failed as error:
            log.error("%s failed: %s", message.line.service, error)
            message.fail("service-failed")
            return
        for each, answer in zip(message.group, answers, strict=True):
            each.give(answer)
        message.close()

    def came_back(self, _: Any, method: Any, properties: Any, __: bytes) -> None:
        """Nobody listens to this service's orders."""
        self.fail(properties.correlation_id, "service-absent")

    async def probe(self) -> bool:
        """Tell whether the broker brings us a message of our own within two seconds."""
        number = str(ids.new())
        arrived = self.probes[number] = asyncio.get_running_loop().create_future()
        try:
            self.publish(self.replies, number, {})
            async with asyncio.timeout(PROBE_S):
                await arrived
        except (AMQPError, TimeoutError):
            return False
        finally:
            del self.probes[number]
        return True

    async def queues(self) -> list[Depth] | None:
        """Return what waits in the broker's queues; None when it does not say in time."""
        if self.link is None:
            return None
        try:
            return await depths(self.link)
        except (AMQPError, TimeoutError) as error:
            log.warning("the broker does not tell of its queues: %s", type(error).__name__)
            return None


def read(body: bytes, orders: int) -> list[Answer]:
    """Return the answers in a reply to so many orders.

    Raises Failed; ValueError, TypeError, KeyError or AttributeError when it is no reply.
    """
    said = from_json(body)
    if said.get("error"):
        raise Failed(said["error"].get("exc_type"))
    answers = [Answer.model_validate(each) for each in said["result"]]
    if len(answers) != orders:
        raise ValueError(f"{len(answers)} answers to {orders} orders")
    return answers
