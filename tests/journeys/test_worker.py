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
ORDER = (
    "UPDATE {0}.outbox SET event_id = new.id, published_at = NULL,"
    " envelope = envelope || jsonb_build_object('id', new.id)"
    " FROM (SELECT gen_random_uuid() AS id) new"
    " WHERE envelope->>'type' = 'later.{0}.keep_house'"
)


@pytest.mark.parametrize("service", topology.SERVICES)
def test_a_service_has_its_house_kept(platform: Platform, service: str) -> None:
    until(lambda: platform.rows(KEPT.format(service)) == [(1,)])

    log = (platform.home.root / "log" / "services.log").read_text()
    assert f'"says": "house kept", "service": "{service}"' in log


def test_while_no_worker_runs_jobs_wait_and_are_done_then(platform: Platform) -> None:
    until(lambda: platform.rows(KEPT.format("contact")) == [(1,)])
    kill(platform, "worker")
    platform.do(ORDER.format("contact"))  # as on the next day
    waits = "SELECT count(*) FROM contact.job WHERE done_at IS NULL"
    until(lambda: platform.rows(waits) == [(1,)])

    revive(platform)

    until(lambda: platform.rows(KEPT.format("contact")) == [(2,)])
