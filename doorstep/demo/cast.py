"""Who plays: accounts with passwords of chance, people signed in, phones enrolled."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from doorstep.client import Answer, Gateway
from doorstep.errors import DoorstepError
from doorstep.home import write_secretly
from doorstep.importing.entries import person_id, visit
from doorstep.importing.kinds import Values
from doorstep.importing.reading import Read
from doorstep.phone import Phone
from proto.base import Role
from proto.ids import named
from proto.places import Point

ADMINISTRATOR = "administrator"


class CannotPlay(DoorstepError):
    """The example files do not hold what the story needs, or somebody was turned away."""


@dataclass(frozen=True)
class Actor:
    """A collector of the pair, signed in, with a phone."""

    name: str
    staff_no: str
    gateway: Gateway
    phone: Phone


@dataclass(frozen=True)
class Scene:
    """The visit the story tells of: the first one in the files, and its door."""

    visit: Values
    visit_id: UUID
    door: Point

    @property
    def agency(self) -> str:
        return str(self.visit["agency"])


def scene(read: Read) -> Scene:
    """Return the first visit and where its door is. Raises `CannotPlay`."""
    first = next(iter(rows(read, "visits")), None)
    if first is None:
        raise CannotPlay("the example files plan no visit; add one to visits.yaml")
    case = one(read, "cases", number=first["case"])
    door = Point(
        latitude=case["latitude"], longitude=case["longitude"], datum=case["datum"]
    )
    return Scene(first, visit(first).visit_id, door)


class Cast:
    """Opens the accounts of `accounts.yaml` and signs people in."""

    def __init__(self, gateway: Gateway, read: Read, folder: Path) -> None:
        self.gateway, self.read, self.folder = gateway, read, folder
        self.passwords: dict[str, str] = {}

    def open_accounts(self, token: str) -> list[tuple[str, str]]:
        """Make the administrator, then every account; return names and roles."""
        body = {"token": token, "name": ADMINISTRATOR}
        body["password"] = self._password(ADMINISTRATOR)
        done(self.gateway.post("/v1/first-run", body))
        administrator = self.signed_in(ADMINISTRATOR)
        opened = [(ADMINISTRATOR, Role.ADMINISTRATOR.value)]
        for row in rows(self.read, "accounts"):
            done(administrator.post("/v1/accounts", self._account(row)))
            opened.append((str(row["name"]), str(row["role"])))
        return opened

    def signed_in(self, name: str) -> Gateway:
        return self.gateway.signed_in(name, self.passwords[name])

    def of_role(self, role: Role, agency: str | None = None) -> Gateway:
        """Return somebody of a role, signed in. Raises `CannotPlay`."""
        wanted = {"role": role} | ({"agency": agency} if agency else {})
        return self.signed_in(str(one(self.read, "accounts", **wanted)["name"]))

    def pair(self, scene: Scene) -> tuple[Actor, Actor]:
        """Return the two collectors of the visit, each with an enrolled phone."""
        first, second = (self._actor(scene, staff) for staff in scene.visit["collectors"])
        return first, second

    def _actor(self, scene: Scene, staff: str) -> Actor:
        agency = scene.agency
        account = one(self.read, "accounts", agency=agency, person=staff)
        person = one(self.read, "people", agency=agency, staff_no=staff)
        device = one(self.read, "devices", agency=agency, holder=staff)
        gateway = self.signed_in(str(account["name"]))
        code = str(device["code"])
        phone = Phone(
            self.folder / "phones" / code, named("device", code), person_id(agency, staff)
        )
        done(gateway.post(f"/v1/devices/{phone.device_id}/key", phone.enrolment()))
        return Actor(str(person["name"]), staff, gateway, phone)

    def _account(self, row: Values) -> dict[str, Any]:
        name = str(row["name"])
        body = {"name": name, "role": row["role"], "password": self._password(name)}
        if "agency" in row:
            body["agency_id"] = str(named("agency", row["agency"]))
        if "person" in row:
            body["person_id"] = str(person_id(row["agency"], row["person"]))
        return body

    def _password(self, name: str) -> str:
        """Draw a password and keep it for whoever looks around afterwards."""
        self.passwords[name] = secrets.token_urlsafe(18)
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.passwords, ensure_ascii=False, indent=2)
        write_secretly(self.folder / "passwords.json", text + "\n")
        return self.passwords[name]


def done(answer: Answer) -> Answer:
    """Return an answer that is a yes. Raises `CannotPlay` with the platform's words."""
    if not answer.ok:
        raise CannotPlay(str(answer.body.get("detail") or f"HTTP {answer.status}"))
    return answer


def rows(read: Read, kind: str) -> Iterable[Values]:
    """Yield the rows of all files of a kind."""
    for sheet in read.sheets:
        if sheet.kind.name == kind:
            for row in sheet.rows:
                yield row.values


def one(read: Read, kind: str, **wanted: object) -> Values:
    """Return the first row with these values. Raises `CannotPlay`."""
    for row in rows(read, kind):
        if all(row.get(name) == value for name, value in wanted.items()):
            return row
    told = ", ".join(f"{name} {value}" for name, value in wanted.items())
    raise CannotPlay(f"the example files lack a row in {kind} with {told}; add it")
