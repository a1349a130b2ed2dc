"""What may become of a link, as plain values: they travel to the proxy as JSON."""

from dataclasses import dataclass
from typing import Literal

How = Literal["latency", "drop", "half-open", "reset", "slow", "one-way"]
#: Which way bytes go: up from whoever connected, or down to them.
Way = Literal["up", "down"]


@dataclass(frozen=True)
class Mode:
    """How a link is hurt.

    * `latency`: what is sent arrives `ms` later, give or take `jitter_ms`, in its order
    * `drop`: every connection is closed, and a new one is refused
    * `half-open`: the end that `way` leads to has forgotten every connection, and the other
      end is told nothing: what it sends vanishes; a new connection is taken, in silence
    * `reset`: every connection is reset (RST), and each new one at once
    * `slow`: `bytes_s` a second pass, of each connection and way
    * `one-way`: what is sent this `way` arrives when the link is whole again
    """

    how: How
    way: Way = "up"
    ms: float = 0.0
    jitter_ms: float = 0.0
    bytes_s: float = 0.0
