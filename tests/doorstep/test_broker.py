"""The private broker, through what may befall it."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ProbableAuthenticationError

from doorstep.home import Home
from doorstep.ports import last
from doorstep.private import Broker
from doorstep.process import find

#: Seconds until a broker has written to disk that there is a queue, after it has said so.
#: Every part of ours declares what it needs whenever it connects.
DECLARED_S = 3.0


@pytest.fixture
def broker(home: Home) -> Broker:
    return Broker(home.root)


@contextmanager
def channel(uri: str) -> Iterator[BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    try:
        yield connection.channel()
    finally:
        connection.close()


def reachable_from_outside(port: int) -> bool:
    """Tell whether anyone listens on the port on another address than loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; shows our own address
        address = probe.getsockname()[0]
    with socket.socket() as caller:
        return caller.connect_ex((address, port)) == 0


def test_it_keeps_messages_through_a_kill_and_leaves_nothing_running(
    broker: Broker,
) -> None:
    uri = broker.start()
    with channel(uri) as sender:
        sender.queue_declare("kept", durable=True)
        time.sleep(DECLARED_S)
        sender.confirm_delivery()
        sender.basic_publish("", "kept", b"7", pika.BasicProperties(delivery_mode=2))
    process = broker.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)  # and at once, while it is still ending:
    assert broker.start() == uri
    assert broker.start() == uri
    with channel(uri) as reader:
        assert reader.basic_get("kept", auto_ack=True)[2] == b"7"
    mapper = find(broker.home.pid_file("epmd"))
    assert mapper is not None
    assert (broker.stop(), broker.stop()) == (True, False)
    assert not mapper.alive


def test_it_listens_on_loopback_alone_and_knows_no_guest(broker: Broker) -> None:
    uri = broker.start()
    files = [broker.home.port_file(name) for name in ("broker", "distribution", "epmd")]
    assert not any(reachable_from_outside(last(file) or 0) for file in files)
    _, _, where = uri.rpartition("@")
    with pytest.raises(ProbableAuthenticationError), channel(f"amqp://guest:guest@{where}"):
        pass
