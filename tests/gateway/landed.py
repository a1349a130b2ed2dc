"""A visit whose facts land, for the tests of landing."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
from sqlalchemy import text

from gateway.parts import Parts
from proto import ids
from proto.base import Role
from proto.facts import PersonMet
from proto.grants import GrantedPhone, LandingReceipt, VisitGrant
from tests.acting import Phone
from tests.gateway.stand_in import Hands, StandIn, asker

ME = asker(Role.FIELD_COLLECTOR)
THE_OTHER = UUID(int=4)


@dataclass
class Visit:
    """A visit of a pair of which we are one, and what its phone sends."""

    parts: Parts
    hands: Hands
    client: httpx.AsyncClient
    services: StandIn
    bearer: dict[str, str]
    visit_id: UUID = field(default_factory=ids.new)
    case_id: UUID = field(default_factory=ids.new)
    phone: Phone = field(default_factory=lambda: Phone(ME.person_id))

    def grant(self, **but: Any) -> VisitGrant:
        key = {"device_id": self.phone.device_id, "public_key": self.phone.public_key}
        phone = GrantedPhone(collector_id=self.phone.person_id, **key)
        now = self.hands.now()
        values = {
            "visit_id": self.visit_id,
            "case_id": self.case_id,
            "agency_id": ME.agency_id,
            "collectors": (ME.person_id, THE_OTHER),
            "phones": (phone,),
            "granted_at": now,
            "good_until": now + timedelta(hours=28),
        }
        return VisitGrant(**values | but)

    def header(self, **but: Any) -> str:
        return self.parts.landing.grants.signed(self.grant(**but)).grant

    def body(self, *facts: Any) -> dict[str, Any]:
        facts = facts or (PersonMet(relation="debtor"),)
        journal = self.phone.writes(self.visit_id, self.hands.now(), *facts)
        return {"journal": journal.model_dump(mode="json")}

    async def sends(
        self, body: Any, grant: str | None, key: UUID | None = None, to: str = "journal"
    ) -> httpx.Response:
        headers = self.bearer | {"Idempotency-Key": str(key or ids.new())}
        if grant is not None:
            headers["Visit-Grant"] = grant
        path = f"/v1/visits/{self.visit_id}/{to}"
        return await self.client.post(path, json=body, headers=headers)

    async def receipt(self, text: str) -> LandingReceipt:
        """Check a receipt as a phone does: by the key that is published for receipts."""
        published = (await self.client.get("/v1/keys")).json()["keys"]
        (key,) = [each for each in published if each["purpose"] == "receipt"]
        header = jwt.get_unverified_header(text)
        assert header == {"alg": "ES256", "kid": key["kid"], "typ": "landing-receipt"}
        content = jwt.PyJWS().decode(text, jwt.PyJWK(key), ["ES256"])
        return LandingReceipt.model_validate_json(content)

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.parts.database.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]


def kind(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("/problems/")
