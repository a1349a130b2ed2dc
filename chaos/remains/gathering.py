"""Read what is left after a run: ledgers, phones, every database, queues and logs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, create_engine, text

from chaos import flows
from chaos.crews import ledger
from chaos.crews.crew import Crew
from chaos.remains import doors, effects, landed, money, sealed
from chaos.remains.doors import names
from chaos.remains.evidence import Answered, Decided, Entry, Evidence, Held, Said, Visit
from chaos.remains.moving import underway
from chassis import clock, held, topology
from chassis.database import with_driver
from chassis.keyring import Keyring
from proto import ids
from proto.base import Sealed
from tests.world import Platform

#: Seconds in which a moment must come at which no event is on its way, and between looks.
STILL_S, LOOK_S = 30.0, 0.2
#: The owner's table of each standing, by its topic.
OWNERS = {
    "dispatch.case_standing": "dispatch.debt_case",
    "workforce.agency_standing": "workforce.agency",
    "workforce.person_standing": "workforce.person",
    "workforce.device_standing": "workforce.device",
    "letters.authorisation_standing": "letters.authorisation",
    "recovery.cash_standing": "recovery.till",
    "complaints.work_standing": "complaints.work",
}
#: The tables of things, by the topic of their first event.
FIRST_SAID = {
    "dispatch.case_opened": "dispatch.debt_case",
    "dispatch.visit_planned": "dispatch.visit_plan",
}


class Gathering:
    """One reading of one platform, at its end."""

    def __init__(self, connection: Connection, pretended: str) -> None:
        self.connection = connection
        moment, since = clock.anchor(pretended)
        self.ahead_s = (moment - since).total_seconds()

    def rows(self, query: str) -> list[Any]:
        return list(self.connection.execute(text(query)))

    def real(self, moment: Any) -> float:
        """Return a moment of the pretended clock as the real one had it."""
        return float(moment.timestamp() - self.ahead_s)

    def answered(self) -> Iterator[Answered]:
        for service in topology.SERVICES:
            query = "SELECT key, principal, operation, digest, reply FROM {}.answered"
            for row in self.rows(query.format(service)):
                names = str(row.key), str(row.principal), row.operation, row.digest
                yield Answered(service, *names, json.loads(row.reply))

    def decided(self) -> Iterator[Decided]:
        for row in self.rows("SELECT * FROM field_visit.decision"):
            what = str(row.id), str(row.visit_id), row.act, row.outcome
            yield Decided(
                *what,
                tuple(row.clauses),
                self.real(row.at),
                row.asked_by.partition(":")[2],
                tuple(row.decision["books"]),
                row.decision["books_hash"],
                row.facts,
            )

    def decided_by_bank(self) -> Iterator[Decided]:
        for row in self.rows("SELECT * FROM recovery.decision"):
            what = str(row.id), str(row.case_id), row.act, row.outcome
            yield Decided(*what, tuple(row.clauses), self.real(row.at))

    def visits(self) -> Iterator[Visit]:
        for row in self.rows("SELECT * FROM field_visit.visit"):
            what = str(row.id), str(row.case_id), row.state, row.ending
            whose = str(row.agency_id), str(row.letter_id), names(row.collectors)
            yield Visit(*what, row.cleared_until is not None, row.cause, *whose)

    def entries(self) -> Iterator[Entry]:
        for row in self.rows("SELECT * FROM field_visit.journal ORDER BY number"):
            where = str(row.device_id), row.seq, row.link, str(row.visit_id)
            yield Entry(*where, row.fact["kind"])

    def said(self) -> Iterator[Said]:
        for service in topology.SERVICES:
            for row in self.rows(f"SELECT * FROM {service}.outbox ORDER BY id"):
                envelope = row.envelope
                if envelope["type"].startswith("tick."):
                    continue
                yield Said(
                    service,
                    str(row.event_id),
                    envelope["type"],
                    row.subject,
                    row.sequence or 0,
                    row.urgent,
                    row.published_at is not None,
                    envelope["trace"],
                    envelope["data"],
                )

    def counted(self) -> dict[tuple[str, str], int]:
        return {
            (service, row.subject): row.sequence
            for service in topology.SERVICES
            for row in self.rows(f"SELECT subject, sequence FROM {service}.subject")
        }

    def inbox(self) -> dict[str, dict[str, float]]:
        return {
            service: {
                str(row.event_id): row.at.timestamp()
                for row in self.rows(f"SELECT event_id, at FROM {service}.inbox")
            }
            for service in topology.SERVICES
        }

    def kept(self) -> dict[str, dict[tuple[str, str], int]]:
        return {
            service: {
                (row.topic, str(row.key)): row.version
                for row in self.rows(f"SELECT topic, key, version FROM {service}.kept")
            }
            for service in topology.SERVICES
        }

    def owned(self) -> dict[tuple[str, str], int]:
        return {
            (topic, str(row.id)): row.version
            for topic, table in OWNERS.items()
            for row in self.rows(f"SELECT id, version FROM {table}")
        }

    def things(self) -> dict[str, list[str]]:
        found = {
            topic: [str(row.id) for row in self.rows(f"SELECT id FROM {table}")]
            for topic, table in FIRST_SAID.items()
        }
        visits = self.rows("SELECT id FROM field_visit.visit")
        return found | {"visits": [str(row.id) for row in visits]}

    def board(self) -> dict[str, str]:
        query = "SELECT visit_id, for_bank->>'state' AS state FROM oversight.board_visit"
        return {str(row.visit_id): row.state for row in self.rows(query)}

    def held(self) -> Iterator[Held]:
        keyring = Keyring(self.connection)
        for service in topology.SERVICES:
            query = f"SELECT * FROM {service}.held_back WHERE discarded_at IS NULL"
            for row in self.rows(query):
                what = service, str(row.event_id), row.topic, row.error
                raw = opened(keyring, service, row.raw)
                yield Held(*what, row.parked_at is not None, raw)


def opened(keyring: Keyring, service: str, raw: Any) -> bytes | None:
    """Return the bytes that were put aside, sealed."""
    if raw is None:
        return None
    sealed = Sealed.model_validate(raw)
    name: UUID = ids.named(held.UNREADABLE, service)
    return bytes.fromhex(keyring.open(sealed, name, held.UNREADABLE))


def gather(platform: Platform, folder: Path, crews: list[Crew]) -> Evidence:
    """Return the evidence that lies in files, and in databases at one moment."""
    settings = platform.settings
    engine = create_engine(
        with_driver(settings["DATABASE_URL"], "psycopg"), isolation_level="REPEATABLE READ"
    )
    with engine.connect() as connection:
        looked_at = be_still(connection, platform)
        all_ = Gathering(connection, settings["DOORSTEP_CLOCK"])
        arrivals = all_.rows("SELECT id FROM complaints.door_visit")
        findings = all_.rows("SELECT what, decision_id FROM oversight.finding")
        timeline = all_.rows("SELECT event_id FROM oversight.timeline")
        found = Evidence(
            told=ledger.read(folder / "ledgers"),
            answered=list(all_.answered()),
            decided=list(all_.decided()),
            ahead_s=all_.ahead_s,
            decided_by_bank=list(all_.decided_by_bank()),
            doors=doors.read(all_.rows, all_.real),
            money=money.read(all_.rows, all_.real),
            visits=list(all_.visits()),
            written=list(written(crews)),
            kept_entries=list(all_.entries()),
            said=list(all_.said()),
            counted=all_.counted(),
            inbox=all_.inbox(),
            kept=all_.kept(),
            owned=all_.owned(),
            things=all_.things(),
            arrivals=[str(row.id) for row in arrivals],
            findings=[(row.what, str(row.decision_id)) for row in findings],
            timeline=[str(row.event_id) for row in timeline],
            board=all_.board(),
            held=list(all_.held()),
            sealed=sealed.of_tables(all_.rows, crews),
            landed=landed.of_tables(all_.rows, crews),
            outside=effects.of_tables(all_.rows, flows.effects()),
        )
    engine.dispose()
    found.outside.looked_at = looked_at
    return found


def be_still(connection: Connection, platform: Platform) -> float:
    """Look at a moment at which no event is on its way, if there is one: what the tables
    show, all of them show then, though a timer says something at the next. Return when.
    """
    until = time.monotonic() + STILL_S
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    looked_at = time.time()
    while underway(driver, platform) and time.monotonic() < until:
        connection.rollback()  # and with it what of the tables was seen
        time.sleep(LOOK_S)
        looked_at = time.time()
    return looked_at


def written(crews: list[Crew]) -> Iterator[Entry]:
    """Yield what the phones themselves have written down."""
    for crew in crews:
        for phone in crew.phones:
            for each in phone.entries:
                where = str(phone.device_id), each.seq, each.link(), str(each.visit_id)
                yield Entry(*where, each.fact.kind)
