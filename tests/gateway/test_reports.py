"""A visit report is given as PDF to whoever says why."""

import base64

import httpx
import pytest

from chassis.errors import Conflict
from proto import ids
from proto.base import Role
from proto.looking import LookReason
from proto.report import ReportShown, ShowReport
from tests.gateway.stand_in import Bearer, StandIn, asker
from tests.gateway.uploading import kind

pytestmark = pytest.mark.anyio

VISIT = ids.named("visit", "reported")
PATH = f"/v1/visits/{VISIT}/report"
PDF = b"%PDF-1.7 one page"


@pytest.fixture
def compliance(bearer: Bearer) -> dict[str, str]:
    return bearer(Role.COMPLIANCE)


async def test_a_report_is_a_file_of_its_visit_and_part(
    client: httpx.AsyncClient, compliance: dict[str, str], services: StandIn
) -> None:
    pdf = base64.b64encode(PDF).decode()
    services.reply = ReportShown(visit_id=VISIT, part=2, pdf=pdf).model_dump(mode="json")

    given = await client.get(f"{PATH}?reason=court", headers=compliance)

    assert (given.status_code, given.content) == (200, PDF)
    assert services.asked[0] == (
        "field_visit",
        ShowReport(visit_id=VISIT, reason=LookReason.COURT),
        asker(Role.COMPLIANCE),
    )
    names = ("content-type", "content-disposition", "cache-control")
    assert [given.headers.get(name) for name in names] == [
        "application/pdf",
        f'inline; filename="report-{VISIT}-2.pdf"',
        "no-store",
    ]


@pytest.mark.parametrize("query", ["", "?reason=", "?reason=curious", "?reason=court&x=1"])
async def test_without_a_good_reason_nothing_is_asked(
    client: httpx.AsyncClient, compliance: dict[str, str], services: StandIn, query: str
) -> None:
    response = await client.get(f"{PATH}{query}", headers=compliance)

    assert response.status_code == 422
    assert services.asked == []


async def test_what_speaks_against_it_is_told(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.error = Conflict("report-not-drawn-yet", key=str(VISIT))

    response = await client.get(f"{PATH}?reason=audit", headers=bearer(Role.SUPERVISOR))

    assert kind(response) == (409, "report-not-drawn-yet")
    assert str(VISIT) in response.json()["detail"]
