"""Rolling restarts: two processes of a service, one after the other replaced, and no request notices."""

import os
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from .callers import Callers, Request, Who, amendment
from .outages import _kinds
from .stage import GATEWAY, IDENTITY, PERMITS, WEB, Broken, Seat, Stage, demand, percentile

LOOK_S = 0.25


@dataclass
class Balancer:
    """Sends calls to those of the seats that said they're ready at the last look, as a Service of Kubernetes does."""

    stage: Stage
    seats: Sequence[str]
    ready: frozenset[str] = frozenset()
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Balancer":
        self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def pick(self) -> str | None:
        ready = self.ready
        return self.stage.url(random.choice(sorted(ready))) if ready else None

    def _watch(self) -> None:
        while not self._over.wait(LOOK_S):
            self._look()

    def _look(self) -> None:
        self.ready = frozenset(name for name in self.seats if self.stage.ready(name))


def rolling_restarts(restarts: int | None = None, per_second: float = 50) -> str:
    """RESTARTS (20) of each service's web processes, one at a time, at 50 requests/s: none fails.

    Half of the signals go to the first process only, half to its whole group: platforms do either.
    """
    restarts = int(os.environ.get("RESTARTS", 20)) if restarts is None else restarts
    seconds = Seat(IDENTITY, "serve", 2), Seat(PERMITS, "serve", 2), Seat(GATEWAY, "serve", 2)
    workers = Seat(PERMITS, "work"), Seat(GATEWAY, "work", noted=True)
    said: list[str] = []
    broken: list[str] = []
    with Stage((*WEB, *seconds, *workers), extra={"DRAIN_SECONDS": "2"}) as stage:
        permits = stage.issue(50)
        stage.drained(seconds=30)
        for service, asked in _requests_of_services(stage, permits).items():
            try:
                said.append(_restart(stage, service, asked, restarts, per_second))
            except Broken as error:  # the others are tried all the same
                broken.append(str(error))
    demand(not broken, "; ".join([*broken, *said]))
    return "; ".join(said)


def _requests_of_services(stage: Stage, permits: Sequence[str]) -> dict[str, list[Request]]:
    officer = Who(stage, "qatif.officer", PERMITS)
    path, body = amendment(permits)

    def one(number: int) -> str:
        return permits[number % len(permits)]

    return {
        IDENTITY: [Request(Who(stage, "qatif.admin", IDENTITY), lambda _: "/v1/organisations")],
        PERMITS: [
            Request(officer, path, body),
            Request(officer, lambda n: f"/v1/permits/{one(n)}"),
        ],
        GATEWAY: [
            Request(
                Who(stage, "sec.dispatcher", GATEWAY), lambda n: f"/v1/building-permits/{one(n)}"
            )
        ],
    }


def _restart(
    stage: Stage, service: str, asked: Sequence[Request], restarts: int, per_second: float
) -> str:
    names = [f"{service}/serve-{number}" for number in (1, 2)]
    for request in asked:
        request.who.headers()
        request.who.renew = service != IDENTITY  # whose first process is the one that gives tokens
    with (
        Balancer(stage, names) as balancer,
        Callers(balancer.pick, asked, per_second, threads=8) as callers,
    ):
        time.sleep(1)
        codes = set()
        for number in range(restarts):
            name = names[number % 2]
            codes.add(stage.end(name, alone=number // 2 % 2 == 0))
            stage.launch(name)
            stage.wait_ready(name)
            _seen_ready(balancer, name)
    failed = callers.failed()
    demand(
        not failed,
        f"{service}: {len(failed)} of {len(callers.calls)} requests failed: {_kinds(failed)}",
    )
    demand(codes == {0}, f"{service}: exit codes {codes}")
    slow = percentile([call.seconds for call in callers.calls], 0.99)
    return f"{service}: {restarts} restarts, {len(callers.calls)} requests, 0 failed, p99 {slow * 1000:.0f} ms"


def _seen_ready(balancer: Balancer, name: str) -> None:
    deadline = time.monotonic() + 10
    while name not in balancer.ready:
        demand(time.monotonic() < deadline, f"{name} isn't ready for the balancer")
        time.sleep(0.05)
