"""A service's one door for orders, and its way back to who asked.

In place of nameko's RPC entrypoint, whose wire it keeps: that one makes two greenlets, a
context and a publisher of kombu's for each message, and writes each reply twice.
"""

from typing import Any

from amqp import Message, spec
from eventlet import GreenPool
from eventlet.patcher import original
from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from nameko.extensions import Entrypoint
from pydantic_core import to_json

from chassis import database, held, logs, topology
from chassis.entrypoints.consumers import LOST, QuietConsumer, raw
from chassis.logs import log

unpatched: Any = original("select")
#: Seconds a reply may take to leave: whoever asked has given up by then.
LEAVES_IN_S = 3.0


class Orders(Entrypoint):  # type: ignore[misc]
    """The one method of a service that takes orders, in groups.

    A message is acknowledged once it was answered, so that a service which dies with it
    leaves it to the next one.
    """

    queue_consumer = QuietConsumer()

    def setup(self) -> None:
        self.name: str = self.container.service_name
        self.service = self.container.service_cls()
        self.queue = Queue(
            topology.commands_queue(self.name),
            exchange=Exchange(topology.COMMANDS, durable=True, type="topic"),
            routing_key=f"{self.name}.*",
            durable=True,
        )
        self.at_work = GreenPool(self.container.max_workers)
        self.replies = Replies(self.container.config["AMQP_URI"])
        self.queue_consumer.register_provider(self)

    def stop(self) -> None:
        """Take no more; what is in hand is finished."""
        self.queue_consumer.unregister_provider(self)
        self.at_work.waitall()
        self.replies.close()

    def take(self, body: Any, message: Any) -> None:
        """Begin with a message; `body` is None when it could not be decoded."""
        self.at_work.spawn_n(self.put_aside if body is None else self.serve, body, message)

    def serve(self, body: Any, message: Any) -> None:
        said = self.carried_out(body, message)
        try:
            to, number = (
                message.properties[name] for name in ("reply_to", "correlation_id")
            )
            self.replies.send(to, number, said)
        except LOST:  # the caller gives up at its deadline and asks again
            log.warning("connection lost before a reply")
        except KeyError:
            log.warning("an order without a sender")
        except Exception as error:  # what was done is done
            logs.failed("a reply", error)
        self.queue_consumer.ack_message(message)

    def carried_out(self, body: Any, message: Any) -> bytes:
        """Return what came of a message, as nameko writes it."""
        try:
            if message.delivery_info["routing_key"] != f"{self.name}.{self.method_name}":
                raise LookupError("no such method")
            method = getattr(self.service, self.method_name)
            given = method(*body["args"], **body["kwargs"])
            return to_json({"result": given, "error": None})
        except Exception as error:
            logs.failed("a message of orders", error)
            return to_json({"result": None, "error": {"exc_type": type(error).__name__}})

    def put_aside(self, _: None, message: Any) -> None:
        """Keep the bytes of an order that cannot be decoded."""
        key = str(message.delivery_info.get("routing_key", ""))
        try:
            its = database.of(self.name)
            held.put_aside(its, self.name, "orders", raw(message), key)
        except Exception as error:
            logs.failed("an unreadable order", error)
            return  # not acknowledged: it comes again with the next connection
        self.queue_consumer.ack_message(message)


class Replies:
    """A connection kept for replies alone, which the broker may stop reading.

    Nothing is confirmed: the caller times out and asks again. The broker says nothing on
    it but goodbye, which is looked for before each reply.
    """

    def __init__(self, uri: str) -> None:
        self.uri, self.turn = uri, Semaphore()
        self.connection: Any = None
        self.channel: Any = None

    def send(self, to: str, number: str, body: bytes) -> None:
        """Send a reply on. Raises one of LOST when there is no way."""
        reply = Message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=number,
            delivery_mode=1,
        )
        where = (0, topology.COMMANDS, to, False, False)
        with self.turn:
            if not self.stands():
                self.close()
                self.open()
            try:
                # Not its `basic_publish`: that reads from the socket each time.
                self.channel.send_method(spec.Basic.Publish, "Bssbb", where, reply)
            except Exception:
                self.close()
                raise

    def stands(self) -> bool:
        """Tell whether there is a connection on which the broker has said nothing."""
        if self.channel is None:
            return False
        look = unpatched.poll()  # the hub's would wait
        look.register(self.socket.fileno(), unpatched.POLLIN)
        return not look.poll(0)

    def open(self) -> None:
        self.connection = Connection(self.uri, connect_timeout=LEAVES_IN_S)
        self.channel = self.connection.channel()
        self.socket.settimeout(LEAVES_IN_S)

    @property
    def socket(self) -> Any:
        return self.connection.connection.transport.sock

    def close(self) -> None:
        """Let go of the connection, whatever state it is in."""
        its, self.connection, self.channel = self.connection, None, None
        if its is not None:
            its.collect()
