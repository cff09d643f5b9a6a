"""So many users at a time, for so long; and spikes of many more."""

import threading
import time
from collections import Counter
from statistics import quantiles
from typing import Any

from bench.reports.lifecycle import Desk, Timed, User


def run(
    url: str, desk: Desk, photo: bytes, *, users: int, seconds: float, first: int
) -> dict[str, Any]:
    """Lifecycles a second, milliseconds by request, share of requests that failed."""
    timed = [Timed() for _ in range(users)]
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_use, args=(User(url, desk, photo, first + n), one, until))
        for n, one in enumerate(timed)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _summary(timed, time.monotonic() - began)


def recovery(url: str, desk: Desk, photo: bytes, *, users: int, first: int) -> dict[str, Any]:
    """Three spikes of ten times as many users, 10 s each with 5 s between; then the usual load in portions of
    5 s: after how many seconds fewer than 1 % of the requests fail."""
    spikes = []
    for number in range(3):
        start = first + number * 1_000
        spikes.append(run(url, desk, photo, users=users * 10, seconds=10, first=start))
        time.sleep(5)
    ended = time.monotonic()
    after: dict[str, Any] = {}
    while time.monotonic() - ended < 120:
        after = run(url, desk, photo, users=users, seconds=5, first=first + 5_000)
        if after["error_rate"] < 0.01:
            break
    return {
        "spikes_error_rate": [one["error_rate"] for one in spikes],
        "spikes_per_s": [one["lives_per_s"] for one in spikes],
        "errors": [one["errors"] for one in spikes if one["errors"]],
        "under_1_percent_after_s": round(time.monotonic() - ended, 1),
        "after": after,
    }


def _use(user: User, timed: Timed, until: float) -> None:
    while time.monotonic() < until:
        user.live(timed)


def _summary(timed: list[Timed], seconds: float) -> dict[str, Any]:
    took: dict[str, list[float]] = {}
    for one in timed:
        for what, times in one.took.items():
            took.setdefault(what, []).extend(times)
    everything = [ms for times in took.values() for ms in times]
    failed = Counter(f"{what}: {why}" for one in timed for what, why in one.failed)
    requests = sum(one.requests for one in timed)
    return {
        "lives_per_s": round(sum(one.lives for one in timed) / seconds, 2),
        "requests_per_s": round(requests / seconds, 1),
        "error_rate": round(sum(failed.values()) / max(1, requests), 4),
        "p50_ms": _percentile(everything, 50),
        "p95_ms": _percentile(everything, 95),
        "by_request_p95_ms": {what: _percentile(times, 95) for what, times in sorted(took.items())},
        "errors": dict(failed.most_common(5)),
    }


def _percentile(times: list[float], percent: int) -> float | None:
    return round(quantiles(times, n=100)[percent - 1], 1) if len(times) > 1 else None
