"""The same photo twice at the same instant, and a worker that does what it is asked."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from chassis import groups, worker
from chassis.database import engine
from chassis.operations import Operation
from proto import ids
from proto.base import Answer, Asker, Order, Role
from proto.media import Fault, ReceiveMedia
from services.field_visit import handlers, store
from tests.media import half
from tests.media import photo as a_photo
from tests.services.inspecting import folder, keep
from tests.services.test_at_once import TABLES, planned
from tests.services.test_media import Sending

RECEIVE = Operation(
    ReceiveMedia, handlers.receive_media, handlers.of_the_pair, store.gather
)


@pytest.fixture
def its(store: None, database_url: str) -> Iterator[Engine]:
    """The engine of field_visit; its tables and the keyring are empty afterwards."""
    found = engine(database_url, "field_visit", pool=5)
    yield found
    with found.begin() as connection:
        connection.execute(
            text(f"TRUNCATE {', '.join((*TABLES, 'job', 'answered'))} CASCADE")
        )
    found.dispose()


def sends(
    its: Engine, pair: Sending, *commands: ReceiveMedia, key: UUID | None = None
) -> list[Answer]:
    """As the gateway does, in one message."""
    asker = Asker(
        account_id=UUID(int=1),
        role=Role.FIELD_COLLECTOR,
        agency_id=pair.agency,
        person_id=pair.a.person_id,
    )
    orders = [
        Order(
            operation=each.operation(),
            command=each.model_dump(mode="json"),
            asker=asker,
            trace="t",
            key=key or ids.new(),
        ).model_dump(mode="json")
        for each in commands
    ]
    known = {RECEIVE.kind.operation(): RECEIVE}
    return groups.carry_out(its, "field_visit", known, orders, waits=True)


def counted(its: Engine, what: str) -> int:
    with its.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one()


def said(its: Engine, topic: str) -> list[dict]:
    query = "SELECT envelope->'data' FROM outbox WHERE envelope->>'type' = :topic"
    with its.connect() as connection:
        return list(connection.scalars(text(query), {"topic": topic}))


@pytest.mark.parametrize("key", [None, ids.new()], ids=["two keys", "one key"])
def test_the_same_file_twice_at_the_same_instant_is_kept_once(
    its, watch, hearing, key
) -> None:
    with planned(its, watch, Sending) as pair, ThreadPoolExecutor(4) as pool:
        sent, barrier = pair.photo(), threading.Barrier(4)

        def send(_: int) -> Answer:
            barrier.wait()
            return sends(its, pair, sent, key=key)[0]

        answers = list(pool.map(send, range(4)))

        assert [each.problem for each in answers] == [None] * 4
        assert counted(its, "media") == 1
        assert counted(its, "job WHERE kind = 'inspect_photo'") == 1
        assert len(said(its, "field_visit.media_received")) == 1


def test_many_files_in_one_message_are_all_kept(its, watch, hearing) -> None:
    with planned(its, watch, Sending) as pair:
        sent = [pair.photo() for _ in range(5)]
        answers = sends(its, pair, *sent, sent[0])

        assert [each.problem for each in answers] == [None] * 6
        assert counted(its, "media") == 5


@pytest.mark.parametrize(
    ("data", "fault"), [(a_photo(), None), (half(a_photo()), Fault.UNREADABLE)]
)
def test_a_worker_looks_and_tells_its_service(its, watch, hearing, data, fault) -> None:
    """From the file in the store to what people are shown of it."""
    with planned(its, watch, Sending) as pair:
        sent = pair.photo(sha256=keep(data), size=len(data))
        sends(its, pair, sent)

        assert worker.once(its, "field_visit", worker.kinds("field_visit"))

        (told,) = said(its, "later.field_visit.note_inspection")
        assert (told["media_id"], told["found"]["fault"]) == (str(sent.media_id), fault)
        copies = [told["found"][name] for name in ("thumbnail", "stripped")]
        assert [bool(each and folder().size(each)) for each in copies] == [not fault] * 2
        assert counted(its, "job WHERE done_at IS NULL") == 0
