"""A load generator: some clients, each sending its share over one kept connection."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Shot:
    """One request, ready to be sent."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Measured:
    """What a run showed: requests a second, milliseconds, and answers by status."""

    rate: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


def fire(url: str, shots: list[Shot], clients: int) -> Measured:
    """Send every shot once, spread over that many clients."""
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [shots[number::clients] for number in range(clients)]
        results = list(pool.map(lambda share: client(url, share), shares))
    took = time.perf_counter() - began
    times = [each for result in results for each, _ in result]
    statuses: dict[int, int] = {}
    for result in results:
        for _, status in result:
            statuses[status] = statuses.get(status, 0) + 1
    cuts = quantiles(times, n=100, method="inclusive")
    return Measured(len(shots) / took, cuts[49] * 1000, cuts[98] * 1000, statuses)


def client(url: str, shots: list[Shot]) -> list[tuple[float, int]]:
    """Send one after the other; return seconds and status of each."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    results = []
    for shot in shots:
        began = time.perf_counter()
        connection.request("POST", shot.path, shot.body, shot.headers)
        answer = connection.getresponse()
        answer.read()
        results.append((time.perf_counter() - began, answer.status))
    connection.close()
    return results
