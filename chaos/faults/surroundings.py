"""What the parts depend on beside each other: the network, memory, and tables that take
what is written."""

import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from subprocess import PIPE, STDOUT

import psycopg

from chaos.faults.proxy.network import Network
from chaos.faults.schedule import CUTS, Fault
from chaos.faults.targets import Target, processes
from doorstep.home import Home
from doorstep.private import Broker
from doorstep.private.broker import server_script
from doorstep.private.place import account_of
from doorstep.process import find

#: Shares of the machine's memory from which on the broker takes nothing more: hardly any,
#: and what the private one's configuration says.
TINY, USUAL = "0.0000001", "0.6"
#: A rule of a table that no row keeps: the effect of each arrival fails, at once.
BLOCK = "ALTER TABLE complaints.door_visit ADD CONSTRAINT chaos CHECK (false) NOT VALID"
UNBLOCK = "ALTER TABLE complaints.door_visit DROP CONSTRAINT IF EXISTS chaos"


class LinkTarget(Target):
    """The network on the way to somebody."""

    def __init__(self, network: Network, name: str) -> None:
        self.network, self.name = network, name
        self.link = name.removeprefix("to ")

    def hurt(self, fault: Fault) -> bool:
        assert fault.mode
        self.network.cut(self.link, fault.mode)
        return True

    def mend(self) -> bool:
        self.network.heal(self.link)
        return True


class MemoryTarget(Target):
    """The broker's memory: it is told to have nearly none, and stops whoever publishes.

    Nobody waits for the program that says so: it takes seconds.
    """

    name = "memory"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.saying: tuple[str, subprocess.Popen[str]] | None = None

    def hurt(self, fault: Fault) -> bool:
        return self.said(TINY)

    def mend(self) -> bool:
        """A broker that was killed meanwhile begins with what is usual."""
        return find(self.home.pid_file("broker")) is None or self.said(USUAL)

    def said(self, share: str) -> bool:
        """Begin to say it, once more if that failed; tell whether the broker has heard."""
        if self.saying is None:
            words = "set_vm_memory_high_watermark", share
            self.saying = share, rabbitmqctl(self.home, *words)
        what, process = self.saying
        if process.poll() is None:
            return False
        process.communicate()
        self.saying = None
        return what == share and process.returncode == 0


class ArrivalsTarget(Target):
    """The table of complaints where an arrival is noted; it takes none.

    Nobody waits for a database that is away or frozen meanwhile.
    """

    name = "arrivals"

    def __init__(self, database_url: str) -> None:
        self.database_url, self.thread = database_url, ThreadPoolExecutor(1)
        self.doing: tuple[str, Future[bool]] | None = None

    def hurt(self, fault: Fault) -> bool:
        return self.did(BLOCK)

    def mend(self) -> bool:
        return self.did(UNBLOCK)

    def did(self, what: str) -> bool:
        """Begin to do it, once more if that failed; tell whether it is done."""
        if self.doing is None:
            self.doing = what, self.thread.submit(self.does, what)
        begun, done = self.doing
        if not done.done():
            return False
        self.doing = None
        return begun == what and done.result()

    def does(self, what: str) -> bool:
        options = "-clock_timeout=2000 -cstatement_timeout=3000"
        try:
            with psycopg.connect(
                self.database_url, options=options, connect_timeout=2
            ) as connection:
                connection.execute(what.encode())
        except psycopg.errors.DuplicateObject:
            return True
        except psycopg.Error:
            return False
        return True


def rabbitmqctl(home: Home, *words: str) -> "subprocess.Popen[str]":
    """Begin to speak to the private node as its operator."""
    node = Broker(home.root)
    account = account_of(node.place)
    environment = dict(node.environment())
    program = server_script().with_name("rabbitmqctl")
    return subprocess.Popen(
        [program, "-n", environment["RABBITMQ_NODENAME"], *words],
        env=environment,
        cwd=node.place,
        user=account.uid if account else None,
        group=account.gid if account else None,
        stdin=subprocess.DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
    )


def targets(
    home: Home, network: Network, database_url: str, seed: int
) -> dict[str, Target]:
    """Return all that can be hurt. `database_url` leads straight there."""
    found: list[Target] = [
        *processes(home, seed).values(),
        *(LinkTarget(network, name) for name in CUTS),
        MemoryTarget(home),
        ArrivalsTarget(database_url),
    ]
    return {each.name: each for each in found}
