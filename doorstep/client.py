"""Speak to a gateway as people's programs do: HTTP, JSON, a session, an event stream."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from ssl import SSLContext
from typing import Any, Self

import httpx

from doorstep.errors import DoorstepError
from proto import ids

TRIES, PAUSE_S = 3, 0.5


class Unreachable(DoorstepError):
    """Nothing answered, or nothing that is a gateway."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no gateway answers at {url}; start it with `doorstep up`")
        self.url = url


class NotSignedIn(DoorstepError):
    """A name and its password were not taken."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail or f"{name} could not sign in")
        self.name, self.detail = name, detail


@dataclass(frozen=True)
class Answer:
    """What came back: a status and a JSON object."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def kind(self) -> str:
        """Return the kind of a problem, the last part of its type."""
        return str(self.body.get("type", "")).rpartition("/")[2]


@dataclass(frozen=True)
class Happened:
    """One event of a stream."""

    id: str
    topic: str
    data: Mapping[str, Any]


class Gateway:
    """One gateway, spoken to by one account, or by nobody yet.

    An order whose answer was lost is sent again under the same idempotency key, and so is
    done once. Proxies of the environment are not for a gateway on loopback.
    """

    def __init__(
        self,
        url: str,
        language: str = "en",
        token: str | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        self.url, self.language, self._transport = url.rstrip("/"), language, transport
        self.headers = {"Accept-Language": language}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            base_url=self.url,
            headers=self.headers,
            transport=transport,
            timeout=timeout_s,
            trust_env=False,
            verify=authorities(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def signed_in(self, name: str, password: str) -> "Gateway":
        """Return the same gateway, spoken to by an account. Raises `NotSignedIn`."""
        answer = self.post("/v1/sessions", {"name": name, "password": password})
        if not answer.ok:
            raise NotSignedIn(name, str(answer.body.get("detail", "")))
        token = str(answer.body["access_token"])
        return Gateway(self.url, self.language, token, self._transport)

    def get(self, path: str) -> Answer:
        return self._asked("GET", path, None, {})

    def post(self, path: str, body: Any, key: str | None = None) -> Answer:
        """Send an order, under a fresh key unless it is one that was sent before."""
        return self._asked("POST", path, body, {"Idempotency-Key": key or str(ids.new())})

    def _asked(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> Answer:
        """Ask until there is an answer; a lost one is asked for under the same key."""
        for left in reversed(range(TRIES)):
            try:
                response = self._http.request(method, path, json=body, headers=headers)
            except httpx.ConnectError:
                break
            except httpx.TransportError:
                if left:
                    time.sleep(PAUSE_S)
                continue
            return Answer(response.status_code, _object(response))
        raise Unreachable(self.url)

    def raw(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b""
    ) -> httpx.Response:
        """Send bytes, and return what came back as it is. Raises `Unreachable`."""
        try:
            return self._http.request(method, path, headers=headers, content=content)
        except httpx.TransportError:
            raise Unreachable(self.url) from None

    def fetch(self, path: str, file: Path) -> Answer:
        """Write what a path gives into a file, for our eyes only, as it comes; the answer
        is its name and size, or what was refused. Raises `Unreachable`.
        """
        try:
            with self._http.stream("GET", path) as response:
                if response.status_code != 200:
                    response.read()
                    return Answer(response.status_code, _object(response))
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file.touch(mode=0o600)
                with file.open("wb") as kept:
                    size = sum(kept.write(part) for part in response.iter_bytes())
        except httpx.TransportError:
            raise Unreachable(self.url) from None
        return Answer(200, {"file": file.name, "bytes": size})

    def events(self, path: str, last_id: str | None = None) -> Iterator[Happened]:
        """Yield the events of a stream until it is closed. Raises `Unreachable`."""
        headers = {"Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        try:
            with self._http.stream("GET", path, headers=headers) as response:
                if response.status_code != 200:
                    raise Unreachable(self.url)
                yield from happened(response.iter_lines())
        except httpx.TransportError:
            raise Unreachable(self.url) from None


@cache
def authorities() -> SSLContext:
    """Return whom we trust to vouch for a gateway: read once, which takes 20 ms and 0.7 MB,
    and not by each client anew.
    """
    return httpx.create_ssl_context(trust_env=False)


def happened(lines: Iterator[str]) -> Iterator[Happened]:
    """Read server-sent events; comments and what is not JSON are passed over."""
    said: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name:
            value = value.removeprefix(" ")
            said[name] = f"{said[name]}\n{value}" if name in said else value
        elif not line and (event := _event(said)):
            yield event
            said = {}
        elif not line:
            said = {}


def _event(said: Mapping[str, str]) -> Happened | None:
    try:
        data = json.loads(said["data"])
    except (KeyError, ValueError):
        return None
    if not isinstance(data, dict):
        return None
    topic = said.get("event") or str(data.get("type", ""))
    return Happened(said.get("id", ""), topic, data)


def _object(response: httpx.Response) -> Mapping[str, Any]:
    """Return the JSON object that was answered; of a page, its text."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        return {"page": response.text}
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
