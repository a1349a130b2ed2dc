"""Who plays: accounts with passwords of chance, people signed in, phones enrolled."""

import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from doorstep.client import Answer, Gateway
from doorstep.demo.story import Who
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
#: Of which role somebody is, and the how many-eth of them in the file.
ROLES = {
    Who.OFFICER: (Role.BANK_OFFICER, 0),
    Who.SECOND_OFFICER: (Role.BANK_OFFICER, 1),
    Who.SUPERVISOR: (Role.SUPERVISOR, 0),
    Who.COMPLAINTS_OFFICER: (Role.COMPLAINTS_OFFICER, 0),
}


class CannotPlay(DoorstepError):
    """The example files do not hold what the story needs, or somebody was turned away."""


@dataclass(frozen=True)
class Actor:
    """A collector, the name of their account, and their phone."""

    name: str
    staff_no: str
    account: str
    phone: Phone


@dataclass(frozen=True)
class Scene:
    """A visit that the story goes to, its case, and where its door is."""

    visit: Values
    case: Values
    visit_id: UUID
    door: Point

    @property
    def agency(self) -> str:
        return str(self.visit["agency"])

    @property
    def pair(self) -> tuple[str, ...]:
        return tuple(self.visit["collectors"])


def scenes(read: Read, doors: Collection[str]) -> dict[str, Scene]:
    """Return the visits of these names, and where their doors are. Raises `CannotPlay`."""
    return {name: scene(read, name) for name in sorted(doors)}


def scene(read: Read, name: str) -> Scene:
    planned = one(read, "visits", name=name)
    case = one(read, "cases", number=planned["case"])
    door = Point(
        latitude=case["latitude"], longitude=case["longitude"], datum=case["datum"]
    )
    return Scene(planned, case, visit(planned).visit_id, door)


class Cast:
    """Opens the accounts of `accounts.yaml` and signs people in, each when first needed."""

    def __init__(self, gateway: Gateway, read: Read, folder: Path) -> None:
        self.gateway, self.read, self.folder = gateway, read, folder
        self.passwords: dict[str, str] = {}
        self.account_ids: dict[str, str] = {}
        self.here: dict[str, Gateway] = {}

    def open_accounts(self, token: str) -> list[tuple[str, str]]:
        """Make the administrator, then every account; return names and roles."""
        body = {"token": token, "name": ADMINISTRATOR}
        body["password"] = self._password(ADMINISTRATOR)
        done(self.gateway.post("/v1/first-run", body))
        opened = [(ADMINISTRATOR, Role.ADMINISTRATOR.value)]
        for row in rows(self.read, "accounts"):
            made = self.of(ADMINISTRATOR).post("/v1/accounts", self._account(row))
            self.account_ids[str(row["name"])] = str(done(made).body["account_id"])
            opened.append((str(row["name"]), str(row["role"])))
        return opened

    def of(self, account: str) -> Gateway:
        """Return the gateway, spoken to by an account."""
        if account not in self.here:
            password = self.passwords[account]
            self.here[account] = self.gateway.signed_in(account, password)
        return self.here[account]

    def account(self, who: Who, agency: str) -> str:
        """Return whose account somebody uses. Raises `CannotPlay`."""
        role, place = ROLES[who]
        wanted = {"role": role} | ({"agency": agency} if role is Role.SUPERVISOR else {})
        return str(one(self.read, "accounts", place, **wanted)["name"])

    def sign_in_anew(self, url: str) -> None:
        """Forget who is signed in: the platform was started again, and tokens end."""
        self.gateway = Gateway(url, self.gateway.language)
        self.here.clear()

    def enrolled(self, agency: str, staff: str) -> Actor:
        """Return a collector with an enrolled phone. Raises `CannotPlay`."""
        account = one(self.read, "accounts", agency=agency, person=staff)
        person = one(self.read, "people", agency=agency, staff_no=staff)
        device = one(self.read, "devices", agency=agency, holder=staff)
        code, name = str(device["code"]), str(account["name"])
        phone = Phone(
            self.folder / "phones" / code, named("device", code), person_id(agency, staff)
        )
        path = f"/v1/devices/{phone.device_id}/key"
        done(self.of(name).post(path, phone.enrolment()))
        return Actor(str(person["name"]), staff, name, phone)

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


def one(read: Read, kind: str, place: int = 0, **wanted: object) -> Values:
    """Return the row with these values, the first or a later one. Raises `CannotPlay`."""
    for row in rows(read, kind):
        if all(row.get(name) == value for name, value in wanted.items()):
            if place == 0:
                return row
            place -= 1
    told = ", ".join(f"{name} {value}" for name, value in wanted.items())
    raise CannotPlay(f"the example files lack a row in {kind} with {told}; add it")
