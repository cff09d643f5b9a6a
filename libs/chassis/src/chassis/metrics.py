"""Prometheus metrics: RED per operation and consumer, outbox age, consumer lag. Never an id as a label."""

import os
import time
from collections import Counter as Counted
from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    registry,
)

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

HTTP_REQUESTS = Counter("http_requests_total", "Requests answered", ["operation", "status"])
HTTP_SECONDS = Histogram("http_request_seconds", "Time to answer", ["operation"], buckets=BUCKETS)
CONSUMED = Counter("events_consumed_total", "Events handled", ["consumer", "topic", "outcome"])
CONSUME_SECONDS = Histogram(
    "event_seconds", "Time to handle an event", ["consumer"], buckets=BUCKETS
)
INBOX_DUPLICATES = Counter(
    "inbox_duplicates_total", "Deliveries that had taken effect before", ["consumer"]
)
DEAD_LETTERS = Counter("dead_letters_total", "Events put aside", ["consumer"])
DEAD_LETTERS_OPEN = Gauge("dead_letters_open", "Events that wait for a replay", ["consumer"])
OUTBOX_PUBLISHED = Counter("outbox_published_total", "Rows published and marked")
OUTBOX_FAILURES = Counter("outbox_failures_total", "Rows not acknowledged by the broker")
OUTBOX_AGE = Gauge("outbox_oldest_unpublished_seconds", "Age of the oldest row that waits")
OUTBOX_WAITING = Gauge("outbox_waiting_rows", "Rows that wait")
OUTBOX_PARKED = Gauge("outbox_parked_aggregates", "Aggregates whose rows can't be published")
LAG_RECORDS = Gauge(
    "consumer_lag_records", "Records not handled yet", ["consumer", "topic", "partition"]
)
LAG_SECONDS = Gauge("consumer_lag_seconds", "Since the read model was last complete", ["consumer"])


def count_consumed(consumer: str, topics: Sequence[str], outcome: str, began: float) -> None:
    """Counts one try at an event of each of these topics; they shared the time since `began` (perf_counter)."""
    seconds = (time.perf_counter() - began) / max(1, len(topics))
    for topic, events in Counted(topics).items():
        CONSUMED.labels(consumer, topic, outcome).inc(events)
    times = CONSUME_SECONDS.labels(consumer)
    for _ in topics:
        times.observe(seconds)


def set_lag(consumer: str, lags: dict[tuple[str, int], int]) -> None:
    """The lag of the assigned partitions, in records; those of another member are its own to tell."""
    LAG_RECORDS.clear()
    for (topic, partition), records in lags.items():
        LAG_RECORDS.labels(consumer, topic, str(partition)).set(records)


def exposition() -> bytes:
    """What a scrape gets: of all workers under gunicorn, of this process otherwise."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)
    return generate_latest(registry.REGISTRY)
