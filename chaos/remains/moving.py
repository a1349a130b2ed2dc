"""What is still on its way in a platform: in outboxes, in queues, held back, in jobs."""

from typing import Any, LiteralString

import pika
import psycopg

from chaos.faults.wire import QUEUE
from chassis import amqp, topology
from chassis.settings import Settings
from services.field_visit.model import REPORT
from tests.world import Platform, Settled

#: Events of a service that are not published, or held back by it, or about a visit or a
#: case and not on oversight's timeline yet.
UNDERWAY: tuple[LiteralString, ...] = (
    "SELECT count(*) FROM {0}.outbox WHERE published_at IS NULL AND due_at IS NULL"
    " AND envelope->>'type' NOT LIKE 'tick.%%'",
    "SELECT count(*) FROM {0}.held_back WHERE parked_at IS NULL AND discarded_at IS NULL",
    "SELECT count(*) FROM {0}.outbox o WHERE due_at IS NULL"
    " AND envelope->'data' ?| ARRAY['visit_id', 'case_id'] AND NOT EXISTS"
    " (SELECT FROM oversight.timeline t WHERE t.event_id = o.event_id)",
)
#: Jobs of a service that are due, but for one kind.
JOBS = (
    "SELECT count(*) FROM {0}.job WHERE done_at IS NULL AND failed_at IS NULL"
    " AND kind <> '{1}' AND run_at <= '{2}'"
)
#: What has landed and its service does not have yet.
LANDED = "SELECT count(*) FROM gateway.landed WHERE state = 'waiting'"


def moving(platform: Platform) -> int:
    """Count events that are unpublished, unheard or held back, messages, and what has
    landed and was not handed on.
    """
    with psycopg.connect(platform.settings["DATABASE_URL"], autocommit=True) as connection:
        count = underway(connection, platform) + counted(connection, [LANDED])
    return count or queued(platform)


def jobs(platform: Platform) -> int:
    """Count jobs that are due: a worker has something to say of a visit after it is over.

    But of a report nobody hears, and setting a page takes seconds.
    """
    now = platform.now().isoformat()
    each = [JOBS.format(service, REPORT, now) for service in topology.SERVICES]
    with psycopg.connect(platform.settings["DATABASE_URL"], autocommit=True) as connection:
        return counted(connection, each)


def underway(connection: psycopg.Connection[Any], platform: Platform) -> int:
    """Count events that have not taken effect everywhere, as this connection sees them."""
    queries = [each.format(service) for service in topology.SERVICES for each in UNDERWAY]
    return counted(connection, queries) + platform.missing(connection, Settled())


def counted(connection: psycopg.Connection[Any], queries: list[str]) -> int:
    """Return the sum of what these queries count."""
    rows = connection.execute(" UNION ALL ".join(queries).encode(), ())
    return sum(int(row[0]) for row in rows)


def queued(platform: Platform) -> int:
    """Count messages that lie in queues, beside ticks that come and go."""
    names = ("AMQP_URI", "DATABASE_URL")
    found = {name: platform.settings[name] for name in names}
    uri = amqp.parameters(Settings.model_validate(found))
    with pika.BlockingConnection(uri) as connection:
        channel = connection.channel()
        lines = [topology.queue(s, lane) for s in topology.HEARS for lane in topology.LANES]
        counts = [
            channel.queue_declare(name, passive=True).method.message_count
            for name in (*lines, QUEUE)
        ]
    return sum(count for count in counts if count > 2)
