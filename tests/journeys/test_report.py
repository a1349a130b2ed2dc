"""A visit from the door to a page, which whoever has the bundle can make again."""

import zipfile
from pathlib import Path
from typing import Any

import httpx

from chassis.settings import A_BANK
from proto.field_visit import LookAround
from services.field_visit.jobs.report.laying import lay
from services.field_visit.jobs.report.paper import compiled
from services.field_visit.jobs.report.reading import read
from tests.journeys import test_evidence as evidence
from tests.journeys.hurting import until
from tests.services.conftest import HAS_FONT
from tests.services.printed import pages, squeezed
from tests.world import AtADoor

says, here = evidence.says, evidence.here
DRAWN = "SELECT count(*) FROM field_visit.report WHERE visit_id = %s"


def asks(here: AtADoor, by: Any) -> httpx.Response:
    address = f"{here.door.platform.url}/v1/visits/{here.visit_id}/report?reason=court"
    headers = {"Authorization": by.headers["Authorization"], "Accept-Language": "zh-CN"}
    return httpx.get(address, headers=headers, trust_env=False, timeout=60)


def of_bundle(path: Path) -> bytes:
    """Make the report of a bundle, as whoever has it may."""
    with zipfile.ZipFile(path) as archive:
        top = archive.namelist()[0].partition("/")[0]
        names = ("records.jsonl", "heads.jsonl", "disclosures.jsonl")
        lines = [archive.read(f"{top}/data/{name}") for name in names]
    report = read(*lines, bank=A_BANK["bank_name"], verify_at="")
    return compiled(lay(report).task())


@HAS_FONT
def test_a_sealed_visit_has_a_page_that_its_bundle_gives_again(
    here: AtADoor, says: Any, tmp_path: Path
) -> None:
    platform = here.door.platform
    compliance, boss = platform.account("compliance"), here.door.boss
    evidence.both_leave(here)
    says(LookAround())
    until(lambda: platform.rows(DRAWN, here.visit_id) == [(2,)])

    for by in (compliance, boss):
        given = asks(here, by)
        assert (given.status_code, given.headers["content-type"]) == (
            200,
            "application/pdf",
        )
        assert pages(given.content) == 1
        assert given.content == of_bundle(evidence.bundle(here, tmp_path, by))

    said = squeezed(asks(here, compliance).content)
    assert f"外访编号Visit{here.visit_id}" in said
    assert "遇见Met客户本人thedebtor" in said
    assert evidence.REMARKS not in said
    assert "客户本人thedebtor" not in squeezed(asks(here, boss).content)
    assert asks(here, here.door.pair[0].http).status_code == 403
