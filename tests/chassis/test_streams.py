"""Where one is in the stream: found again, and never in another stream of that name."""

import asyncio
from collections.abc import AsyncIterator

import pika
import pytest
from pika.exceptions import AMQPError

from chassis import amqp, streams
from chassis.amqp import Link
from chassis.settings import Settings
from chassis.streams import Batch, Position
from chassis.topology import STREAM

pytestmark = pytest.mark.anyio


@pytest.fixture
async def link(found: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Link]:
    """A connection to a broker whose stream is empty."""
    monkeypatch.setattr(streams, "SILENT_S", 1.0)
    link = await amqp.connect(found)
    await begin_anew(link)
    yield link
    await link.close()


async def begin_anew(link: Link) -> None:
    await link.ask(link.channel.queue_delete, queue=STREAM)
    await amqp.declare(link)


def say(found: Settings, *words: str) -> None:
    """Put messages into the stream, and wait until they are there."""
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.confirm_delivery()
    for word in words:
        channel.basic_publish("", STREAM, word.encode())
    connection.close()


async def first(batches: AsyncIterator[Batch], words: int) -> tuple[list[str], bool]:
    """So many words as they are read, and whether the stream was begun anew."""
    heard: list[str] = []
    anew = False
    async with asyncio.timeout(8):
        while len(heard) < words:
            batch = await anext(batches)
            heard += [each.body.decode() for each in batch.said]
            anew |= batch.anew
    return heard, anew


def at(offset: int, word: str) -> Position:
    return Position.of(offset, word.encode())


@pytest.mark.parametrize(
    "text", ["0.-1", "0123456789ab.0", "0123456789ab.9223372036854775807"]
)
def test_a_position_is_read_as_it_was_written(text: str) -> None:
    assert str(Position.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "5", "0.0", "0.5", "0123456789ab.-1", "0123456789AB.1", "0123456789ab.01", "x.1"]
    + ["0123456789ab.1 ", "0123456789ab.٣", "0123456789ab.10000000000000000000"],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a position"):
        Position.parse(text)


async def test_what_comes_after_a_position_is_read_and_nothing_else(link, found) -> None:
    say(found, *"abcd")
    after = streams.read(link, at(1, "b"))
    assert await first(after, 2) == (["c", "d"], False)
    say(found, "e")
    assert await first(after, 1) == (["e"], False)


async def test_after_the_last_event_is_what_will_come(link, found) -> None:
    say(found, *"ab")
    after = streams.read(link, at(1, "b"))
    coming = asyncio.ensure_future(anext(after))
    await asyncio.sleep(0)
    say(found, "c")
    batch = await asyncio.wait_for(coming, 5)
    assert [(each.position, each.body) for each in batch.said] == [(at(2, "c"), b"c")]


async def test_an_empty_stream_is_read_from_its_start(link, found) -> None:
    assert await streams.newest(link) == -1
    coming = asyncio.ensure_future(anext(streams.read(link)))
    await asyncio.sleep(streams.SILENT_S * 1.5)
    say(found, "a")
    assert await asyncio.wait_for(coming, 5) == Batch([streams.Said(at(0, "a"), b"a")])


@pytest.mark.parametrize(
    ("before", "since"),
    [("abcd", "wxyz"), ("abcd", "wx"), ("ab", "wxyz")],
    ids=["as long as it was", "shorter", "longer"],
)
async def test_a_stream_made_anew_is_read_from_its_first_event(
    link: Link, found: Settings, before: str, since: str
) -> None:
    say(found, *before)
    last = at(len(before) - 1, before[-1])
    await begin_anew(link)
    say(found, *since)
    assert await first(streams.read(link, last), len(since)) == (list(since), True)


async def test_a_stream_that_lost_its_tail_is_not_taken_for_the_same(link, found) -> None:
    """As after a loss of power: the same first events, then others in their places."""
    say(found, *"abcd")
    await begin_anew(link)
    say(found, *"abXY")
    assert await first(streams.read(link, at(3, "d")), 4) == (list("abXY"), True)
    assert await first(streams.read(link, at(1, "b")), 2) == (list("XY"), False)


async def test_a_stream_made_anew_and_silent_is_read_when_it_speaks(link, found) -> None:
    say(found, *"abcd")
    await begin_anew(link)
    after = streams.read(link, at(3, "d"))
    assert await asyncio.wait_for(anext(after), 5) == Batch([], anew=True)
    say(found, "w")
    assert await first(after, 1) == (["w"], False)


async def test_all_readers_call_a_place_by_the_same_name(link, found) -> None:
    say(found, *"abc")
    other = await amqp.connect(found)
    seen = [[each async for each in one_batch(each)] for each in (link, other)]
    await other.close()
    assert seen[0] == seen[1] == [at(0, "a"), at(1, "b"), at(2, "c")]


async def one_batch(link: Link) -> AsyncIterator[Position]:
    batches, count = streams.read(link), 0
    while count < 3:
        for said in (await anext(batches)).said:
            count += 1
            yield said.position


async def test_the_newest_offset_is_that_of_the_last_event(link, found) -> None:
    say(found, *(str(number) for number in range(1500)))
    assert await streams.newest(link) == 1499
    heard, _ = await first(streams.read_from(link, 700), 800)
    assert heard == [str(number) for number in range(700, 1500)]


async def test_a_stream_that_is_deleted_is_said(link, found) -> None:
    say(found, "a")
    after = streams.read(link)
    await first(after, 1)
    other = await amqp.connect(found)
    await other.ask(other.channel.queue_delete, queue=STREAM)
    with pytest.raises(AMQPError):
        await asyncio.wait_for(anext(after), 5)
    await other.close()


async def test_a_lost_broker_is_said(link, found) -> None:
    say(found, "a")
    after = streams.read(link)
    await first(after, 1)
    link.connection.close()
    with pytest.raises(AMQPError, match="closed the connection"):
        await asyncio.wait_for(anext(after), 5)
