"""Every service keeps house by itself: order, job, worker, answer."""

import pytest

from chassis import topology
from tests.journeys.hurting import kill, revive, until
from tests.world import Platform

#: Jobs that were done, and whose answer the service that wanted them has heard.
KEPT = (
    "SELECT count(*) FROM {0}.job j JOIN {0}.outbox o ON o.event_id = j.id"
    " JOIN {0}.inbox i ON i.event_id = j.id WHERE j.kind = 'keep_house'"
    " AND j.done_at IS NOT NULL AND o.published_at IS NOT NULL"
)
#: The order of the next day, as the service would say it then.
ORDER = (
    "INSERT INTO {0}.outbox (event_id, subject, envelope, due_at) SELECT new, subject,"
    " envelope || jsonb_build_object('id', new), due_at FROM {0}.outbox,"
    " gen_random_uuid() new WHERE envelope->>'type' = 'later.{0}.keep_house' LIMIT 1"
)


@pytest.mark.parametrize("service", topology.SERVICES)
def test_a_service_has_its_house_kept(platform: Platform, service: str) -> None:
    until(lambda: platform.rows(KEPT.format(service)) == [(1,)])


def test_while_no_worker_runs_jobs_wait_and_are_done_then(platform: Platform) -> None:
    until(lambda: platform.rows(KEPT.format("contact")) == [(1,)])
    kill(platform, "worker")
    platform.do(ORDER.format("contact"))
    waits = "SELECT count(*) FROM contact.job WHERE done_at IS NULL"
    until(lambda: platform.rows(waits) == [(1,)])

    revive(platform)

    until(lambda: platform.rows(KEPT.format("contact")) == [(2,)])
