"""Check 9: whatever was acknowledged as whole is there with the same bytes, and no more."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator

from chaos.crews.ledger import Told
from chaos.crews.steps import Step
from chaos.crews.uploading import OPERATION
from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Evidence, Violation
from chaos.remains.files import Files

NAME = "accepted files there and equal"
#: How a well-behaved phone is told that its bytes were others, or that it may not go on.
ENDED = (410, 415, 460)


def files_there_and_equal(evidence: Evidence) -> Iterator[Violation]:
    yield from acknowledged(evidence)
    yield from nothing_else(evidence)
    yield from whole(evidence)
    yield from never_less(evidence)
    yield from never_wronged(evidence)


def acknowledged(evidence: Evidence) -> Iterator[Violation]:
    """What has a receipt is done, in the store, known, noted, and served, all equal."""
    known = Known(evidence.files)
    for told in sent(evidence):
        if told.acknowledged and told.answer and told.answer.reply:
            for counts_as, says in known.against(told, told.answer.reply["receipt"]):
                yield wrong(counts_as, f"{told.operation.key} has a receipt, {says}")


class Known:
    """What is known of each file, by its id."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.uploads = {each.id: each for each in files.uploads}
        self.kept = {each.id: each for each in files.kept}
        self.noted = {(file, sha256): (v, d) for v, d, file, sha256 in files.noted}
        self.devices = {each.media_id: each.device for each in files.made}

    def against(self, told: Told, receipt: str) -> Iterator[tuple[str, str]]:
        """Yield what speaks against a receipt."""
        file, sha256, visit = (
            told.operation.key,
            told.operation.digest,
            told.operation.about,
        )
        here = visit, self.devices.get(file, "")
        row, media = self.uploads.get(file), self.kept.get(file)
        if said_of(receipt) != (sha256, visit):
            yield UNEXPECTED, "which is of something else"
        if row is None or (row.state, row.sha256) != ("done", sha256):
            yield LOST, f"and its upload is {row}"
        if media is None or (media.visit, media.device, media.sha256) != (*here, sha256):
            yield LOST, f"and is known as {media}"
        if self.files.stored.get(sha256) != sha256:
            yield LOST, "and its bytes are not in the store"
        if self.noted.get((file, sha256)) != here:
            yield LOST, "and no entry of its phone names it"
        if self.files.served.get(file) != sha256:
            yield LOST, f"and is served as {self.files.served.get(file)}"


def nothing_else(evidence: Evidence) -> Iterator[Violation]:
    """What is kept was made by a phone, and is kept once; what must not be is not."""
    files, orders = evidence.files, {each.operation.key: each for each in sent(evidence)}
    made = {each.media_id: each for each in files.made}
    seen: set[str] = set()
    for media in files.kept:
        its = made.get(media.id)
        if media.id in seen:
            yield wrong(DUPLICATED, f"{media.id} is kept twice")
        seen.add(media.id)
        if its is None or (its.sha256, its.size) != (media.sha256, media.size):
            yield wrong(UNEXPECTED, f"{media.id} is kept, and no phone made it so")
        elif not its.sent:
            yield wrong(UNEXPECTED, f"{media.id} is kept, and was never sent whole")
    for row in files.uploads:
        told = orders.get(row.id)
        if told is None or told.operation.forbidden:
            yield wrong(UNEXPECTED, f"the upload {row.id} must not be: {row.state}")


def whole(evidence: Evidence) -> Iterator[Violation]:
    """Each final name holds what it says, and is told of; others are unfinished uploads."""
    files = evidence.files
    told = {each.sha256 for each in files.kept}
    told |= {copy for each in files.kept for copy in each.copies}
    for name, sha256 in files.stored.items():
        if name != sha256:
            yield wrong(UNEXPECTED, f"the store has {sha256} under the name {name}")
        elif name not in told and not evidence.left:  # else a worker is about to tell
            yield wrong(UNEXPECTED, f"the store has {name}, of which nobody was told")
    uploads = {each.id for each in files.uploads}
    for name in files.partial:
        if name not in uploads:
            yield wrong(UNEXPECTED, f"the unfinished {name} is no upload")


def never_less(evidence: Evidence) -> Iterator[Violation]:
    """Bytes that were acknowledged are there for whoever asks later."""
    by_life: dict[tuple[str, int], list[Step]] = defaultdict(list)
    for step in evidence.files.steps:
        by_life[step.file, step.life].append(step)
    for (file, _), steps in by_life.items():
        known = [each for each in steps if each.ended and each.said is not None]
        for each in known:
            before = [(b.said or 0) for b in known if b.ended and b.ended < each.began]
            most = max(before, default=0)
            if (each.said or 0) < most:
                yield wrong(LOST, f"of {file} {most} bytes were there, later {each.said}")


def never_wronged(evidence: Evidence) -> Iterator[Violation]:
    """Nobody who sent the right bytes is told that they were others."""
    flipped = {(s.file, s.life) for s in evidence.files.steps if s.mishap == "flipped"}
    for step in evidence.files.steps:
        accused = step.status in ENDED and step.mishap != "wrong-checksum"
        if accused and (step.file, step.life) not in flipped:
            says = f"{step.file} was sent as it is, and refused: {step.status} {step.kind}"
            yield wrong(UNEXPECTED, says)


def sent(evidence: Evidence) -> list[Told]:
    return [each for each in evidence.told if each.operation.name == OPERATION]


def said_of(receipt: str) -> tuple[str, str]:
    """Return the digest and the visit that a receipt, a compact JWS, is of."""
    payload = receipt.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(said.get("sha256")), str(said.get("visit_id"))


def wrong(counts_as: str, says: str) -> Violation:
    return Violation(NAME, counts_as, says, OPERATION)
