"""A phone gets its file across whatever befalls the line, and all of it is written down."""

import hashlib
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from chaos.crews import ledger, steps, uploading
from chaos.crews.mishaps import SHARES, Cut, Mishap, Piece
from chaos.crews.uploading import Sender
from doorstep.uploading import Taken
from proto import ids

CONTENT = bytes(range(256)) * 400
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


@dataclass
class Gateway:
    """One upload, kept as the real one keeps it."""

    kept: bytes = b""
    announced: int = 0
    refuses: Counter[str] = field(default_factory=Counter)

    def answer(self, request: httpx.Request) -> httpx.Response:
        match request.method:
            case "POST":
                self.announced += 1
                return httpx.Response(201)
            case "PATCH":
                return self.take(request)
        return self.say(200)

    def take(self, request: httpx.Request) -> httpx.Response:
        body, said = request.read(), request.headers
        if int(said["Upload-Offset"]) != len(self.kept):
            return self.refuse(409, "upload-offset")
        if len(self.kept) + len(body) > len(CONTENT):
            return self.refuse(413, "upload-longer")
        wanted = hashlib.sha256(body).digest()
        if not fits(said.get("Upload-Checksum"), wanted):
            return self.refuse(460, "upload-checksum-wrong")
        self.kept += body
        if len(self.kept) == len(CONTENT) and self.kept != CONTENT:
            self.kept = b""
            return self.refuse(460, "upload-other-bytes")
        return self.say(204)

    def refuse(self, status: int, kind: str) -> httpx.Response:
        self.refuses[kind] += 1
        return httpx.Response(status, json={"type": f"https://doorstep/{kind}"})

    def say(self, status: int) -> httpx.Response:
        done = self.kept == CONTENT
        receipt = {"Doorstep-Receipt": "h.r.s"} if done else {}
        return httpx.Response(
            status, headers={"Upload-Offset": str(len(self.kept))} | receipt
        )


def fits(said: str | None, digest: bytes) -> bool:
    return said is None or said == f"sha256 {b64encode(digest).decode()}"


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def sender(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    monkeypatch.setattr(uploading, "PIECES", (20_000, 50_000))
    monkeypatch.setattr(uploading, "PAUSE_S", (0, 0))
    client = httpx.Client(
        transport=httpx.MockTransport(gateway.answer), base_url="http://gateway"
    )
    asker: Any = SimpleNamespace(
        http=SimpleNamespace(headers={}), principal=ids.new(), client=client
    )
    return Sender(asker, ids.new(), *uploading.opened(tmp_path, "one"), Random(1))


def taken() -> Taken:
    return Taken(CONTENT, "image/jpeg", NOW, ids.new())


@pytest.mark.parametrize("seed", range(25))
def test_a_file_arrives_whatever_befalls_it(
    sender: Sender, gateway: Gateway, tmp_path: Path, seed: int
) -> None:
    sender.luck = Random(seed)
    told = sender.send(taken(), ids.new())

    assert gateway.kept == CONTENT
    assert told.answer is not None
    assert told.answer.reply == {"receipt": "h.r.s"}
    assert ledger.read(tmp_path / "ledgers") == [told]
    found = list(steps.read(tmp_path / "steps"))
    assert found[0].method == "POST"
    assert {each.status for each in found} <= {None, 200, 201, 204, 409, 413, 460}
    assert all(each.ended is None for each in found if each.mishap in ("cut", "lost"))


def test_an_abandoned_file_never_arrives(sender: Sender, gateway: Gateway) -> None:
    sender.abandon(taken(), ids.new())

    assert 0 < len(gateway.kept) < len(CONTENT)


def test_who_is_wrongly_told_of_other_bytes_does_not_begin_anew(
    sender: Sender, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.crews.mishaps.SHARES", {})
    wrong = {"type": "https://doorstep/upload-other-bytes"}
    monkeypatch.setattr(gateway, "take", lambda _: httpx.Response(460, json=wrong))
    told = sender.send(taken(), ids.new())

    assert told.answer is not None
    assert told.answer.said == "460 upload-other-bytes"
    assert gateway.announced == 1


@pytest.mark.parametrize("mishap", [*SHARES, ""])
def test_a_body_is_what_its_mishap_makes_of_it(mishap: Mishap) -> None:
    piece, come = Piece(0, CONTENT[:5_000], mishap, Random(2)), b""
    over = Event()
    over.set()
    try:
        for part in piece.body(over):
            come += part
    except Cut:
        assert mishap in ("cut", "lost")
    whole = come == CONTENT[:5_000]
    assert whole is (mishap in ("lost", "slow", "taken-over", "wrong-checksum", ""))
    assert (len(come) == piece.length) is (mishap != "cut")
