"""Kafka away, PostgreSQL away: the answers to callers, and the state afterwards."""

import os
import signal
import time
from collections.abc import Sequence

from .callers import Called, Callers, Request, Who, always, amendment
from .stage import GATEWAY, IDENTITY, PERMITS, WEB, Seat, Stage, demand, percentile
from .verdict import verdict

SILENT_S = 10.0
WORKERS = (Seat(PERMITS, "work"), Seat(GATEWAY, "work", noted=True))


def kafka_away(minutes: float | None = None, per_second: float = 20) -> str:
    """The broker silent, then dead for MINUTES (10): no write fails, `serve` stays ready, all comes in order after."""
    minutes = float(os.environ.get("MINUTES", 10)) if minutes is None else minutes
    highest = 0.0
    with Stage((*WEB, *WORKERS)) as stage:
        permits = stage.issue(40)
        stage.drained(seconds=30)
        path, body = amendment(permits)
        write = Request(Who(stage, "qatif.officer", PERMITS), path, body)
        web = f"{PERMITS}/serve-1"
        unready = 0
        with Callers(always(stage.url(web)), [write], per_second) as callers:
            time.sleep(3)
            pids = {seat.name: stage.pid(seat.name) for seat in WORKERS}
            for name in pids:  # we're the platform too: a worker that ends itself is started again
                stage.supervisor.keep(name)
            _die_slowly(stage)
            until = time.monotonic() + minutes * 60
            while time.monotonic() < until:
                time.sleep(1)
                unready += not stage.ready(web)
                highest = max(
                    highest, stage.gauge(f"{PERMITS}/work-1", "outbox_oldest_unpublished_seconds")
                )
            waiting = stage.gauge(f"{PERMITS}/work-1", "outbox_waiting_rows")
            stage.kafka.start_again()
            back = time.monotonic()
            time.sleep(5)
        stage.drained(seconds=600)
        took = time.monotonic() - back
        found = verdict(stage)
        ended = [name for name, pid in pids.items() if stage.pid(name) != pid]
    failed = callers.failed()
    demand(not failed, f"{len(failed)} of {len(callers.calls)} writes failed: {_kinds(failed)}")
    demand(unready == 0, f"`serve` wasn't ready at {unready} of the looks, one a second")
    demand(
        highest >= minutes * 60 * 0.9, f"the gauge of the backlog's age showed {highest:.0f} s only"
    )
    found.require_clean()
    return (
        f"{minutes:g} min away at {per_second:g} writes/s: {len(callers.calls)} writes, 0 failed, "
        f"p99 {percentile([call.seconds for call in callers.calls], 0.99) * 1000:.0f} ms; the gauges showed "
        f"{waiting:.0f} rows, {highest:.0f} s; `serve` ready throughout; "
        f"drained {took:.1f} s after it was back; ended themselves: {', '.join(ended) or 'none'}; {found}"
    )


def _die_slowly(stage: Stage) -> None:
    """Silent for longer than a record is waited for: records on their way are neither acknowledged nor refused."""
    if stage.kafka.pid is not None:
        os.kill(stage.kafka.pid, signal.SIGSTOP)
        time.sleep(SILENT_S)
    stage.kafka.kill()


def _kinds(calls: Sequence[Called]) -> str:
    kinds: dict[str, int] = {}
    for call in calls:
        kinds[f"{call.status} {call.fault[:120]}"] = (
            kinds.get(f"{call.status} {call.fault[:120]}", 0) + 1
        )
    return "; ".join(f"{number} × {kind}" for kind, number in kinds.items())


def postgres_away(seconds: float = 30) -> str:
    """kill -9 of PostgreSQL for 30 s: 503 within 2 s, no process lost, serving ≤ 5 s after it's back."""
    with Stage((*WEB, *WORKERS)) as stage:
        permits = stage.issue(10)
        stage.drained(seconds=30)
        groups = _requests_of_services(stage, permits)
        pids = {name: stage.pid(name) for name in stage.seats}
        for requests in groups.values():
            for request in requests:
                request.who.headers()
                request.who.renew = False
        all_callers = [
            Callers(always(stage.url(f"{service}/serve-1")), requests, 10)
            for service, requests in groups.items()
        ]
        for callers in all_callers:
            callers.__enter__()
        time.sleep(5)
        killed_at = time.time()
        stage.postgres.kill()
        time.sleep(seconds)
        stage.postgres.start_again()
        back_at = time.time()
        time.sleep(12)
        for callers in all_callers:
            callers.__exit__()
        lost = [
            name for name in stage.seats if not stage.alive(name) or stage.pid(name) != pids[name]
        ]
        stage.drained(seconds=30)
        found = verdict(stage)
    calls = sorted(
        (call for callers in all_callers for call in callers.calls), key=lambda call: call.at
    )
    demand(not lost, f"these processes ended: {', '.join(lost)}")
    said = _during(calls, killed_at, back_at)
    recovery = _recovery(calls, back_at)
    demand(
        recovery <= 5,
        f"the last failure began {recovery:.1f} s after PostgreSQL was back, more than 5 s",
    )
    found.require_clean()
    return f"{seconds:.0f} s away: {said}; no process lost; last failure {recovery:.1f} s after it was back; {found}"


def _requests_of_services(stage: Stage, permits: Sequence[str]) -> dict[str, list[Request]]:
    """Returns the requests to each service: reads and a write."""
    officer = Who(stage, "qatif.officer", PERMITS)
    path, body = amendment(permits)
    return {
        PERMITS: [
            Request(officer, path, body),
            Request(officer, lambda n: f"/v1/permits/{permits[n % 10]}"),
        ],
        GATEWAY: [
            Request(
                Who(stage, "sec.dispatcher", GATEWAY),
                lambda n: f"/v1/building-permits/{permits[n % 10]}",
            )
        ],
        IDENTITY: [Request(Who(stage, "qatif.admin", IDENTITY), lambda _: "/v1/organisations")],
    }


def _during(calls: Sequence[Called], killed_at: float, back_at: float) -> str:
    """Calls that began while the server was away. A call in hand at the kill may have an unknown outcome: 5xx too."""
    away = [call for call in calls if killed_at + 0.05 < call.at < back_at - 2]
    wrong = [
        call
        for call in away
        if call.status != 503
        or not call.retry_after
        or not call.kind.startswith("application/problem+json")
    ]
    slow = [call for call in away if call.seconds > 2]
    demand(bool(away), "nobody called while it was away")
    demand(
        not wrong,
        f"{len(wrong)} of {len(away)} calls weren't answered with a 503 problem: {_kinds(wrong)}",
    )
    slowest = max(call.seconds for call in away)
    demand(
        not slow,
        f"{len(slow)} of {len(away)} answers took more than 2 s, the slowest {slowest:.1f} s",
    )
    return (
        f"{len(away)} calls, all answered 503 with Retry-After, "
        f"p95 {percentile([call.seconds for call in away], 0.95):.2f} s, slowest {slowest:.2f} s"
    )


def _recovery(calls: Sequence[Called], back_at: float) -> float:
    late = [
        call.at + call.seconds - back_at
        for call in calls
        if call.at > back_at and call.status != 200
    ]
    return max(late, default=0.0)
