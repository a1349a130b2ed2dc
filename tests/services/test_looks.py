"""Who sees a picture sharp or hears a recording says why, and that is kept."""

from uuid import UUID

import pytest

from chassis.errors import Forbidden, NotFound
from proto import ids
from proto.base import Role
from proto.looking import LookAtMedia, Looked, LookReason, ShowLooks
from proto.media import MediaKind
from services.field_visit import handlers
from services.field_visit.handlers import looking
from tests.services.test_media import CHILD, Sending

AUDIT, COURT = LookReason.AUDIT, LookReason.COURT


class Looking(Sending):
    """A pair whose photos somebody looks at."""

    def looks(self, media_id: UUID, role=Role.COMPLIANCE, reason=AUDIT, **but):
        unit = self.asks(role, but.pop("phone", None), but.pop("agency", None))
        command = LookAtMedia(media_id=media_id, reason=reason, **but)
        return handlers.look_at_media(command, unit)

    def noted(self) -> list[tuple]:
        unit = self.asks(Role.COMPLIANCE)
        shown = handlers.show_looks(ShowLooks(visit_id=self.visit), unit)
        return [(e.what, e.media_id, e.role, e.reason, e.at) for e in shown.looks]


@pytest.fixture
def pair(unit, watch) -> Looking:
    return Looking(unit, watch)


@pytest.fixture
def photo(pair) -> UUID:
    sent = pair.photo()
    pair.sends(sent)
    pair.is_told(sent)
    return sent.media_id


def test_a_look_is_kept_with_who_what_and_why(pair, photo) -> None:
    shown = pair.looks(photo)
    assert shown == pair.shown(photo)

    pair.watch.goes(minutes=2)
    pair.looks(photo, Role.BANK_OFFICER, COURT, original=True)

    came = pair.watch.now
    (later, first) = pair.noted()
    assert later == (Looked.ORIGINAL, photo, Role.BANK_OFFICER, COURT, came)
    assert first[:4] == (Looked.SHARP, photo, Role.COMPLIANCE, AUDIT)


def test_the_parts_of_a_recording_are_one_look(pair) -> None:
    sent = pair.photo(kind=MediaKind.AUDIO, media_type="audio/mp4")
    pair.sends(sent)
    for _ in range(3):
        pair.looks(sent.media_id)
    pair.looks(sent.media_id, reason=COURT)
    pair.watch.goes(minutes=1)
    pair.looks(sent.media_id)

    kept = [(what, reason) for what, _, _, reason, _ in pair.noted()]
    assert sorted(kept) == [
        (Looked.SOUND, AUDIT),
        (Looked.SOUND, AUDIT),
        (Looked.SOUND, COURT),
    ]


@pytest.mark.parametrize("who", ["a", "supervisor"])
def test_the_original_of_a_photo_is_for_the_bank(pair, photo, who) -> None:
    asks = {
        "a": {"role": Role.FIELD_COLLECTOR, "phone": pair.a},
        "supervisor": {"role": Role.SUPERVISOR},
    }[who]
    assert pair.looks(photo, **asks).media_id == photo
    with pytest.raises(Forbidden, match="original-for-the-bank"):
        pair.looks(photo, original=True, **asks)

    assert [each[0] for each in pair.noted()] == [Looked.SHARP]


def test_who_may_not_see_the_visit_leaves_no_look(pair, photo) -> None:
    with pytest.raises(NotFound):
        pair.looks(photo, Role.SUPERVISOR, agency=ids.new())

    assert pair.noted() == []


def test_what_is_kept_from_the_agency_is_so_with_a_reason_too(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(CHILD)
    sent = pair.photo()
    pair.sends(sent)

    with pytest.raises(NotFound):
        pair.looks(sent.media_id, Role.SUPERVISOR)
    assert pair.looks(sent.media_id).media_id == sent.media_id


def test_very_many_looks_are_told_to_be_more(pair, photo, monkeypatch) -> None:
    monkeypatch.setattr(looking, "MOST", 1)
    for reason in (AUDIT, COURT):
        pair.looks(photo, reason=reason)

    unit = pair.asks(Role.COMPLIANCE)
    shown = handlers.show_looks(ShowLooks(visit_id=pair.visit), unit)
    assert (len(shown.looks), shown.more) == (1, True)
