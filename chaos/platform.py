"""The platform of a run, from nothing: whatever its parts say to each other can be cut.

The parts are given addresses of the proxy for those of broker and database, and so are the
phones for the gateway's. The harness itself goes straight there: it looks on.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from chaos.environment import said
from chaos.faults import power
from chaos.faults.places import Places, standing_in
from chaos.faults.proxy.network import Network, network
from chaos.planted import plant
from doorstep import background, embedded
from doorstep.home import Home
from doorstep.private import Broker, Database
from tests.world import CLOCK, Platform


@dataclass
class Stand:
    """A running platform and the network it speaks through."""

    platform: Platform
    network: Network
    places: Places


@contextmanager
def stand(
    home: Home, bug: str | None, keep: bool, seed: int, *, twice: bool = False
) -> Iterator[Stand]:
    """Bring a platform up from nothing, with a bug in it if wanted, that gives what it
    gives to stand-ins.
    """
    with ExitStack() as stack:
        wipe(home)
        places = stack.enter_context(standing_in(home.root / "chaos" / "places", seed))
        wires = stack.enter_context(network())
        stack.callback(embedded.down if keep else wipe, home)
        stack.enter_context(plant(bug))
        stack.enter_context(power.noted(home.root / "chaos" / "synced"))
        database, broker = Database(home.root), Broker(home.root)
        broker.launch()  # takes seconds to be ready; the database has its turn meanwhile
        straight = {"DATABASE_URL": database.start(), "AMQP_URI": broker.wait()}
        through = {
            "DATABASE_URL": wires.through("database", straight["DATABASE_URL"]),
            "AMQP_URI": wires.through("broker", straight["AMQP_URI"]),
        }
        with said(through):
            embedded.up(home, CLOCK, twice=twice)
        settings = home.settings()
        port = wires.add("gateway", *background.http_address(settings))
        ours = settings | straight | {"DOORSTEP_HTTP_PORT": str(port)}
        for name, value in ours.items():
            os.environ.setdefault(name, value)
        doors = stack.enter_context(ExitStack())
        yield Stand(Platform(home, ours, doors), wires, places)


def wipe(home: Home) -> None:
    embedded.wipe(home)
    shutil.rmtree(home.root / "chaos", ignore_errors=True)
