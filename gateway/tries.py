"""How often somebody may try: counted in memory, per process, in bounded tables."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from gateway.errors import TooMany

#: Seconds a count lasts, and tries in it: for a name on one network, for a name on all
#: of them, for a network. Whoever guesses a name's password locks out their own network,
#: not the name. Many people share an office's address.
WINDOW_S, PER_NAME_HERE, PER_NAME, PER_ADDRESS = 300.0, 10, 100, 100
#: What somebody at a door may ask from one network: a code is read off a badge in one or
#: two tries, and guessed in some hundred million million.
PER_STRANGER = 30
#: How often one account may fetch the pack of its day: often enough for every signal that
#: comes back, and not so often that making them keeps others from their asks.
PER_PACK = 60
#: Keys remembered in each table; the least recently tried are forgotten first.
REMEMBERED = 10_000

#: What is counted: a name, a network, or both.
Key = str | tuple[str, str]


class Tries:
    """Counts tries per key. Time runs on its own clock, not on a pretended one."""

    def __init__(self, most: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self.most, self.seconds = most, seconds
        self.counts: OrderedDict[Key, tuple[int, float]] = OrderedDict()

    def count(self, key: Key) -> None:
        """Count a try. Raises TooMany when there were too many since the first."""
        now = self.seconds()
        tried, since = self.counts.pop(key, (0, now))
        if now - since >= WINDOW_S:
            tried, since = 0, now
        self.counts[key] = (tried + 1, since)
        if len(self.counts) > REMEMBERED:
            self.counts.popitem(last=False)
        if tried >= self.most:
            left = max(1, round(since + WINDOW_S - now))
            raise TooMany("too-many-tries", seconds=left)

    def take_back(self, key: Key) -> None:
        """Uncount a try that went well: others' tries stay counted."""
        if found := self.counts.get(key):
            self.counts[key] = (found[0] - 1, found[1])

    def forget(self, key: Key) -> None:
        """Forget the tries of somebody who has shown who they are."""
        self.counts.pop(key, None)


def network(address: str) -> str:
    """Return what one person can use at will: an IPv4 address, or an IPv6 /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))
