"""The picture of a visit report: an invented visit, the same each time."""

import hashlib
from dataclasses import replace

from services.field_visit.jobs.report.laying import lay
from services.field_visit.jobs.report.paper import compiler
from services.field_visit.jobs.report.reading import read
from tests.services.sealed import whole

#: Points per inch: Chinese of nine points can be read.
PPI = 110.0


def picture() -> bytes:
    """Return the page as PNG. What salts would make another each time is said instead."""
    sealing = whole()
    report = read(
        sealing.records,
        sealing.heads,
        sealing.disclosures,
        bank="示范银行",
        verify_at="https://evidence.bank.example/v1/log/heads",
    )
    digest = hashlib.sha256(b"head").hexdigest()
    # A gap that nobody has explained proves less than the whole.
    seal = replace(report.seal, digest=digest, grade="kept", reasons=("recording_gap",))
    task = lay(replace(report, seal=seal)).task()
    png = compiler(task).compile(format="png", ppi=PPI, timestamp=task["at"])
    assert isinstance(png, bytes)
    return png
