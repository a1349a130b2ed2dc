"""The whole of Doorstep, running, and people who act through HTTP.

For journeys and benches alike. The platform runs at a fixed ticking moment: a Monday
afternoon at a door in Shanghai.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from psycopg import sql

from chassis import clock, topology
from chassis.signatures import public_key
from doorstep import pairing
from doorstep.client import Answer, Gateway
from doorstep.home import Home
from doorstep.phone import Phone
from gateway.tokens import ALGORITHM, ISSUER, KEY_FILE
from proto import ids
from proto.facts import Fact, ShiftStarted
from proto.pairing import PairedPhone, PairingTicket
from proto.places import Position
from tests import acting

#: A Monday afternoon at a door in Shanghai; every test's clock starts here.
CLOCK = "2026-03-02T15:00:00+08:00"
PASSWORD = "a long enough password"
A_DAY_S = 86_400
SETTLE_S = 20.0

#: Events of a speaker that a hearer waits for; a service's own orders that are due.
MISSED = sql.SQL(
    "SELECT {name}, count(*) FROM {said} o WHERE o.id > {after} AND o.envelope->>'type'"
    " = ANY({topics})"
    " AND NOT EXISTS (SELECT FROM {heard} i WHERE i.event_id = o.event_id)"
)
DUE = sql.SQL(
    "SELECT {name}, count(*) FROM {said} o WHERE o.due_at > {since} AND o.due_at <= {now}"
    " AND NOT EXISTS (SELECT FROM {heard} i WHERE i.event_id = o.event_id)"
)
NEWEST = sql.SQL("SELECT {name}, coalesce(max(id), 0) FROM {said}")
#: What is looked at again although all had settled: numbers of transactions that were open
#: then, and minutes of orders that were written then for a moment before.
OPEN, BEFORE = 1_000, timedelta(minutes=2)


@dataclass(frozen=True)
class Settled:
    """Until where everything has taken effect: of each speaker, and of what is due."""

    through: Mapping[str, int] = field(default_factory=dict)
    at: datetime = datetime.min.replace(tzinfo=UTC)


@dataclass
class Platform:
    """A running Doorstep: its gateway, its database, and what it is told by."""

    home: Home
    settings: dict[str, str]
    doors: ExitStack
    #: Whether people have tokens signed here, with the platform's key, and no account. A
    #: password costs a tenth of a second twice, on purpose, and stories have many people.
    mints: bool = False
    #: Seconds in which what was said must have taken effect.
    settles_s: float = SETTLE_S
    settled: Settled = field(default_factory=Settled)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.settings['DOORSTEP_HTTP_PORT']}"
        keys = Path(self.settings["DOORSTEP_KEYS"])
        self.signing_key = keys / KEY_FILE
        token = (keys / "first-run-token").read_text().strip()
        first = {"token": token, "name": "admin", "password": PASSWORD}
        nobody = self.doors.enter_context(Gateway(self.url))
        assert nobody.post("/v1/first-run", first).ok
        self.admin = self.signed_in("admin")
        self.officer = self.account("bank_officer")

    def nobody(self) -> Gateway:
        """Somebody at a door, who has no account."""
        return self.doors.enter_context(Gateway(self.url))

    def signed_in(self, name: str) -> Gateway:
        with Gateway(self.url) as nobody:
            return self.doors.enter_context(nobody.signed_in(name, PASSWORD))

    def now(self) -> datetime:
        """The moment it is at the door."""
        pretended, since = clock.anchor(self.settings["DOORSTEP_CLOCK"])
        return pretended + (datetime.now(since.tzinfo) - since)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings["DATABASE_URL"]) as connection:
            return connection.execute(query, values).fetchall()

    def do(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.settings["DATABASE_URL"]) as connection:
            connection.execute(query, values)

    def settle(self) -> None:
        """Return when every event that was said has taken effect with all its hearers.

        Fails naming how many are still on their way after `settles_s`.
        """
        until = time.monotonic() + self.settles_s
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            while True:
                newest, now = self.newest(connection), self.now()
                if not (waiting := self.missing(connection, self.settled)):
                    break
                assert time.monotonic() < until, f"events did not arrive: {dict(waiting)}"
                time.sleep(0.02)
        seen = {name: max(0, last - OPEN) for name, last in newest.items()}
        self.settled = Settled(seen, now - BEFORE)

    def on_their_way(self) -> int:
        """How many pairs of event and hearer there are that have not met.

        An order that a service gave itself counts once it is due; a tick never does.
        """
        with psycopg.connect(self.settings["DATABASE_URL"]) as connection:
            return self.missing(connection, Settled()).total()

    def missing(self, connection: psycopg.Connection[Any], but: Settled) -> Counter[str]:
        """How many pairs have not met since all had settled, of each speaker and hearer."""
        each: list[sql.Composable] = []
        for speaker in topology.SERVICES:
            said = sql.Identifier(speaker, "outbox")
            after = sql.Literal(but.through.get(speaker, 0))
            since, now = sql.Literal(but.at), sql.Literal(self.now())
            own = sql.Identifier(speaker, "inbox")
            name = sql.Literal(f"due of {speaker}")
            each.append(DUE.format(name=name, said=said, heard=own, since=since, now=now))
            for hearer in topology.SERVICES:
                heard, its = sql.Identifier(hearer, "inbox"), f"{speaker}."
                listens = [t for t in topology.topics(hearer) if t.startswith(its)]
                name = sql.Literal(f"from {speaker} to {hearer}")
                values = {"said": said, "after": after, "topics": sql.Literal(listens)}
                if listens:
                    each.append(MISSED.format(name=name, heard=heard, **values))
        found = connection.execute(sql.SQL(" UNION ALL ").join(each))
        return +Counter(dict(found.fetchall()))

    def newest(self, connection: psycopg.Connection[Any]) -> dict[str, int]:
        """The number of the newest event of each speaker."""
        each = [
            NEWEST.format(name=sql.Literal(name), said=sql.Identifier(name, "outbox"))
            for name in topology.SERVICES
        ]
        return dict(connection.execute(sql.SQL(" UNION ALL ").join(each)).fetchall())

    def account(self, role: str, **belongs: UUID) -> Gateway:
        """Somebody new with a role, signed in."""
        if self.mints:
            return self.doors.enter_context(
                Gateway(self.url, token=self.minted(role, belongs))
            )
        name = f"{role}-{ids.new().hex[-12:]}"
        body = {"name": name, "password": PASSWORD, "role": role} | plain(belongs)
        answer = self.admin.post("/v1/accounts", body)
        assert answer.ok, answer
        return self.signed_in(name)

    def minted(self, role: str, belongs: dict[str, UUID]) -> str:
        """A token of somebody who has no account, good for a day."""
        key = load_pem_private_key(self.signing_key.read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        now = int(self.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": f"doorstep/{self.settings.get('DOORSTEP_BANK', 'demo')}",
            "sub": ids.new(),
            "sid": ids.new(),
            "role": role,
            "iat": now,
            "exp": now + A_DAY_S,
        } | belongs
        headers = {"kid": public_key(key).thumbprint()}
        return jwt.encode(plain(claims), key, ALGORITHM, headers=headers)


@dataclass
class Collector:
    """A field collector with a phone, signed in."""

    platform: Platform
    person_id: UUID
    phone: Phone
    http: Gateway

    def presence(self, visit_id: UUID, at: Position = acting.AT_THE_DOOR) -> dict[str, Any]:
        """The presence of one who checks in for itself."""
        said = self.phone.presence(visit_id, at, self.platform.now())
        return said.model_dump(mode="json")

    def begins_shift(self, visit_id: UUID) -> None:
        """Press the button on the way to a visit: without it nobody checks in."""
        body = self.notes(visit_id, ShiftStarted())
        sent(self.http, f"/v1/visits/{visit_id}/journal", body)
        self.confirm()

    def notes(self, visit_id: UUID, *facts: Fact) -> dict[str, Any]:
        """Write facts down; the body of a request that carries them."""
        for fact in facts:
            self.phone.note(visit_id, fact, self.platform.now())
        journal = self.phone.unconfirmed()
        return {"journal": journal.model_dump(mode="json")} if journal else {}

    def confirm(self) -> None:
        self.phone.confirm(len(self.phone.entries))


@dataclass
class Door:
    """An agency, its pair, a placed case, and a visit planned for now."""

    platform: Platform
    folder: Path
    agency_id: UUID = field(default_factory=ids.new)
    letter_id: UUID = field(default_factory=ids.new)
    #: By which nonce the phones of the pair pair, for each visit.
    nonces: dict[UUID, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        officer = self.platform.officer
        agency = {
            "agency_id": self.agency_id,
            "code": f"a{self.agency_id.hex}",
            "name": "海港",
        }
        sent(officer, "/v1/agencies", {"agencies": [agency]})
        people = [ids.new(), ids.new()]
        entries = [acting.person(person, self.agency_id) for person in people]
        sent(officer, "/v1/people", {"people": entries})
        self.pair = tuple(self.collector(person) for person in people)
        self.boss = self.platform.account("supervisor", agency_id=self.agency_id)
        self.platform.settle()
        letter = {
            "letter_id": self.letter_id,
            "number": f"SQ{self.letter_id.hex}",
            "agency_id": self.agency_id,
            "people": people,
            "valid_from": "2026-03-01",
            "valid_until": "2026-03-31",
        }
        sent(officer, "/v1/authorisations", {"letters": [letter]})
        self.platform.settle()
        self.visit_id = self.visits(1)[0]
        for each in self.pair:
            each.begins_shift(self.visit_id)

    def collector(self, person_id: UUID) -> Collector:
        device_id = ids.new()
        device = {
            "device_id": device_id,
            "code": f"d{device_id.hex}",
            "person_id": person_id,
            "model": "work phone",
        }
        sent(self.platform.officer, "/v1/devices", {"devices": [device]})
        http = self.platform.account(
            "field_collector", agency_id=self.agency_id, person_id=person_id
        )
        phone = Phone(self.folder / device_id.hex, device_id, person_id)
        sent(http, f"/v1/devices/{device_id}/key", phone.enrolment())
        return Collector(self.platform, person_id, phone, http)

    def visits(self, count: int, **but: Any) -> list[UUID]:
        """Place that many cases and plan a visit to each; `but` is what is theirs."""
        return self.planned(self.cases(count, **but))

    def cases(self, count: int, **but: Any) -> list[UUID]:
        """Place that many cases with the agency."""
        cases = [ids.new() for _ in range(count)]
        entries = [acting.case(case, self.agency_id, **but) for case in cases]
        sent(self.platform.officer, "/v1/cases", {"cases": entries})
        return cases

    def planned(self, cases: Iterable[UUID], **but: Any) -> list[UUID]:
        """Plan a visit by the pair to each case, from an hour ago until in four hours."""
        now = self.platform.now()
        known = list(cases)
        planned = [ids.new() for _ in known]
        visits = [
            {
                "visit_id": visit,
                "case_id": case,
                "collectors": [collector.person_id for collector in self.pair],
                "letter_id": self.letter_id,
                "not_before": now - timedelta(hours=1),
                "not_after": now + timedelta(hours=4),
            }
            | but
            for visit, case in zip(planned, known, strict=True)
        ]
        sent(self.boss, "/v1/visits", {"visits": visits})
        self.platform.settle()
        self.learn_nonces(planned)
        return planned

    def learn_nonces(self, visits: Sequence[UUID]) -> None:
        query = "SELECT id, nonce FROM field_visit.visit WHERE id = ANY(%s)"
        self.nonces |= dict(self.platform.rows(query, list(visits)))

    def present(
        self,
        visit_id: UUID | None = None,
        at: Position = acting.AT_THE_DOOR,
        pair: Sequence[Collector] = (),
    ) -> dict[str, Any]:
        """The body of a check-in of both, whose phones have just paired."""
        phones = [each.phone for each in pair or self.pair]
        visit_id, now = visit_id or self.visit_id, self.platform.now()
        ticket = self.ticket(visit_id, phones, now)
        present = pairing.side_by_side(phones[0], phones[1], ticket, at, now)
        return {"present": [each.model_dump(mode="json") for each in present]}

    def ticket(
        self, visit_id: UUID, phones: Iterable[Phone], now: datetime
    ) -> PairingTicket:
        """What both phones fetched in the morning: made here, and not asked for again."""
        paired = tuple(
            PairedPhone(
                device_id=phone.device_id,
                collector_id=phone.collector_id,
                public_key=phone.public_key,
                thumbprint=phone.public_key.thumbprint(),
            )
            for phone in phones
        )
        until = now + timedelta(hours=4)
        if visit_id not in self.nonces:
            self.learn_nonces([visit_id])
        nonce = self.nonces.get(visit_id, visit_id)  # of no visit, none is known
        return PairingTicket(
            visit_id=visit_id, nonce=nonce, phones=paired, good_until=until
        )

    def path(self, what: str = "") -> str:
        return f"/v1/visits/{self.visit_id}{what}"


def sent(http: Gateway, path: str, body: dict[str, Any]) -> Answer:
    """Send a body whose values are of Python's own kinds; it must be taken.

    Whoever is too busy is sent it again under its key, as everybody is told to do.
    """
    until, key = time.monotonic() + SETTLE_S, str(ids.new())
    while (answer := http.post(path, plain(body), key)).status == 503:
        if time.monotonic() > until:
            break
        time.sleep(0.2)
    assert answer.ok, (path, answer)
    return answer


def resume(officer: Gateway, case_id: UUID | str, reason: str, **more: Any) -> Answer:
    """Look at a case, and lift a reason of it; `more` is a plan, or another version."""
    case = f"/v1/cases/{case_id}"
    seen = {"version": officer.get(case).body["version"]}
    return officer.post(f"{case}/resumption", seen | {"reason": reason} | more)


def plain(value: Any) -> Any:
    """The JSON form of ids, days and moments."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case str() | int() | float() | bool() | None:
            return value
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
    return str(value)


def clauses(answer: Answer) -> list[str]:
    """The clauses against an act, each once, as the books came."""
    decision = answer.body["decision"]
    return list(dict.fromkeys(reason["clause"] for reason in decision["reasons"]))


@dataclass
class AtADoor:
    """The pair at one door: what its first phone asks and notes, unless said otherwise."""

    door: Door
    visit_id: UUID

    def posts(self, what: str, body: dict[str, Any], by: Collector | None = None) -> Answer:
        http = (by or self.door.pair[0]).http
        return http.post(f"/v1/visits/{self.visit_id}{what}", plain(body))

    def checks_in(self, at: Position = acting.AT_THE_DOOR) -> Answer:
        return self.posts("/check-ins", self.door.present(self.visit_id, at))

    def asks(
        self, act: str, *facts: Fact, by: Collector | None = None, **body: Any
    ) -> Answer:
        """Ask, after the facts that the ask rests on; they are kept whatever it says."""
        who = by or self.door.pair[0]
        answer = self.posts(f"/asks/{act}", who.notes(self.visit_id, *facts) | body, by)
        who.confirm()
        return answer

    def notes(self, *facts: Fact) -> Answer:
        who = self.door.pair[0]
        answer = self.posts("/journal", who.notes(self.visit_id, *facts))
        who.confirm()
        assert answer.ok, answer
        return answer

    def shown(self) -> dict[str, Any]:
        answer = self.door.pair[0].http.get(f"/v1/visits/{self.visit_id}")
        assert answer.ok, answer
        return dict(answer.body)

    @property
    def case_id(self) -> str:
        return str(self.shown()["case_id"])
