"""nameko's side of a service: what it answers, what it hears, and its pulse.

A service class says so in one line a door:

    @answers(CheckIn, may=handlers.of_the_pair, gather=store.gather)
    def check_in(self, command: CheckIn, unit: Unit) -> Clearance: ...

Of nameko's own behaviour these are replaced: orders travel in groups, replies are not
confirmed (the caller times out and asks again), events are taken in batches by
`chassis.effects`, and a message that cannot be decoded is never logged.
"""

from chassis.entrypoints.doors import answers, hears
from chassis.entrypoints.service import Service

__all__ = ["Service", "answers", "hears"]
