"""The load generator: wrk, fed with requests that were made beforehand.

A client in Python saturates at some 400 requests a second on two cores, and would be what
is measured. wrk's percentiles count what a slow answer kept from being asked meanwhile.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SCRIPT = Path(__file__).with_name("load.lua")
TIMEOUT_S = 10


@dataclass(frozen=True)
class Measured:
    """What a round showed.

    `lost`: connections that failed and answers that never came. `taken`: how many of the
    requests are used up. `ran_out`: how often there was nothing left to send.
    """

    seconds: float
    p50_ms: float
    p99_ms: float
    statuses: Mapping[int, int]
    lost: int
    taken: int
    ran_out: int

    @property
    def rate(self) -> float:
        """How many answers with 200 or 204 there were a second."""
        return max(0, self.good - self.ran_out) / self.seconds

    @property
    def wrong(self) -> int:
        """How many requests were not answered with 200 or 204."""
        return sum(self.statuses.values()) - self.good + self.lost

    @property
    def good(self) -> int:
        return self.statuses.get(200, 0) + self.statuses.get(204, 0)


def post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Write a request with a JSON body as it goes over the wire."""
    told = {"Host": urlsplit(url).netloc, "Content-Type": "application/json"}
    told |= {"Content-Length": str(len(body)), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {text}" for name, text in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def fire(
    url: str,
    requests: Iterable[bytes],
    clients: int,
    seconds: int,
    *,
    again: bool = False,
    filler: Path | None = None,
) -> Measured:
    """Send requests for so long, each once, over that many kept connections.

    `again`: start over at their end; `filler` is a file that ends each of them. Raises
    RuntimeError when wrk itself fails.
    """
    with tempfile.NamedTemporaryFile() as file:
        for request in requests:
            file.write(b"%d\n%b" % (len(request), request))
        file.flush()
        words = [*command(clients, seconds), url, "--", file.name]
        words += ["again" if again else "once"]
        words += [str(filler)] if filler else []
        ran = subprocess.run(words, capture_output=True, text=True)
    _, brace, said = ran.stdout.rpartition("\n{")
    if ran.returncode or not brace:
        raise RuntimeError(f"wrk ended with {ran.returncode}: {ran.stderr.strip()}")
    return measured(json.loads("{" + said))


def command(clients: int, seconds: int) -> list[str]:
    """Return wrk's command line: one thread sends far more than is ever answered."""
    options = [f"--connections={clients}", f"--duration={seconds}s", "--threads=1"]
    return [wrk(), *options, f"--timeout={TIMEOUT_S}s", f"--script={SCRIPT}"]


def wrk() -> str:
    """Return where wrk is. Raises SystemExit when it is missing."""
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("wrk is not here; install the Debian package wrk")
    return found


def measured(said: Mapping[str, Any]) -> Measured:
    """Read what the script said."""
    statuses = {int(status): count for status, count in said["statuses"].items()}
    return Measured(
        seconds=said["duration_us"] / 1e6,
        p50_ms=said["p50_us"] / 1000,
        p99_ms=said["p99_us"] / 1000,
        statuses=statuses,
        lost=said["lost"],
        taken=said["taken"],
        ran_out=said["ran_out"],
    )
