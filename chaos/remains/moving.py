"""What is still on its way in a platform: in outboxes, in queues, held back, in jobs."""

from collections import Counter
from typing import Any, LiteralString

import pika
import psycopg

from chaos.faults.wire import QUEUE
from chassis import amqp, topology
from chassis.settings import Settings
from services.field_visit.model import REPORT
from tests.world import Platform, Settled

#: Of each service: its events that are not published, or held back by it, or about a visit
#: or a case and not on oversight's timeline yet.
UNDERWAY: dict[str, LiteralString] = {
    "not published": "SELECT count(*) FROM {0}.outbox WHERE published_at IS NULL"
    " AND due_at IS NULL AND envelope->>'type' NOT LIKE 'tick.%%'",
    "held back": "SELECT count(*) FROM {0}.held_back"
    " WHERE parked_at IS NULL AND discarded_at IS NULL",
    "not on the timeline": "SELECT count(*) FROM {0}.outbox o WHERE due_at IS NULL"
    " AND envelope->'data' ?| ARRAY['visit_id', 'case_id'] AND NOT EXISTS"
    " (SELECT FROM oversight.timeline t WHERE t.event_id = o.event_id)",
}
#: Messages of a queue that may all be ticks.
AT_MOST_TICKS = 2
#: Jobs of a service that are due, but for one kind.
JOBS = (
    "SELECT count(*) FROM {0}.job WHERE done_at IS NULL AND failed_at IS NULL"
    " AND kind <> '{1}' AND run_at <= '{2}'"
)
#: What has landed and its service does not have yet.
LANDED = "SELECT count(*) FROM gateway.landed WHERE state = 'waiting'"


def moving(platform: Platform) -> Counter[str]:
    """Count events that are unpublished, unheard or held back, messages, and what has
    landed and was not handed on; each by what it is.
    """
    with psycopg.connect(platform.settings["DATABASE_URL"], autocommit=True) as connection:
        found = underway(connection, platform) + counts(connection, {"landed": LANDED})
    return found or queued(platform)


def jobs(platform: Platform) -> Counter[str]:
    """Count jobs that are due: a worker has something to say of a visit after it is over.

    But of a report nobody hears, and setting a page takes seconds.
    """
    now = platform.now().isoformat()
    each = {f"jobs of {name}": JOBS.format(name, REPORT, now) for name in topology.SERVICES}
    with psycopg.connect(platform.settings["DATABASE_URL"], autocommit=True) as connection:
        return counts(connection, each)


def underway(connection: psycopg.Connection[Any], platform: Platform) -> Counter[str]:
    """Count events that have not taken effect everywhere, as this connection sees them."""
    queries = {
        f"{state} of {service}": query.format(service)
        for service in topology.SERVICES
        for state, query in UNDERWAY.items()
    }
    return counts(connection, queries) + platform.missing(connection, Settled())


def counts(connection: psycopg.Connection[Any], queries: dict[str, str]) -> Counter[str]:
    """Return what these queries count, but where that is nothing."""
    each = (f"SELECT '{name}', ({query})" for name, query in queries.items())
    return +Counter(
        dict(connection.execute(" UNION ALL ".join(each).encode(), ()).fetchall())
    )


def queued(platform: Platform) -> Counter[str]:
    """Count messages that lie in queues, beside ticks that come and go."""
    names = ("AMQP_URI", "DATABASE_URL")
    found = {name: platform.settings[name] for name in names}
    uri = amqp.parameters(Settings.model_validate(found))
    with pika.BlockingConnection(uri) as connection:
        channel = connection.channel()
        lines = [topology.queue(s, lane) for s in topology.HEARS for lane in topology.LANES]
        lying = {
            name: channel.queue_declare(name, passive=True).method.message_count
            for name in (*lines, QUEUE)
        }
    return Counter({f"in {name}": n for name, n in lying.items() if n > AT_MOST_TICKS})
