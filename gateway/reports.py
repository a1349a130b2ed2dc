"""The report of a visit as PDF. field_visit says who may have it, and keeps who did."""

import base64

from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import RootModel

from gateway import asks, bodies
from gateway.door import Call, Door, mount
from gateway.roles import BOARD_READERS
from proto.report import ReportShown, ShowReport


class Pdf(RootModel[bytes]):
    """A visit report: one page, PDF/A-2u."""


async def give(call: Call, _: object) -> Response:
    """Give the report to whoever says why. Raises what field_visit says against it."""
    asked = asks.with_path_ids(asks.in_query(call), call.path_ids)
    command = bodies.check(ShowReport, asked)
    services, asker = call.parts.services, call.claims.asker()
    answer = await services.ask("field_visit", command, asker, trace=call.trace)
    shown = ReportShown.model_validate_json(answer.reply or "")
    name = f"report-{shown.visit_id}-{shown.part}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(base64.b64decode(shown.pdf), 200, headers, DOOR.media)


DOOR = Door(
    name="show_report",
    method="GET",
    path=f"{asks.VISIT}/report",
    roles=BOARD_READERS,
    gives=Pdf,
    media="application/pdf",
    says="The report of a visit, one page made from its sealed record. The `reason` is "
    "kept with who asked. 409 before the visit is sealed, and once its case was erased.",
)


def open_doors(app: FastAPI) -> None:
    mount(app, DOOR, give)
