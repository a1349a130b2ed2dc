"""Reading along: past and live, in order, once, in shared pieces, and never for ever."""

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from chassis.errors import Unavailable
from chassis.streams import START, Position, Said
from gateway import feed as feeds
from gateway import readers
from gateway.errors import TooMany
from gateway.feed import PER_ACCOUNT, Feed
from gateway.readers import BEHIND, Ended, Reader
from gateway.telling import Told, Wish, told
from proto.audience import BANK, BANK_AND_DESK, ITS_AGENCY, Audience
from proto.base import Envelope, Sealed
from tests.gateway.stand_in import Hands

pytestmark = pytest.mark.anyio

HERE, THERE = UUID(int=8), UUID(int=9)
OURS, THEIRS = UUID(int=18), UUID(int=19)
ME = UUID(int=1)
NUMBERS = count(1)

ALL = Wish(Audience.COMPLIANCE)
VISIT = Wish(Audience.OFFICER, None, HERE)


def at(offset: int, stream: str = "a") -> Position:
    return Position(f"{stream}{offset:011x}", offset)


def said(offset: int, visit_id: UUID | None = HERE, **but: Any) -> Told:
    """An event of a visit; its lines are its offset."""
    event = {
        "position": at(offset),
        "event_id": UUID(int=next(NUMBERS)),
        "audiences": ITS_AGENCY,
        "agency_id": OURS,
        "visit_id": visit_id,
        "lines": f"<{offset}>".encode(),
    }
    return Told(**(event | but))


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """A feed that has read its stream to the end, and waits for nobody for long."""
    monkeypatch.setattr(feeds, "BEAT_S", 0.0)
    monkeypatch.setattr(feeds, "AHEAD_S", 0.05)
    found = Feed(ring=10)
    found.know_end(-1)
    return found


async def joined(feed: Feed, wish: Wish = ALL, after: Position | None = None) -> Reader:
    return await feed.join(wish, ME, after)


async def heard(reader: Reader) -> str:
    """What a reader is told, its past first, up to now."""
    past, reader.past = b"".join(reader.past), []
    live = b""
    while reader.pieces:
        live += await reader.next()
    return (past + live).decode()


async def rest(reader: Reader) -> str:
    """All that it is told until it is ended."""
    text = await heard(reader)
    with suppress(Ended):
        while True:
            text += (await asyncio.wait_for(reader.next(), 2)).decode()
    return text


def happens(feed: Feed, *events: Told) -> None:
    feed.take(events)
    feed.flush()


async def test_a_visits_past_comes_first_then_what_happens(feed: Feed) -> None:
    happens(feed, said(0), said(1, THERE), said(2))
    reader = await joined(feed, VISIT)
    happens(feed, said(3, THERE), said(4))
    assert await heard(reader) == "<0><2><4>"


async def test_whoever_comes_for_all_is_told_where_the_stream_is(feed: Feed) -> None:
    happens(feed, said(0), said(1))
    reader = await joined(feed)
    happens(feed, said(2))
    here = f'event: here\ndata: {{"position": "{at(1)}"}}\nid: {at(1)}\n\n'
    assert await heard(reader) == f"{here}<2>"


@pytest.mark.parametrize("wish", [ALL, VISIT])
async def test_whoever_comes_back_is_told_what_came_since(feed: Feed, wish: Wish) -> None:
    happens(feed, *(said(offset) for offset in range(5)))
    reader = await joined(feed, wish, at(2))
    happens(feed, said(5))
    assert await heard(reader) == "<3><4><5>"


async def test_what_is_on_its_way_to_others_is_not_told_twice_to_who_joins(feed) -> None:
    first = await joined(feed, ALL, START)
    feed.take([said(0)])
    second = await joined(feed, ALL, START)
    feed.flush()
    assert (await heard(first), await heard(second)) == ("<0>", "<0>")


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (at(1), "it fell off the ring"),
        (at(7, "b"), "another event stands there"),
        (at(99), "nobody has ever read so far"),
        (START, "its first events fell off the ring"),
    ],
)
async def test_what_is_no_longer_known_is_said(feed, after: Position, why: str) -> None:
    happens(feed, *(said(offset) for offset in range(12)))
    reset = f'event: reset\ndata: {{"position": "{at(11)}"}}\nid: {at(11)}\n\n'
    assert await heard(await joined(feed, ALL, after)) == reset, why
    of_visit = await heard(await joined(feed, VISIT, after))
    assert of_visit.startswith('event: reset\ndata: {"position": "0.-1"}\nid: 0.-1\n\n<2>')
    assert of_visit.endswith("<10><11>")


async def test_before_the_first_event_is_a_place_as_well(feed: Feed) -> None:
    reader = await joined(feed, ALL, START)
    happens(feed, said(0))
    assert await heard(reader) == "<0>"
    assert await heard(await joined(feed, ALL, START)) == "<0>"


async def test_who_has_read_further_than_we_is_waited_for(feed, monkeypatch) -> None:
    """The page was made by somebody who read the stream a moment sooner."""
    monkeypatch.setattr(feeds, "AHEAD_S", 5.0)
    happens(feed, said(0))
    coming = asyncio.ensure_future(joined(feed, ALL, at(2)))
    for offset in (1, 2, 3):
        await asyncio.sleep(0)
        assert not coming.done() or offset == 3
        happens(feed, said(offset))
    assert await heard(await coming) == "<3>"


async def test_nobody_is_told_a_place_before_we_know_where_the_stream_ends(feed) -> None:
    feed.caught_up = False
    coming = asyncio.ensure_future(joined(feed))
    await asyncio.sleep(0)
    happens(feed, said(0), said(1))
    feed.know_end(1)
    assert str(at(1)) in await heard(await coming)


@pytest.mark.parametrize("after", [None, START, at(7)])
async def test_nobody_is_sent_back_for_what_we_have_not_read_yet(feed, after) -> None:
    """A gateway that starts while the broker is away would else forget them all."""
    feed.begin_anew()
    with pytest.raises(Unavailable, match="not-ready"):
        await joined(feed, ALL, after)
    assert (feed.lines, feed.accounts) == ({}, {})


async def test_an_event_that_stands_in_the_stream_twice_is_told_once(feed: Feed) -> None:
    """A relay that loses its broker says again what may have been kept."""
    reader = await joined(feed, ALL, START)
    once = said(0)
    again = said(1, event_id=once.event_id)
    happens(feed, once, again, said(2))
    assert await heard(reader) == "<0><2>"
    assert await heard(await joined(feed, ALL, at(1))) == "<2>"


async def test_what_happens_within_a_beat_is_one_piece_that_all_share(feed) -> None:
    these = [await joined(feed, ALL, START) for _ in range(3)]
    happens(feed, *(said(offset) for offset in range(5)))
    pieces = [await reader.next() for reader in these]
    assert pieces[0] == b"<0><1><2><3><4>"
    assert pieces[0] is pieces[1] is pieces[2]


async def test_a_beat_comes_by_itself(feed: Feed) -> None:
    reader = await joined(feed, ALL, START)
    for offset in range(3):
        feed.take([said(offset)])
        assert await asyncio.wait_for(reader.next(), 2) == f"<{offset}>".encode()


async def test_a_stream_that_was_made_anew_ends_its_readers_who_come_again(feed) -> None:
    happens(feed, said(0), said(1))
    reader = await joined(feed, ALL, at(1))
    feed.begin_anew()
    assert await rest(reader) == ""
    happens(feed, *(said(offset, position=at(offset, "b")) for offset in range(3)))
    feed.know_end(2)
    assert "reset" in await heard(await joined(feed, ALL, at(1)))
    assert await heard(await joined(feed, ALL, at(1, "b"))) == "<2>"


async def test_a_swap_ends_the_readers_of_its_visit_who_ask_anew(feed) -> None:
    """Who was swapped out is told nothing more, not even who goes instead."""
    crew = Wish(Audience.AGENCY, None, HERE)
    reader, other = await joined(feed, crew), await joined(feed, VISIT)
    elsewhere = await joined(feed, Wish(Audience.AGENCY, None, THERE))
    whole = await joined(feed, ALL, START)
    feed.take([said(0), said(1, swaps=True), said(2), said(3, THERE)])
    feed.flush()

    assert (await rest(reader), await rest(other)) == ("<0>", "<0>")
    assert (await heard(elsewhere), elsewhere.over.is_set()) == ("<3>", False)
    assert (await heard(whole), whole.over.is_set()) == ("<0><1><2><3>", False)
    assert await heard(await joined(feed, crew, at(0))) == "<1><2>"
    assert [feed.swapped_since(HERE, offset) for offset in (0, 1)] == [True, False]


async def test_the_ring_forgets_the_oldest_and_its_visit(feed: Feed) -> None:
    happens(feed, said(0, THERE), *(said(offset) for offset in range(1, 11)))
    assert feed.of_visit.keys() == {HERE}
    assert len(feed.ids) == len(feed.ring) == 10


async def test_a_slow_reader_is_ended_and_has_what_it_had(feed: Feed) -> None:
    reader = await joined(feed, ALL, START)
    for offset in range(BEHIND + 1):
        happens(feed, said(offset))
    assert await rest(reader) == "".join(f"<{offset}>" for offset in range(BEHIND))
    feed.leave(reader)
    assert feed.lines == {}


async def test_many_at_once_do_not_end_who_reads(feed: Feed, monkeypatch) -> None:
    """After an outage: far more come between two beats than anybody may be behind."""
    reader = await joined(feed, ALL, START)
    happens(feed, said(0))
    await reader.next()
    monkeypatch.setattr(feeds, "BEAT_S", 3600.0)  # from now on none
    for begin in range(1, 2 * BEHIND, 250):
        feed.take([said(offset) for offset in range(begin, begin + 250)])
        assert (await asyncio.wait_for(reader.next(), 2)).count(b"<") == 250
    assert not reader.over.is_set()


async def test_what_is_told_and_who_was_too_slow_is_counted(
    feed, monkeypatch, hands: Hands
) -> None:
    monkeypatch.setattr(readers, "BEHIND", 2)
    names = ("event_readers", "events_told_total", "slow_readers_total")

    def counted() -> list[float]:
        return [REGISTRY.get_sample_value(f"doorstep_{name}") or 0 for name in names]

    before = counted()
    for _ in range(2):
        await joined(feed, ALL, START)
    for offset in range(3):
        happens(feed, said(offset, at=hands.now()))
    hands.turn(seconds=7)
    assert [new - old for old, new in zip(before, counted(), strict=True)] == [2, 4, 2]
    assert feed.age() == 7


async def test_reading_makes_up_for_being_behind(feed, monkeypatch) -> None:
    monkeypatch.setattr(readers, "BEHIND", 2)
    reader = await joined(feed, ALL, START)
    for offset in range(0, 8, 2):
        happens(feed, said(offset), said(offset + 1))
        await reader.next()
    assert not reader.over.is_set()


async def test_quiet_is_said_with_how_far_all_was_told(feed, monkeypatch) -> None:
    """So that a reader of few events finds its place again after many of others."""
    monkeypatch.setattr(feeds, "KEEP_ALIVE_S", 0.01)
    reader = await joined(feed, Wish(Audience.AGENCY, OURS), START)
    busy = await joined(feed, Wish(Audience.AGENCY, THEIRS), START)
    happens(feed, *(said(offset, agency_id=THEIRS) for offset in range(3)))
    feed.start()
    assert await asyncio.wait_for(reader.next(), 2) == f": quiet\nid: {at(2)}\n\n".encode()
    assert await busy.next() == b"<0><1><2>"
    feed.end()


async def test_an_account_reads_so_many_streams_and_no_more(feed: Feed) -> None:
    these = [await joined(feed) for _ in range(PER_ACCOUNT)]
    with pytest.raises(TooMany) as refused:
        await joined(feed)
    assert refused.value.values["most"] == PER_ACCOUNT
    await feed.join(ALL, UUID(int=2), None)
    feed.leave(these[0])
    await joined(feed)


async def test_all_end_when_the_process_ends(feed: Feed) -> None:
    happens(feed, said(0))
    reader = await joined(feed, VISIT)
    feed.end()
    assert await rest(reader) == "<0>"
    assert await rest(await joined(feed, VISIT)) == "<0>"


# Who is told what; the table of events is tests/test_audience.py.


@pytest.mark.parametrize(
    ("wish", "heard_of"),
    [
        (Wish(Audience.COMPLIANCE), "<ours><theirs><bank><complaint><of the visit>"),
        (Wish(Audience.OFFICER), "<ours><theirs><bank><complaint><of the visit>"),
        (Wish(Audience.DESK), "<complaint>"),
        (Wish(Audience.AGENCY, OURS), "<ours>"),
        (Wish(Audience.AGENCY, THEIRS), "<theirs>"),
        (Wish(Audience.AGENCY), ""),
        (Wish(Audience.AGENCY, None, HERE), "<ours><of the visit>"),
        (Wish(Audience.OFFICER, None, HERE), "<ours><bank><complaint><of the visit>"),
        (Wish(Audience.AGENCY, None, THERE), "<theirs>"),
    ],
)
async def test_each_is_told_what_is_theirs(feed, wish: Wish, heard_of: str) -> None:
    events = [
        said(0, HERE, lines=b"<ours>"),
        said(1, THERE, agency_id=THEIRS, lines=b"<theirs>"),
        said(2, HERE, audiences=BANK, lines=b"<bank>"),
        said(3, HERE, audiences=BANK_AND_DESK, lines=b"<complaint>"),
        said(4, HERE, agency_id=None, lines=b"<of the visit>"),
    ]
    live = await joined(feed, wish, START)
    happens(feed, *events)
    assert await heard(live) == heard_of
    assert await heard(await joined(feed, wish, START)) == heard_of


def envelope(**data: Any) -> Envelope:
    return Envelope(
        source="doorstep/field_visit",
        type="field_visit.entry_declined",
        subject="s",
        time=datetime.fromisoformat("2026-03-02T15:00:00+08:00"),
        by="supervisor:1",
        trace="t",
        data=data,
    )


async def test_sealed_fields_and_who_did_it_are_left_out() -> None:
    sealed = Sealed(key_id=HERE, purpose="p", nonce="n", box="b").model_dump(mode="json")
    one = envelope(
        visit_id=str(HERE),
        agency_id=str(OURS),
        place=sealed,
        badge_blind="found by this",
        deep={"list": [sealed, 1], "in": {"it": sealed}},
    )
    body = one.model_dump_json().encode()
    found = told(Said(Position.of(7, body), body))
    assert (found.visit_id, found.agency_id, found.event_id) == (HERE, OURS, one.id)
    topic, data, event_id, *_ = found.lines.decode().split("\n")
    assert topic == "event: field_visit.entry_declined"
    assert event_id == f"id: {found.position}"
    shown = json.loads(data.removeprefix("data: "))
    # Not the sequence either: gaps would tell of events that are hidden.
    assert shown.keys() == Envelope.model_fields.keys() - {"by", "sequence"}
    deep = {"list": [1], "in": {}}
    assert shown["data"] == {"visit_id": str(HERE), "agency_id": str(OURS), "deep": deep}


@pytest.mark.parametrize(
    "body", [b"", b"no JSON", b"[]", b"\xff", b'{"type": "x.y"}', b'{"data": {}}']
)
async def test_what_cannot_be_read_keeps_its_place_and_is_told_to_nobody(
    feed, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader = await joined(feed, ALL, START)
    unread = told(Said(Position.of(0, body), body))
    happens(feed, unread, said(1))
    assert await heard(reader) == "<1>"
    assert await heard(await joined(feed, ALL, unread.position)) == "<1>"
    assert "cannot read an event of the stream" in caplog.text


async def test_an_event_whose_agency_is_no_id_is_told_to_nobody() -> None:
    body = envelope(agency_id="not an id").model_dump_json().encode()
    assert told(Said(at(0), body)) == Told(at(0))
