"""Replies leave by one kept connection, and an acknowledgement stands for many."""

import subprocess
import sys

import pytest

from chassis.settings import Settings
from proto import ids
from tests.conftest import ROOT

#: What each script begins with: a queue for replies, on a broker of its own.
BEFORE = """
import eventlet
eventlet.monkey_patch()
import sys
from kombu.entity import Exchange, Queue
from chassis.entrypoints.consumers import Bounded, QuietConsumer, read_ahead
from chassis.entrypoints.orders import Connection, Replies

connection = Connection(sys.argv[1])
channel = connection.channel()
exchange = Exchange("nameko-rpc", type="topic", durable=True)
queue = Queue(sys.argv[2], exchange, routing_key="here", expires=60)(channel)
queue.declare()
replies = Replies(sys.argv[1])
def came(count):
    for _ in range(400):
        if (found := queue.get(no_ack=True)) is not None:
            yield found.properties["correlation_id"], found.payload
            count -= 1
        if not count:
            return
        eventlet.sleep(0.02)
"""
#: Three replies, a connection that is gone, and one more reply.
GONE = """
for number in "123":
    replies.send("here", number, b'{"said": true}')
first, before = dict(came(3)), replies.connection
replies.socket.shutdown(2)
replies.send("here", "4", b'{"said": true}')
print(*sorted(first), dict(came(1)), replies.connection is before)
"""
#: Many at once, each longer than a frame, by greenlets that take turns on the socket.
MANY = """
pool = eventlet.GreenPool(10)
for number in range(40):
    said = b'{"said": "%b"}' % (b"%d" % number * 200_000)
    pool.spawn_n(replies.send, "here", str(number), said)
pool.waitall()
found = dict(came(40))
print(all(found[str(n)] == {"said": f"{n}" * 200_000} for n in range(40)))
"""
#: Ten messages on one channel and one on another; nine are acknowledged in one word.
ACKNOWLEDGED = """
read_ahead(connection.connection.transport)
other = Queue(f"{sys.argv[2]} too", exchange, "there", expires=60)(channel)
other.declare()
taken = {"here": [], "there": []}
for its, name in ((queue, "here"), (other, "there")):
    Bounded(
        connection.channel(), 100, queues=[its],
        callbacks=[lambda body, message, name=name: taken[name].append(message)],
        accept=["json"],
    ).consume()
replies.send("there", "0", b"{}")
for number in range(10):
    replies.send("here", str(number), b"{}")
while len(taken["here"]) < 10 or not taken["there"]:
    connection.drain_events(timeout=5)
QuietConsumer().ack_message(taken["here"][8], up_to=True)
for messages in taken.values():
    messages[-1].channel.close()  # what was not acknowledged comes back
print(sorted(number for number, _ in came(1)))
print(queue.get() is None, other.get() is not None)
"""


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (GONE, "1 2 3 {'4': {'said': True}} False"),
        (MANY, "True"),
        (ACKNOWLEDGED, "['9'] True True"),
    ],
    ids=["a lost connection", "many at once", "many acknowledged"],
)
def test_with_a_real_broker(found: Settings, script: str, says: str) -> None:
    words = [sys.executable, "-W", "ignore", "-c", BEFORE + script]
    words += [found.amqp_uri, ids.new().hex]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == says.split(), done.stderr
