"""The gateway's way to ask a service: one message, one answer, or a deadline.

On pika's asyncio connection. A command without a queue comes back at once (`mandatory`);
one that waits past its deadline is dropped by the broker and never carried out late.
"""

import asyncio
import json
from typing import Any

import pika
from pika.exceptions import AMQPError

from chassis import amqp
from chassis.amqp import Link, finish
from chassis.errors import Unavailable
from chassis.logs import log
from chassis.settings import Settings
from chassis.topology import COMMANDS
from proto import ids
from proto.base import Asker, Command, Order, Problem

DEADLINE_S, AGAIN_S = 3.0, 0.5


class Answered(Exception):
    """The service answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


class Client:
    """Asks services; keeps one connection to the broker and makes a new one when lost."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
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
            self.forget()
            await asyncio.sleep(AGAIN_S)

    def forget(self) -> None:
        """Tell whoever waits that no answer will come over the lost connection."""
        self.link = None
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(Unavailable("broker-lost"))
        self.waiting.clear()

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
        deadline_s: float = DEADLINE_S,
        trace: str | None = None,
    ) -> dict[str, Any]:
        """Return the reply of a service, as plain data.

        `trace` (32 hex digits) joins this to what caused it; a new one when absent.
        Raises Answered with the service's problem, Unavailable when it is absent, did
        not answer in `deadline_s` seconds, or the broker is away.
        """
        if self.link is None:
            raise Unavailable("broker-away")
        number, trace = str(ids.new()), trace or ids.new().hex
        order = Order(command=command.model_dump(mode="json"), asker=asker, trace=trace)
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.publish(service, command.operation(), order, number, deadline_s)
            async with asyncio.timeout(deadline_s):
                body = await future
        except TimeoutError:
            raise Unavailable("service-too-slow", service=service) from None
        except AMQPError:
            raise Unavailable("broker-lost") from None
        finally:
            self.waiting.pop(number, None)
        return self.read(service, body)

    def publish(
        self, service: str, operation: str, order: Order, number: str, deadline_s: float
    ) -> None:
        assert self.link is not None
        body = {"args": [order.model_dump(mode="json")], "kwargs": {}}
        self.link.channel.basic_publish(
            COMMANDS,
            f"{service}.{operation}",
            json.dumps(body, ensure_ascii=False).encode(),
            pika.BasicProperties(
                content_type="application/json",
                content_encoding="utf-8",
                reply_to=self.replies,
                correlation_id=number,
                expiration=str(int(deadline_s * 1000)),
            ),
            mandatory=True,
        )

    @staticmethod
    def read(service: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take the reply out of nameko's wrapping. What nameko itself says is a fault."""
        if body.get("error"):
            log.error("%s failed: %s", service, body["error"].get("exc_type"))
            raise Unavailable("service-failed", service=service)
        result: dict[str, Any] = body["result"]
        if "problem" in result:
            raise Answered(Problem.model_validate(result["problem"]))
        reply: dict[str, Any] = result["reply"]
        return reply

    def answered(self, _: Any, __: Any, properties: Any, body: bytes) -> None:
        future = self.waiting.get(properties.correlation_id)
        if future:
            finish(future, json.loads(body))

    def came_back(self, _: Any, method: Any, properties: Any, __: bytes) -> None:
        """Nobody listens to this command."""
        future = self.waiting.get(properties.correlation_id)
        if future and not future.done():
            service = method.routing_key.partition(".")[0]
            future.set_exception(Unavailable("service-absent", service=service))
