"""What a process counts of itself, for Prometheus; nothing in it belongs to a person.

What waits in the database is read by `chassis.backlog` when somebody looks.
"""

from prometheus_client import Counter, Gauge, Histogram

#: Seconds. From a statement to what a caller no longer waits for.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

ANSWERED = Counter(
    "doorstep_answered_total",
    "Orders that a service answered",
    ["service", "operation", "outcome"],
)
GROUP_SIZE = Histogram(
    "doorstep_group_orders",
    "Orders in a message",
    ["service"],
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
HEARD = Counter(
    "doorstep_heard_total", "Events that a service heard", ["service", "topic", "outcome"]
)
BATCHES = Histogram(
    "doorstep_heard_batch_seconds",
    "Transactions of events",
    ["service", "lane"],
    buckets=SECONDS,
)
TICK_DELAY = Histogram(
    "doorstep_tick_delay_seconds",
    "From a tick's making to its hearing",
    ["source", "lane"],
    buckets=SECONDS,
)
RELAYED = Counter("doorstep_relayed_total", "Events published", ["service", "lane"])
JOB_SECONDS = Histogram(
    "doorstep_job_seconds",
    "Tries of a job",
    ["service", "kind"],
    buckets=(*SECONDS, 30, 300),
)
LINE = Gauge("doorstep_line_orders", "Orders that wait in the gateway", ["service", "line"])
TURNED_AWAY = Counter(
    "doorstep_turned_away_total", "Orders that the gateway did not take", ["service", "why"]
)
READERS = Gauge("doorstep_event_readers", "Open streams of events")
TOLD = Counter("doorstep_events_told_total", "Events told to readers, each time counted")
SLOW_READERS = Counter(
    "doorstep_slow_readers_total", "Readers of events that were ended for being too slow"
)
NEWEST_EVENT_AGE = Gauge(
    "doorstep_newest_event_age_seconds", "Since the newest event that this gateway read"
)
UPLOADS = Counter(
    "doorstep_uploads_total", "Uploads that are over: done, or why not", ["kind", "outcome"]
)
BADGE_CODES = Counter(
    "doorstep_badge_codes_total",
    "Codes on badges that were looked up: right, wrong, slowed, or turned_away unseen",
    ["outcome"],
)
