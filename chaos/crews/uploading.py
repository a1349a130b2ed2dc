"""A phone sends a file by tus over a line that breaks, until it holds the receipt.

Each request is on disk before it leaves and after it was answered (`Steps`), and so is
the whole of it as one order of the ledger: its key is the file's id, its reply the receipt.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any
from uuid import UUID

import httpx

from chaos.crews import mishaps
from chaos.crews.asking import PATIENCE_S, PAUSE_S, Asker, GaveUp
from chaos.crews.attempts import Attempt
from chaos.crews.ledger import Ledger, Operation, Told, Try, Why
from chaos.crews.mishaps import Cut, Mishap, Piece
from chaos.crews.steps import Steps
from doorstep.uploading import UPLOADS, VERSION, Taken, announcement
from gateway.landing.grants import HEADER
from gateway.uploads.headers import STREAMED
from gateway.uploads.routes import RECEIPT

#: What the order is called, here and where it is carried out.
OPERATION = "receive_media"
#: The pieces of a file, in bytes; the largest are more than a gateway holds in memory.
PIECES = (50_000, 300_000, 1_300_000)
#: Of one file so many mishaps, or it would never be sent.
MOST_MISHAPS = 5
#: What the phone knows of the upload is no longer so: ask how far it is, and go on.
ASK_AGAIN = {409, 413, 460}
FAILED = {401, 429, 503}


class Broken(Exception):
    """No answer, or one that says: come again."""

    def __init__(self, status: int | None = None, kind: str = "") -> None:
        super().__init__(status)
        self.status, self.kind = status, kind


class Refused(Exception):
    """An answer that no repetition changes."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(status, kind)
        self.status, self.kind = status, kind


@dataclass
class Sender:
    """The line of one phone. `asker` is whose account it is signed in with."""

    asker: Asker
    device: UUID
    orders: Ledger
    steps: Steps
    luck: Random

    def send(
        self,
        taken: Taken,
        visit: UUID,
        *expects: str,
        grant: str | None = None,
        forbidden: Attempt | None = None,
    ) -> Told:
        """Send a file until its receipt or a refusal is there. Raises GaveUp."""
        told = Told(self.operation(taken, visit, expects or ("204",), forbidden))
        self.until_answered(told, taken, "first", grant)
        return told

    def abandon(self, taken: Taken, visit: UUID, grant: str | None = None) -> None:
        """Begin to send a file, and never go on: the phone fell into the river."""
        told = Told(self.operation(taken, visit, ("204",), None))
        self.once(told, taken, "first", grant, share=self.luck.uniform(0.1, 0.9))

    def grant(self, visit: UUID) -> str:
        """Fetch the leave to send of a visit whatever happens. Raises GaveUp."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            try:
                answer = self.asker.client.get(
                    f"/v1/visits/{visit}/grant", headers=self.asker.http.headers
                )
            except httpx.TransportError:
                continue
            if answer.is_success:
                return str(answer.json()["grant"])
            if answer.status_code == 401:
                self.asker.sign_in_again()
            time.sleep(self.luck.uniform(*PAUSE_S))
        raise GaveUp("grant_visit")

    def operation(
        self, taken: Taken, visit: UUID, expects: tuple[str, ...], forbidden: Attempt | None
    ) -> Operation:
        return Operation(
            key=str(taken.media_id),
            principal=str(self.asker.principal),
            name=OPERATION,
            about=str(visit),
            digest=taken.sha256,
            expects=expects,
            forbidden=forbidden.kind if forbidden else "",
        )

    def until_answered(
        self, told: Told, taken: Taken, why: Why, grant: str | None = None
    ) -> None:
        give_up = time.monotonic() + PATIENCE_S
        sending = Sending(self, taken, UUID(told.operation.about), grant)
        while self.once(told, taken, why, grant, sending=sending).failed:
            if time.monotonic() > give_up:
                raise GaveUp(OPERATION)
            time.sleep(self.luck.uniform(*PAUSE_S))

    def once(
        self,
        told: Told,
        taken: Taken,
        why: Why,
        grant: str | None,
        *,
        share: float = 1.0,
        sending: "Sending | None" = None,
    ) -> Try:
        """Try to send a file, as far as the line holds; `share` of it at the most."""
        done, number = Try(why, time.time()), len(told.tries)
        told.tries.append(done)
        self.orders.sent(told.operation, number, why, done.began)
        sending = sending or Sending(self, taken, UUID(told.operation.about), grant)
        self.note(done, sending, share)
        if done.status is not None:
            done.ended = time.time()
            self.orders.answered(told.operation, number, done)
        return done

    def note(self, done: Try, sending: "Sending", share: float) -> None:
        """Send a file as far as the line holds, and take down how that ended."""
        try:
            done.reply = {"receipt": sending.through(share)}
            done.status = 204
        except Broken as broken:
            done.status, done.kind = broken.status, broken.kind
            if broken.status == 401:
                self.asker.sign_in_again()
        except Refused as refused:
            done.status, done.kind = refused.status, refused.kind


@dataclass
class Sending:
    """One file on its way. `life` grows when it was ended and is announced anew."""

    sender: Sender
    taken: Taken
    visit: UUID
    grant: str | None
    life: int = 0
    flipped: bool = False
    mishaps: int = 0
    announced: bool = field(default=False, init=False)
    most: int = field(default=0, init=False)

    def through(self, share: float) -> str:
        """Return the receipt. Raises Broken, Refused; Broken too once `share` is sent."""
        most = self.most = int(len(self.taken.content) * share)
        while True:
            if not self.announced:
                self.announce()
            offset, receipt = self.look()
            while receipt is None and offset < most:
                offset, receipt = self.patch(offset)
                if offset < 0:
                    break  # something went wrong: look again
            if receipt is not None:
                return receipt
            if most <= offset < len(self.taken.content):
                raise Broken

    def announce(self) -> None:
        said = announcement(self.visit, self.sender.device, self.taken)
        said |= {HEADER: self.grant} if self.grant else {}
        answer = self.request("POST", UPLOADS, said)
        if answer.status_code not in (200, 201):
            raise Refused(answer.status_code, kind_of(answer))
        self.announced = True

    def look(self) -> tuple[int, str | None]:
        """Ask how far it is. An upload that was ended for other bytes begins anew."""
        answer = self.request("HEAD", self.path, {})
        if answer.status_code in (410, 460) and self.flipped:
            self.begin_anew()
            self.announce()
            return self.look()
        if answer.status_code != 200:
            raise Refused(answer.status_code, kind_of(answer))
        return int(answer.headers["Upload-Offset"]), answer.headers.get(RECEIPT)

    def begin_anew(self) -> None:
        """What was sent had a bit turned over on its way, and was thrown away."""
        self.life, self.flipped, self.announced = self.life + 1, False, False
        self.mishaps = MOST_MISHAPS

    def patch(self, offset: int) -> tuple[int, str | None]:
        """Send a piece; -1 when it has to be asked how far it is now."""
        piece = self.piece(offset)
        if piece.mishap == "taken-over":
            self.taken_over(piece)
            return -1, None
        answer = self.request("PATCH", self.path, piece.headers(), piece)
        if answer.status_code == 204:
            return int(answer.headers["Upload-Offset"]), answer.headers.get(RECEIPT)
        if answer.status_code in ASK_AGAIN and not self.is_wronged(answer, piece):
            return -1, None
        if answer.status_code in (410, 460) and self.flipped:
            self.begin_anew()
            return -1, None
        raise Refused(answer.status_code, kind_of(answer))

    def is_wronged(self, answer: httpx.Response, piece: Piece) -> bool:
        """Tell whether a refusal has no cause in what was sent."""
        match kind_of(answer):
            case "upload-other-bytes":
                return True
            case "upload-checksum-wrong":
                return piece.mishap != "wrong-checksum"
            case "upload-longer":
                return piece.mishap != "over-long"
        return False

    def piece(self, offset: int) -> Piece:
        luck = self.sender.luck
        whole = self.taken.content[: self.most]
        content = whole[offset : offset + luck.choice(PIECES)]
        mishap: Mishap = mishaps.some(luck) if self.mishaps < MOST_MISHAPS else ""
        if mishap == "over-long":
            content = self.taken.content[offset:]
        self.mishaps += bool(mishap)
        self.flipped |= mishap == "flipped"
        return Piece(offset, content, mishap, luck)

    def taken_over(self, piece: Piece) -> None:
        """Open a second connection while the first one hangs in the middle."""
        go_on = Event()
        first = Thread(target=self.hang, args=(piece, go_on), daemon=True)
        first.start()
        time.sleep(0.15)
        try:
            self.request("HEAD", self.path, {})
        finally:
            go_on.set()
            first.join()

    def hang(self, piece: Piece, go_on: Event) -> None:
        try:
            self.request("PATCH", self.path, piece.headers(), piece, go_on)
        except Broken:
            return

    def request(
        self,
        method: str,
        path: str,
        said: dict[str, str],
        piece: Piece | None = None,
        go_on: Event | None = None,
    ) -> httpx.Response:
        """Send one request, written down before and after it. Raises Broken."""
        number = self.sender.steps.asks(self.taken.media_id, self.life, method, piece)
        headers = self.sender.asker.http.headers | VERSION | said
        body: Any = None
        if piece is not None:
            headers, body = headers | {"Content-Type": STREAMED}, piece.body(go_on)
        try:
            answer = self.sender.asker.client.request(
                method, path, headers=headers, content=body
            )
        except (httpx.TransportError, Cut):
            raise Broken from None
        self.sender.steps.hears(number, answer, kind_of(answer))
        if answer.status_code in FAILED:
            status = 401 if answer.status_code == 401 else 503
            raise Broken(status, kind_of(answer))
        return answer

    @property
    def path(self) -> str:
        return f"{UPLOADS}/{self.taken.media_id}"


def kind_of(answer: httpx.Response) -> str:
    """Return the kind of a problem; none of what has no body."""
    try:
        return str(answer.json().get("type", "")).rpartition("/")[2]
    except ValueError:
        return ""


def opened(folder: Path, name: str) -> tuple[Ledger, Steps]:
    """Return the files that a phone's sender writes."""
    return (
        Ledger(folder / "ledgers" / f"{name}-files.jsonl"),
        Steps(folder / "steps" / f"{name}.jsonl"),
    )
