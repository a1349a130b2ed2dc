"""What is still on its way in a platform: in outboxes, in queues, in jobs, held back."""

import pika

from chaos.faults.wire import QUEUE
from chassis import amqp, topology
from chassis.settings import Settings
from services.field_visit.model import REPORT
from tests.world import Platform

#: Events about a visit or a case that are not on oversight's timeline yet.
UNSEEN = (
    "SELECT count(*) FROM {0}.outbox o WHERE due_at IS NULL"
    " AND envelope->'data' ?| ARRAY['visit_id', 'case_id'] AND NOT EXISTS"
    " (SELECT FROM oversight.timeline t WHERE t.event_id = o.event_id)"
)


#: What has landed and its service does not have yet.
LANDED = "SELECT count(*) FROM gateway.landed WHERE state = 'waiting'"


def moving(platform: Platform, *but: str) -> int:
    """Count events that are unpublished, unheard or held back, messages, what has landed
    and was not handed on, and jobs that are due, but those kinds: a worker has something
    to say of a visit after it is over. Of a report nobody hears, and setting a page takes
    seconds.
    """
    now, kinds = platform.now().isoformat(), ", ".join(f"'{it}'" for it in (REPORT, *but))
    waiting = [
        f"SELECT (SELECT count(*) FROM {service}.outbox WHERE published_at IS NULL"
        " AND due_at IS NULL AND envelope->>'type' NOT LIKE 'tick.%%')"
        f" + (SELECT count(*) FROM {service}.held_back WHERE parked_at IS NULL"
        " AND discarded_at IS NULL)"
        f" + (SELECT count(*) FROM {service}.job WHERE done_at IS NULL"
        f" AND kind NOT IN ({kinds}) AND failed_at IS NULL AND run_at <= '{now}')"
        for service in topology.SERVICES
    ]
    rows = platform.rows(" UNION ALL ".join(waiting))
    waiting = [UNSEEN.format(service) for service in topology.SERVICES]
    rows += platform.rows(" UNION ALL ".join([*waiting, LANDED]))
    count = sum(int(row[0]) for row in rows) + platform.on_their_way()
    return count or queued(platform)


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
