"""Photos and sound of a visit: kept once, looked at once, seen by whom they concern."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import tables
from chassis.errors import Conflict, NotFound
from proto import ids
from proto.base import Role
from proto.facts import PersonMet
from proto.field_visit import Ending, MediaInspected, MediaReceived
from proto.media import (
    Fault,
    Inspection,
    ListMedia,
    MediaKept,
    MediaKind,
    MediaShown,
    NoteInspection,
    ReceiveMedia,
    ShowMedia,
)
from proto.workforce import DeviceState
from services.field_visit import handlers
from tests.acting import Phone
from tests.services.pairs import Pair

SEEN = Inspection(width=640, height=480, thumbnail="1" * 64, stripped="2" * 64)
DIGEST, OTHER_DIGEST = "a" * 64, "b" * 64


class Sending(Pair):
    """A pair that takes photos."""

    def photo(self, phone=None, **but: Any) -> ReceiveMedia:
        values = {
            "media_id": ids.new(),
            "visit_id": self.visit,
            "device_id": (phone or self.a).device_id,
            "kind": MediaKind.PHOTO,
            "media_type": "image/jpeg",
            "sha256": DIGEST,
            "size": 1234,
            "captured_at": self.watch.now,
            "received_at": self.watch.now + timedelta(seconds=2),
        }
        return ReceiveMedia(**values | but)

    def sends(self, command: ReceiveMedia, phone=None, agency=None, **asker) -> MediaKept:
        """As the gateway hands it on for whoever uploaded it."""
        role = asker.get("role", Role.FIELD_COLLECTOR)
        person_id = (phone or self.a).person_id
        unit = self.open("field_visit", role, agency or self.agency, person_id)
        handlers.of_the_pair(command, unit)
        reply = handlers.receive_media(command, unit)
        self.work = list(unit.rows.get(tables.job, []))
        unit.settle()
        self.events, self.said = unit.said, [each.type for each in unit.said]
        return reply

    def is_told(self, command: ReceiveMedia, found: Inspection = SEEN) -> None:
        told = NoteInspection(media_id=command.media_id, visit_id=self.visit, found=found)
        self.does(handlers.note_inspection, told)

    def asks(self, role: Role, phone=None, agency: UUID | None = None):
        person_id = phone.person_id if phone else None
        return self.open("field_visit", role, agency or self.agency, person_id)

    def shown(self, media_id: UUID) -> MediaShown:
        return handlers.show_media(
            ShowMedia(media_id=media_id), self.asks(Role.BANK_OFFICER)
        )

    def listed(self) -> list[UUID]:
        unit = self.asks(Role.BANK_OFFICER)
        found = handlers.list_media(ListMedia(visit_id=self.visit), unit).media
        return [each.media_id for each in found]


@pytest.fixture
def pair(unit, watch) -> Sending:
    return Sending(unit, watch)


def test_a_file_is_kept_told_of_and_given_to_a_worker(pair) -> None:
    sent = pair.photo()

    assert pair.sends(sent) == MediaKept(media_id=sent.media_id, new=True)

    (event,) = pair.events
    assert (event.type, event.subject) == ("field_visit.media_received", str(pair.case))
    assert MediaReceived(**event.data) == MediaReceived(
        visit_id=pair.visit,
        case_id=pair.case,
        agency_id=pair.agency,
        media_id=sent.media_id,
        kind=MediaKind.PHOTO,
        sha256=DIGEST,
        size=1234,
        at=event.time,
    )
    (work,) = pair.work
    assert (work["kind"], work["subject"]) == ("inspect_photo", str(pair.case))
    assert work["task"] == {
        "media_id": sent.media_id,
        "visit_id": pair.visit,
        "media_type": "image/jpeg",
        "sha256": DIGEST,
    }
    assert pair.shown(sent.media_id) == MediaShown(
        **sent.model_dump(), case_id=pair.case, agency_id=pair.agency
    )


def test_sound_is_given_to_who_listens(pair) -> None:
    pair.sends(pair.photo(kind=MediaKind.AUDIO, media_type="audio/mp4"))

    assert [each["kind"] for each in pair.work] == ["inspect_audio"]


@pytest.mark.parametrize("but", [{}, {"received_at": "2026-03-02T23:00:00+08:00"}])
def test_the_same_again_is_known_and_changes_nothing(pair, but) -> None:
    sent = pair.photo()
    pair.sends(sent)
    again = ReceiveMedia(**sent.model_dump() | but)

    assert pair.sends(again) == MediaKept(media_id=sent.media_id, new=False)

    assert (pair.said, pair.work, pair.listed()) == ([], [], [sent.media_id])
    assert pair.shown(sent.media_id).received_at == sent.received_at


@pytest.mark.parametrize(
    "but",
    [
        {"sha256": OTHER_DIGEST},
        {"size": 1235},
        {"media_type": "image/png"},
        {"captured_at": "2026-03-02T10:00:00+08:00"},
    ],
    ids=lambda but: next(iter(but)),
)
def test_an_id_stands_for_one_file(pair, but) -> None:
    sent = pair.photo()
    pair.sends(sent)

    with pytest.raises(Conflict, match="key-known-otherwise"):
        pair.sends(ReceiveMedia(**sent.model_dump() | but))

    assert pair.shown(sent.media_id).sha256 == DIGEST


def test_an_id_of_another_visit_is_not_taken_over(pair, unit, watch) -> None:
    sent = pair.photo()
    pair.sends(sent)
    others = Sending(unit, watch)

    with pytest.raises(Conflict):
        others.sends(others.photo(media_id=sent.media_id))

    assert pair.shown(sent.media_id).visit_id == pair.visit


def test_the_same_picture_twice_is_two_files(pair) -> None:
    one, two = pair.photo(), pair.photo(phone=pair.b)
    pair.sends(one)
    pair.sends(two, pair.b)

    # of one instant, in the order of their ids, which chance gave
    assert pair.listed() == sorted([one.media_id, two.media_id])


@pytest.mark.parametrize("who", ["stranger", "supervisor", "officer"])
def test_only_the_pair_sends(pair, who) -> None:
    asker = {
        "stranger": {"phone": Phone(ids.new())},
        "supervisor": {"role": Role.SUPERVISOR},
        "officer": {"role": Role.BANK_OFFICER},
    }[who]

    with pytest.raises(NotFound):
        pair.sends(pair.photo(), **asker)

    assert pair.listed() == []


def test_a_phone_that_is_nobodys_of_the_pair_is_not_found(pair) -> None:
    with pytest.raises(NotFound, match="not-found"):
        pair.sends(pair.photo(phone=Phone(pair.a.person_id)))


def test_what_a_revoked_phone_sends_is_kept_and_marked(pair) -> None:
    before, after = pair.photo(), pair.photo()
    pair.sends(before)
    pair.hear(pair.device_standing(pair.a, 2, state=DeviceState.REVOKED))
    pair.sends(after)

    assert [pair.shown(each.media_id).counts for each in (before, after)] == [True, False]
    assert [each["kind"] for each in pair.work] == ["inspect_photo"]


def test_what_comes_after_the_visit_is_kept_too(pair) -> None:
    """There is no signal in a stairwell."""
    pair.check_in(pair.a, pair.b)
    sent = pair.photo()
    pair.check_out(Ending.NOBODY_HOME)
    pair.watch.goes(days=40)

    assert pair.sends(sent).new


def test_files_are_listed_as_they_were_captured(pair) -> None:
    late = pair.photo(captured_at=pair.watch.now)
    early = pair.photo(captured_at=pair.watch.now - timedelta(minutes=5))
    for each in (late, early):
        pair.sends(each)

    assert pair.listed() == [early.media_id, late.media_id]


def test_what_was_found_is_kept_once_and_told(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)

    pair.is_told(sent, Inspection(fault=Fault.UNREADABLE))

    (event,) = pair.events
    assert MediaInspected(**event.data) == MediaInspected(
        visit_id=pair.visit,
        case_id=pair.case,
        agency_id=pair.agency,
        media_id=sent.media_id,
        kind=MediaKind.PHOTO,
        fault=Fault.UNREADABLE,
        at=event.time,
    )
    pair.is_told(sent, SEEN)
    assert pair.said == []
    assert pair.shown(sent.media_id).found == Inspection(fault=Fault.UNREADABLE)


def test_what_was_found_of_a_good_file_is_told_without_a_fault(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)

    pair.is_told(sent)

    assert [each.data["fault"] for each in pair.events] == [None]
    assert pair.shown(sent.media_id).found == SEEN


def test_nothing_is_found_in_what_was_never_sent(pair) -> None:
    with pytest.raises(NotFound):
        pair.is_told(pair.photo())


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("pair", True),
        ("partner", True),
        ("boss", True),
        ("officer", True),
        ("compliance", True),
        ("another collector", False),
        ("another boss", False),
        ("admin", False),
    ],
)
def test_a_file_is_seen_by_whoever_may_see_its_visit(pair, who, sees) -> None:
    sent, others = pair.photo(), ids.new()
    pair.sends(sent)
    unit = {
        "pair": lambda: pair.asks(Role.FIELD_COLLECTOR, pair.a),
        "partner": lambda: pair.asks(Role.FIELD_COLLECTOR, pair.b),
        "boss": lambda: pair.asks(Role.SUPERVISOR),
        "officer": lambda: pair.asks(Role.BANK_OFFICER),
        "compliance": lambda: pair.asks(Role.COMPLIANCE),
        "another collector": lambda: pair.asks(Role.FIELD_COLLECTOR, Phone(others)),
        "another boss": lambda: pair.asks(Role.SUPERVISOR, agency=others),
        "admin": lambda: pair.asks(Role.ADMINISTRATOR),
    }[who]()
    one, all_ = ShowMedia(media_id=sent.media_id), ListMedia(visit_id=pair.visit)

    if sees:
        assert handlers.show_media(one, unit).sha256 == DIGEST
        assert len(handlers.list_media(all_, unit).media) == 1
    else:
        with pytest.raises(NotFound) as hidden:
            handlers.show_media(one, unit)
        with pytest.raises(NotFound):
            handlers.list_media(all_, unit)
        with pytest.raises(NotFound) as absent:
            handlers.show_media(ShowMedia(media_id=others), unit)
        assert hidden.value.values == absent.value.values | {"key": str(sent.media_id)}


CHILD = PersonMet(relation="child", capable=False)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.FIELD_COLLECTOR, False),
        (Role.SUPERVISOR, False),
        (Role.BANK_OFFICER, True),
        (Role.COMPLIANCE, True),
    ],
)
def test_what_was_taken_where_a_child_opened_is_the_bank_s_alone(pair, role, sees) -> None:
    """Also what was taken before, and after somebody else has come to the door."""
    before, after = pair.photo(), pair.photo(sha256=OTHER_DIGEST)
    pair.sends(before)
    pair.record(CHILD)
    pair.record(PersonMet(relation="debtor"))
    pair.sends(after)

    unit = pair.asks(role, pair.a)
    listed = handlers.list_media(ListMedia(visit_id=pair.visit), unit)

    assert (len(listed.media), listed.restricted) == (2 if sees else 0, True)
    for sent in (before, after):
        one = ShowMedia(media_id=sent.media_id)
        if sees:
            assert handlers.show_media(one, unit).sha256 == sent.sha256
        else:
            with pytest.raises(NotFound):
                handlers.show_media(one, unit)


def test_other_visits_of_the_pair_stay_theirs_to_see(pair, unit, watch) -> None:
    pair.record(CHILD)
    other = Sending(unit, watch)
    other.sends(other.photo())

    asks = other.asks(Role.SUPERVISOR)
    listed = handlers.list_media(ListMedia(visit_id=other.visit), asks)
    assert (len(listed.media), listed.restricted) == (1, False)
