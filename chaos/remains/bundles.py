"""Copies of what was sealed: fetched by HTTP, verified without us, and changed."""

from io import BytesIO
from pathlib import Path
from random import Random

from chaos.remains.mutated import mutations
from chaos.remains.sealed import Bundle
from evidence import reading
from evidence.errors import DoesNotFit
from evidence.suites import SUITES, Suite
from evidence.verifying import FAILED, VERIFIED, Anchors, found_in, pems_in, verify
from tests.evidence import forging
from tests.world import Platform

#: So many bundles are fetched, and of more one in ten.
ALL_OF, ONE_IN = 40, 10
#: In so many of them a bit of every file is changed.
EVERY_FILE_OF = 2
SEAL_KEY = "seal-signing.pub"
REASON = "audit"
#: Records of what bears an id of its own.
NAMED = ("decision", "help")


def sample(visits: list[str], luck: Random) -> list[str]:
    """Choose whose bundles are fetched."""
    rest = visits[ALL_OF:]
    return visits[:ALL_OF] + luck.sample(rest, len(rest) // ONE_IN)


class Fetching:
    """One reader of the bank's, with a key that they were given otherwise."""

    def __init__(self, platform: Platform, folder: Path, luck: Random) -> None:
        self.platform, self.folder, self.luck = platform, folder, luck
        self.keys = Path(platform.settings["DOORSTEP_KEYS"])
        name = platform.settings.get("DOORSTEP_SEAL_SUITE", "international")
        self.suite: Suite = SUITES[name]
        key = self.keys / SEAL_KEY
        self.anchor = "".join(pems_in(key)) if key.exists() else ""
        self.anchors = Anchors((self.anchor,) if self.anchor else ())

    def bundles(self, visits: list[str]) -> list[Bundle]:
        self.platform.admin = self.platform.signed_in("admin")
        self.http = self.platform.account("compliance")
        return [self.bundle(visit, n) for n, visit in enumerate(sample(visits, self.luck))]

    def bundle(self, visit: str, number: int) -> Bundle:
        file = self.folder / f"{visit}.zip"
        path = f"/v1/visits/{visit}/evidence?reason={REASON}"
        answer = self.http.fetch(path, file)
        if not answer.ok:
            return Bundle(visit, f"{answer.status} {answer.kind}")
        verdict, content = verify(file, self.anchors), file.read_bytes()
        if verdict.grade != VERIFIED:
            why = verdict.reason.key if verdict.reason else ""
            return Bundle(visit, f"{verdict.grade} {why}".strip())
        return self.read(visit, content, every_file=number < EVERY_FILE_OF)

    def read(self, visit: str, content: bytes, *, every_file: bool) -> Bundle:
        """Return what is in a bundle, and how it is graded when it is changed."""
        said = mutations(content, self.luck, self.suite, self.keys, every_file=every_file)
        graded = tuple((name, self.grade(changed)) for name, changed in said)
        records = forging.lines(forging.unpacked(content)[forging.RECORDS])
        entries = [each["body"] for each in records if each["kind"] == "entry"]
        return Bundle(
            visit=visit,
            grade=VERIFIED,
            entries={(each["device"], each["seq"]): each["link"] for each in entries},
            named=frozenset(
                str(each["body"]["id"]) for each in records if each["kind"] in NAMED
            ),
            files=frozenset(
                each["body"]["sha256"] for each in records if each["kind"] == "file"
            ),
            mutations=graded,
        )

    def grade(self, content: bytes) -> str:
        try:
            archive = reading.scanned(BytesIO(content), len(content))
            found_in(archive, self.anchors)
        except (DoesNotFit, RecursionError):  # `verify` makes FAILED of both
            return FAILED
        return VERIFIED
