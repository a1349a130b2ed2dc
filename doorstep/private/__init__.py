"""A broker and a database of our own, on loopback, for the desk and the tests.

    with parts(Path("var/test")) as addresses:
        ...  # addresses.amqp_uri, addresses.database_url

Where `AMQP_URI` or `DATABASE_URL` is set, that one is used and nothing is started for it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from doorstep.private.broker import Broker
from doorstep.private.database import Database
from doorstep.private.place import remove
from doorstep.private.server import Server

__all__ = ["Addresses", "Broker", "Database", "Server", "parts"]


@dataclass(frozen=True)
class Addresses:
    """Where the broker and the database answer."""

    amqp_uri: str
    database_url: str


@contextmanager
def parts(root: Path, *, fresh: bool = False) -> Iterator[Addresses]:
    """Run what is not given by the environment under `root`; stop it afterwards.

    `fresh` starts without data and leaves none. Raises `Busy` when another process has
    the same root, `Missing` or `NotStarted` when a server cannot run.
    """
    broker, database = Broker(root), Database(root)
    with broker.home.alone():
        try:
            if fresh:
                _forget(broker, database)
            yield _start(broker, database)
        finally:
            broker.stop()
            database.stop()
            if fresh:
                _forget(broker, database)


def _start(broker: Broker, database: Database) -> Addresses:
    amqp_uri, database_url = os.environ.get("AMQP_URI"), os.environ.get("DATABASE_URL")
    if not amqp_uri:
        broker.launch()  # takes seconds to be ready; the database has its turn meanwhile
    database_url = database_url or database.start()
    return Addresses(amqp_uri or broker.wait(), database_url)


def _forget(*servers: Server) -> None:
    for server in servers:
        server.stop()
        remove(server.home.root / server.folder)
