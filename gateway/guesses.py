"""Who guesses at codes on badges: found, slowed, and never anybody else turned away.

What is counted are wrong codes, each once, for a network and for this whole gateway; and
what a network looks up at all, right or wrong, again or not, of which it may have one each
second. All counts run dry with time. A right code is answered from every network.
Where too many were wrong, each answer waits for a pause, right or wrong alike: whoever
does not wait for it learns nothing, and so many wait at a time and no more. Of a code
nothing is kept but a few salted hashes, in memory.
"""

import asyncio
import math
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chassis import metrics
from chassis.logs import said
from gateway.errors import TooMany

#: Wrong codes that a network may have left before it is slowed: people mistype, and
#: thousands of them share one address of a telephone company. Fewer, while a whole
#: gateway is guessed at from many.
FREE, FEW, FREE_OF_ALL = 10, 2, 300
#: Seconds after which one of them is forgotten, of a network's and of all.
FORGOTTEN_S, FORGOTTEN_OF_ALL_S = 60.0, 1.0
#: Codes that a network may look up before it is slowed, and seconds for one more.
LOOKS, ONE_MORE_S = 60, 1.0
#: How many more are remembered than are free, and so how long a guesser stays slow.
DEEPEST = 20
#: Seconds: the pause before an answer, doubling; what a wrong one is told to wait.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_WAIT_S = 0.25, 2.0, 300
#: How many may be answered at a time, for one network and for all that are slowed.
AT_ONCE, AT_ONCE_SLOWED = 16, 48
#: When there is a place again, in seconds, as well as anybody can tell.
BUSY_S = 3
#: Networks remembered: the one that was wrong longest ago is forgotten first.
REMEMBERED = 10_000


@dataclass
class Wrong:
    """Wrong codes as they fade: `level` of them at the moment `at`."""

    fades_s: float
    most: float
    at: float = 0.0
    level: float = 0.0
    lately: deque[int] = field(default_factory=lambda: deque(maxlen=16))

    def now(self, at: float) -> float:
        return max(0.0, self.level - (at - self.at) / self.fades_s)

    def more(self, at: float) -> None:
        self.level, self.at = min(self.most, self.now(at) + 1), at


class Guesses:
    """Counts what is wrong. Time runs on its own clock, not on a pretended one."""

    def __init__(
        self,
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.seconds, self.sleep = seconds, sleep
        self.of_all = Wrong(FORGOTTEN_OF_ALL_S, FREE_OF_ALL + DEEPEST)
        self.by_network: OrderedDict[str, Wrong] = OrderedDict()
        self.looks: OrderedDict[str, Wrong] = OrderedDict()
        self.here: Counter[str] = Counter()
        self.slowed = 0

    def beyond(self, network: str) -> float:
        """Return by how many wrong codes a network is beyond what is free."""
        now, wrong = self.seconds(), self.by_network.get(network)
        free = FEW if self.of_all.now(now) > FREE_OF_ALL else FREE
        return (wrong.now(now) if wrong else 0.0) - free

    def pause(self, network: str) -> float:
        """Return the seconds that an answer to a network takes, whatever it says."""
        looks = self.looks.get(network)
        often = looks.now(self.seconds()) - LOOKS if looks else 0.0
        if (beyond := max(self.beyond(network), often)) <= 0:
            return 0.0
        return min(LONGEST_PAUSE_S, math.ldexp(SHORTEST_PAUSE_S, int(beyond)))

    @asynccontextmanager
    async def turn(self, network: str) -> AsyncIterator[None]:
        """Hold a place while a code is looked up, and until the pause is over.

        Raises TooMany when all places are held, before anything is looked up.
        """
        self.look(network)
        pause, began = self.pause(network), self.seconds()
        if self.here[network] >= AT_ONCE or (pause and self.slowed >= AT_ONCE_SLOWED):
            metrics.BADGE_CODES.labels("turned_away").inc()
            raise TooMany("too-many-tries", seconds=BUSY_S)
        self.here[network] += 1
        self.slowed += bool(pause)
        try:
            yield
            await self.sleep(max(0.0, began + pause - self.seconds()))
        finally:
            self.slowed -= bool(pause)
            self.here[network] -= 1
            if not self.here[network]:
                del self.here[network]

    def look(self, network: str) -> None:
        """Count that something is looked up, whatever it is."""
        looks = self.looks.pop(network, None) or Wrong(ONE_MORE_S, LOOKS + DEEPEST)
        self.looks[network] = looks
        if len(self.looks) > REMEMBERED:
            self.looks.popitem(last=False)
        looks.more(self.seconds())

    def right(self) -> None:
        """Count a code that was good. It costs nobody anything."""
        metrics.BADGE_CODES.labels("right").inc()

    def wrong(self, network: str, code: str) -> int:
        """Count a code that was none; return the seconds to wait, 0 when there are none.

        The same one again is no further guess: somebody looks once more.
        """
        wrong = self.by_network.pop(network, None) or Wrong(FORGOTTEN_S, FREE + DEEPEST)
        self.by_network[network] = wrong
        if len(self.by_network) > REMEMBERED:
            self.by_network.popitem(last=False)
        if (known := hash(code)) not in wrong.lately:
            wrong.lately.append(known)
            self.note(wrong, "network", FREE)
            self.note(self.of_all, "gateway", FREE_OF_ALL)
        beyond = self.beyond(network)
        metrics.BADGE_CODES.labels("slowed" if beyond > 0 else "wrong").inc()
        return 0 if beyond <= 0 else min(LONGEST_WAIT_S, 2 ** (int(beyond) + 1))

    def note(self, wrong: Wrong, whose: str, free: int) -> None:
        """Count one more, and say so when it is the first too many. Not whose it was."""
        now = self.seconds()
        before = wrong.now(now)
        wrong.more(now)
        if before <= free < wrong.now(now):
            said(
                "codes are guessed", service="gateway", message="check_badge", outcome=whose
            )
