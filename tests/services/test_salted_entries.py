"""Entries with salts: every kind of fact leads to its link, whatever of it is gone."""

import json
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select

from chassis.shredding import Reason, shred
from proto import ids
from proto.base import Sealed
from proto.facts import (
    PERSONAL,
    Anchored,
    Appointment,
    AtTheGate,
    CashHanded,
    Circumstance,
    ComplaintMade,
    Conduct,
    ConsentWithdrawn,
    DebtDiscussed,
    DebtorSigned,
    Disputed,
    Entered,
    Fact,
    FilmAgreed,
    Hardship,
    HelpPressed,
    Knocked,
    Left,
    LetterGiven,
    MediaNoted,
    MoneyLeft,
    MoneyRefused,
    Objected,
    PaidByChannel,
    PartnerGone,
    PaymentCodeShown,
    PositionNoted,
    ShiftEnded,
    ShiftStarted,
    ThirdPartyAnswer,
    WrongAddress,
)
from proto.places import Position
from proto.signing import hashed
from services.field_visit.jobs.entries import body_of, fits
from services.field_visit.model import SEALED, journal_table
from tests.acting import AT_THE_DOOR
from tests.services.conftest import NOON
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair

ODD_NUMBERS = Position(latitude=1e-7, longitude=121.0, accuracy_m=0.1 + 0.2)
HOUR = {"starts_at": NOON, "ends_at": NOON + timedelta(hours=1), "proof": "spoken"}
CAFE = {"place": "elsewhere", "where": "街角的咖啡馆 \U00028000", "place_class": "public"}
FACTS = (
    *THE_DEBTOR,
    RECORDING,
    CONSENT,
    ConsentWithdrawn(by="debtor"),
    Objected(by="kin"),
    Entered(),
    Left(),
    ThirdPartyAnswer(answer="agrees", by="neighbour"),
    Disputed(claim="already_paid"),
    Circumstance(),
    Circumstance(hardship=Hardship.ILLNESS),
    CashHanded(amount="100.50"),
    MoneyRefused(),
    MoneyLeft(amount="7", counted_by_both=True),
    Appointment(**HOUR),
    Appointment(
        **HOUR, place="elsewhere", where="街角的咖啡馆 \U00028000", place_class="public"
    ),
    ComplaintMade(),
    WrongAddress(how="moved"),
    LetterGiven(how="posted"),
    Anchored(anchor_id=ids.new(), asked_ms=1, got_ms=2),
    PositionNoted(position=AT_THE_DOOR, provider="fused", mocked=False, speed_m_s=5.0),
    PositionNoted(position=ODD_NUMBERS, speed_m_s=1e-9),
    AtTheGate(admitted=False, position=AT_THE_DOOR),
    AtTheGate(admitted=True),
    Knocked(times=2),
    DebtDiscussed(),
    PaidByChannel(channel="app"),
    PaymentCodeShown(sha256="0" * 64),
    MediaNoted(media_id=ids.new(), media="audio", sha256="1" * 64),
    Conduct(**{name: True for name in Conduct.model_fields if name != "kind"}),
    DebtorSigned(remarks="来得很客气"),
    HelpPressed(help_id=ids.new()),
    PartnerGone(cause="ill"),
    FilmAgreed(answer="given", by="debtor"),
    ShiftEnded(),
    ShiftStarted(),
)
#: Where somebody is off duty is not kept at all.
OFF_DUTY = (ShiftEnded(), PositionNoted(position=AT_THE_DOOR), AtTheGate(admitted=True))


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch)


def rows(pair) -> list:
    query = select(journal_table).order_by(journal_table.c.number)
    return list(pair.hears.connection.execute(query))


def test_every_kind_of_fact_is_among_them() -> None:
    kinds = set(get_args(get_args(Fact)[0]))

    assert {type(fact) for fact in FACTS} == kinds


@pytest.mark.parametrize("facts", [FACTS, OFF_DUTY], ids=["on duty", "off duty"])
def test_what_is_kept_leads_to_each_link(pair, facts) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(*facts)

    kept = rows(pair)
    assert len(kept) == len(facts) + 2  # both shifts began
    assert [row.kind for row in kept if not fits(row, body_of(row))] == []


def test_what_is_hidden_opens_to_its_hash_and_goes_with_its_key(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(*FACTS)
    hidden = [row for row in rows(pair) if row.hidden]

    keyring = pair.hears.keyring
    boxes = [(row, Sealed.model_validate(row.fact[SEALED])) for row in hidden]
    opened = [keyring.open(box, pair.case, box.purpose) for _, box in boxes]
    assert [hashed(text.encode()) for text in opened] == [row.hidden for row in hidden]
    assert {row.kind for row in hidden} == {
        kind.model_fields["kind"].default for kind in PERSONAL
    }
    salts = [json.loads(text)["salt"] for text in opened]
    assert len(set(salts)) == len(salts)
    assert set(salts).isdisjoint(row.salt for row in hidden)

    shred(pair.hears.connection, pair.case, "tests", Reason.ASKED)
    assert [row.kind for row in rows(pair) if not fits(row, body_of(row))] == []


def test_what_was_changed_since_does_not_fit(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2))
    changed = journal_table.update().where(journal_table.c.kind == "knocked")
    pair.hears.connection.execute(changed.values(fact={"kind": "knocked", "times": 3}))

    assert [row.kind for row in rows(pair) if not fits(row, body_of(row))] == ["knocked"]
