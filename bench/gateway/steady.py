"""How long an answer takes at half the highest rate, and how many there are when each request is counted."""

from statistics import median
from typing import Any

from bench.gateway import load
from bench.gateway.queries import Measured
from bench.gateway.running import Gateway
from devstack.machine import say

COUNTING = "bench/counting"


def open_loop(
    gateway: Gateway, measured: Measured, highest: float, seconds: float, rounds: int
) -> dict[str, Any]:
    """p50 and p99 of an open loop at half of `highest` (answers a second of the closed one); the medians.

    `sent_late_p99_ms`: how late requests were sent, because the load generator was late or no connection was free. With
    much of it at a low rate the percentiles tell of the machine.
    """
    rate = max(1.0, highest / 2)
    token, before = gateway.token(), gateway.stalls()
    runs = []
    for _ in range(rounds):
        began = gateway.now()
        run = load.steady(gateway.url, measured, token, rate, seconds, gateway.folder)
        gateway.require_recorded(measured, began, run.answers)
        runs.append(run)
    figures = {
        "per_s": round(rate),
        "p50_ms": round(median(one.p50_ms for one in runs), 1),
        "p99_ms": round(median(one.p99_ms for one in runs), 1),
        "sent_late_p99_ms": round(median(one.sent_late_p99_ms for one in runs), 1),
        "histogram": runs[-1].histogram,
        "stalls": {name: count - before[name] for name, count in gateway.stalls().items()},
    }
    say(f"  {measured.name}, open loop: {figures}")
    return figures


def counted(
    gateway: Gateway, kinds: list[Measured], seconds: float, rounds: int
) -> dict[str, dict[str, Any]]:
    """Each kind by the service that counts each request in the database, and by the bench's own, in turn.

    `ratio`: the rate with the counting ÷ the rate without.
    """
    url = gateway.start(COUNTING, ["bench.gateway.counting"])
    figures = {}
    for measured in kinds:
        gateway.run(measured, min(3, seconds), url=url)
        with_it, without = [], []
        for _ in range(rounds):
            with_it.append(gateway.run(measured, seconds, url=url))
            without.append(gateway.run(measured, seconds))
        ratios = [one.per_s / other.per_s for one, other in zip(with_it, without, strict=True)]
        figures[measured.name] = {
            "ratio": round(median(ratios), 3),
            "per_s": round(median(one.per_s for one in with_it)),
            "p50_ms": round(median(one.p50_ms for one in with_it), 1),
            "p99_ms": round(median(one.p99_ms for one in with_it), 1),
        }
        say(f"  {measured.name}, each request counted: {figures[measured.name]}")
    gateway.stop(COUNTING)
    return figures
