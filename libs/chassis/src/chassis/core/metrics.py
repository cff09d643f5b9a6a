"""Prometheus metrics: RED per operation and consumer, outbox age, consumer lag. Never an id as a label.

A metric is made at its first use and not where it's declared: prometheus_client decides when it's imported whether the
workers of `serve` share their counts, and a service's modules are imported before `serve` can say so. So no other
module imports it, and a service declares its own metrics with `counter`, `gauge` and `histogram`.
"""

import os
import time
from collections import Counter as Counted
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram


class _Later:
    """Stands for a metric until it's used."""

    declared: "list[_Later]" = []

    def __init__(self, kind: str, *words: Any, **options: Any) -> None:
        self._kind, self._words, self._options = kind, words, options
        self._lock = Lock()
        self._made: Any = None
        self.declared.append(self)

    def made(self) -> Any:
        with self._lock:
            if self._made is None:
                import prometheus_client

                kind = getattr(prometheus_client, self._kind)
                self._made = kind(*self._words, **self._options)
            return self._made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made(), name)


def counter(name: str, text: str, labels: Sequence[str] = ()) -> "Counter":
    """Returns a count that only rises."""
    return cast("Counter", _Later("Counter", name, text, labels))


def gauge(name: str, text: str, labels: Sequence[str] = ()) -> "Gauge":
    """Returns a value that rises and falls; of `work`, since in `serve` each worker has its own."""
    return cast("Gauge", _Later("Gauge", name, text, labels))


def histogram(
    name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] | None = None
) -> "Histogram":
    """Seconds, by `BUCKETS` unless others are given."""
    made = _Later("Histogram", name, text, labels, buckets=buckets or BUCKETS)
    return cast("Histogram", made)


BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

HTTP_REQUESTS = counter("http_requests_total", "Requests answered", ["operation", "status"])
HTTP_SECONDS = histogram("http_request_seconds", "Time to answer", ["operation"])
CONSUMED = counter("events_consumed_total", "Events handled", ["consumer", "topic", "outcome"])
CONSUME_SECONDS = histogram("event_seconds", "Time to handle an event", ["consumer"])
INBOX_DUPLICATES = counter(
    "inbox_duplicates_total", "Deliveries that had taken effect before", ["consumer"]
)
EVENTS_PARKED = counter("events_parked_total", "Events that couldn't be applied", ["consumer"])
PARKED = gauge("parked", "What failed for good and waits for a person", ["kind"])
OUTBOX_PUBLISHED = counter("outbox_published_total", "Rows published and marked")
OUTBOX_FAILURES = counter("outbox_failures_total", "Rows not acknowledged by the broker")
OUTBOX_AGE = gauge("outbox_oldest_unpublished_seconds", "Age of the oldest row that waits")
OUTBOX_WAITING = gauge("outbox_waiting_rows", "Rows that wait")
DEADLINES = counter("deadlines_total", "Deadlines tried", ["kind", "outcome"])
DEADLINES_LATE = gauge(
    "deadlines_late_seconds", "Since the oldest deadline that can be tried was due"
)
HOUSEKEEPING_FAILURES = counter(
    "housekeeping_failures_total", "Measurements, chores and purges of work that failed", ["chore"]
)
LAG_RECORDS = gauge(
    "consumer_lag_records", "Records not handled yet", ["consumer", "topic", "partition"]
)
_lags: dict[tuple[str, str, str], "Gauge"] = {}  # by labels: making one costs more than setting it
LAG_SECONDS = gauge("consumer_lag_seconds", "Since the read model was last complete", ["consumer"])


def count_consumed(consumer: str, topics: Sequence[str], outcome: str, began: float) -> None:
    """Counts one try at an event of each of these topics; they shared the time since `began` (perf_counter)."""
    seconds = (time.perf_counter() - began) / max(1, len(topics))
    for topic, events in Counted(topics).items():
        CONSUMED.labels(consumer, topic, outcome).inc(events)
    times = CONSUME_SECONDS.labels(consumer)
    for _ in topics:
        times.observe(seconds)


def set_lag(consumer: str, lags: dict[tuple[str, int], int]) -> None:
    """The lag of the assigned partitions, in records. Another member reports its own partitions."""
    shown = {(consumer, topic, str(partition)): lag for (topic, partition), lag in lags.items()}
    if _lags.keys() != shown.keys():
        LAG_RECORDS.clear()
        _lags.clear()
        _lags.update({labels: LAG_RECORDS.labels(*labels) for labels in shown})
    for labels, lag in shown.items():
        _lags[labels].set(lag)


def exposition() -> tuple[str, bytes]:
    """Returns the media type of a scrape and its body: under gunicorn the counts of all workers, otherwise all metrics
    that are declared in this process."""
    import prometheus_client
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for metric in _Later.declared:
            metric.made()
    return prometheus_client.CONTENT_TYPE_LATEST, prometheus_client.generate_latest(registry)


def forget_process(pid: int) -> None:
    """A worker of `serve` has ended: its counts stay, its gauges don't."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
