"""The one list of processes: make, the container file and the health checks follow it.

Targets are named as text and imported by `run` alone: eventlet must patch before anything
else is imported, and in service processes only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from chassis import garbage
from doorstep.errors import Misuse

SERVICES = (
    "dispatch",
    "contact",
    "field_visit",
    "complaints",
    "letters",
    "recovery",
    "workforce",
    "oversight",
)

SERVERS = ("broker", "database")  # private ones, or those AMQP_URI and DATABASE_URL name


@dataclass(frozen=True)
class Part:
    """A process of Doorstep.

    `needs` are the parts that must be ready before it. It is ready when it has touched the
    file `DOORSTEP_READY_FILE`, which it does once it consumes (a ping proves less), and
    when `health`, a path of its HTTP port, answers 200; without one it serves `/metrics`,
    `/livez` and `/readyz` on `DOORSTEP_STATUS_PORT`.
    """

    name: str
    target: str  # "module:function"
    services: tuple[str, ...] = ()  # given to the function, when there are any
    needs: tuple[str, ...] = SERVERS
    health: str | None = None

    def run(self) -> object:
        """Run it in this process until it ends. Raises Misuse when settings forbid it."""
        module, _, function = self.target.partition(":")
        with garbage.undisturbed():
            start = getattr(import_module(module), function)
        from chassis.settings import Unusable  # once the part has patched what it must

        try:
            return start(self.services) if self.services else start()
        except Unusable as error:
            raise Misuse(f"{self.name} does not start: {error}") from None


RELAY = Part("relay", "chassis.relay:run")
ALL_SERVICES = Part("services", "chassis.runner:run", SERVICES)
WORKER = Part("worker", "chassis.worker:run", needs=("database",))
PROJECTOR = Part("projector", "services.oversight.projector:run")
GATEWAY = Part("gateway", "gateway.main:run", health="/readyz")

#: What `doorstep up` runs, in this order.
EMBEDDED = (RELAY, ALL_SERVICES, WORKER, PROJECTOR, GATEWAY)
#: The services once more, where one process that is killed shall leave nobody waiting.
SECOND = replace(ALL_SERVICES, name="services-2")
#: The setting that says so.
TWICE = {"DOORSTEP_TWICE": "yes"}
SINGLE = tuple(Part(name, "chassis.runner:run", (name,)) for name in SERVICES)
PARTS = {part.name: part for part in (*EMBEDDED, SECOND, *SINGLE)}


def embedded(settings: Mapping[str, str]) -> tuple[Part, ...]:
    """Return what `doorstep up` runs by these settings, in this order."""
    return (*EMBEDDED, SECOND) if TWICE.items() <= settings.items() else EMBEDDED


def part(name: str) -> Part:
    """Return the part of that name; raises `Misuse` when there is none."""
    try:
        return PARTS[name]
    except KeyError:
        raise Misuse(f"no part is called {name}; there are {', '.join(PARTS)}") from None
