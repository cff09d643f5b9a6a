"""`make bench-import`: a file of older permits, from its upload until the last event is at the gateway.

A desk reads and writes at a fixed rate (open loop), first alone, then during the import: its p95 before and during is
compared. The first seconds after the start are thrown away: a cold service would make the quiet p95 worse and the
comparison kinder. With `--kill` the `work` and the `serve` of permits are killed (SIGKILL) in turn meanwhile; the
devstack starts them anew, and the desk's failures are counted apart. At the end every row has to be a permit, entered
once and once at the gateway.
"""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from statistics import quantiles
from threading import Event, Thread
from typing import Any

import click
import requests
from sqlalchemy import text

from bench.figures import keep_figures
from bench.gateway.processes import tree
from bench.permits_import.files import application, csv_of
from chassis.data.db import Database
from devstack.machine import say
from devstack.system import System
from devstack.token import Session

WHOLE = 30_000  # a smaller run is a look, and leaves the figures of the last whole one
PATIENCE_S = 3_600.0
WARM_S, QUIET_S = 15.0, 60.0
MOST = 2.0  # times the quiet p95
OFFICER, REVIEWER = "qatif.officer", "qatif.reviewer"
KILLED = ("permits/work", "permits/serve")
_MADE = text("SELECT count(*), count(DISTINCT permit_number) FROM permit WHERE origin = 'paper'")
_ENTERED = text(
    "SELECT count(*) FROM journal WHERE action = 'enter' AND aggregate_id IN"
    " (SELECT permit_id::text FROM permit WHERE origin = 'paper')"
)
_THERE = text("SELECT count(*) FROM building_permit WHERE permit_number LIKE '1425/%'")


class Bench:
    """A running system, its desk, and a second person who releases."""

    def __init__(self, system: System) -> None:
        self._system = system
        found = system.description()
        self._url = found["services"]["permits"]["url"]
        self._permits = Database(found["databases"]["permits"])
        self._gateway = Database(found["databases"]["partner-gateway"])
        self._people = {who: Session(found, who, "permits") for who in (OFFICER, REVIEWER)}

    def send(self, who: str, method: str, path: str, **more: Any) -> requests.Response:
        """An answer, whatever it says."""
        url = f"{self._url}{path}"
        headers = self._people[who].headers(method, url)
        return requests.request(method, url, headers=headers, timeout=60, **more)

    def ask(self, who: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Again while the service is being started anew: nothing here does harm twice."""
        deadline = time.monotonic() + 120
        while True:
            with suppress(requests.ConnectionError):
                answer = self.send(who, method, path, **more)
                if answer.status_code < 500:
                    answer.raise_for_status()
                    found: dict[str, Any] = answer.json()
                    return found
            if time.monotonic() > deadline:
                raise TimeoutError(path)
            time.sleep(0.5)

    def imported(self, rows: int) -> dict[str, float]:
        """Seconds from the upload to each end."""
        began = time.monotonic()
        place = {"municipality": "tarout", "origin": "paper"}
        file = {"file": ("older.csv", csv_of(rows), "text/csv")}
        at = self.ask(OFFICER, "POST", "/v1/permit-imports", data=place, files=file)["import_id"]
        path = f"/v1/permit-imports/{at}"
        uploaded = time.monotonic() - began
        self._until(lambda: self.ask(OFFICER, "GET", path)["status"] == "staged")
        staged = time.monotonic() - began
        self._release(path)
        checked = time.monotonic() - began
        self._until(lambda: self.ask(OFFICER, "GET", path)["status"] == "released")
        released = time.monotonic() - began
        self._until(lambda: self._count(self._gateway, _THERE)[0] >= rows)
        return {
            "uploaded_s": round(uploaded, 1),
            "staged_s": round(staged, 1),
            "sample_checked_s": round(checked - staged, 1),
            "released_s": round(released, 1),
            "at_the_gateway_s": round(time.monotonic() - began, 1),
        }

    def _release(self, path: str) -> None:
        """Lets another person release the file. A program judges the sample here, so the time isn't a person's."""
        sample = self.ask(REVIEWER, "POST", f"{path}/sample", json={"reason": "bench"})["items"]
        for row in sample:
            judged = f"{path}/rows/{row['row_number']}/judge"
            self.ask(REVIEWER, "POST", judged, json={"verdict": "right"})
        self._wait_until_released(path)

    def _wait_until_released(self, path: str) -> None:
        """Killed after its commit, the service has released the batch though nobody heard of it."""
        deadline = time.monotonic() + 120
        while self.ask(OFFICER, "GET", path)["status"] not in ("releasing", "released"):
            if time.monotonic() > deadline:
                raise TimeoutError("it isn't released")
            with suppress(requests.RequestException):
                self.send(REVIEWER, "POST", f"{path}/release")

    def made(self) -> dict[str, int]:
        """Permits of the file, their numbers, how often one was entered, and how many the gateway has."""
        permits, numbers = self._count(self._permits, _MADE)
        (entered,), (there,) = (
            self._count(self._permits, _ENTERED),
            self._count(self._gateway, _THERE),
        )
        return {"permits": permits, "numbers": numbers, "entered": entered, "there": there}

    def work_at_the_desk(self, rate: float, stop: Event) -> tuple[list[float], list[str]]:
        """Returns the seconds of each request, and the failures. Three of four requests read and one submits."""
        took: list[float] = []
        failed: list[str] = []

        def once(place: int, due: float) -> None:
            try:
                answer = self._at_the_desk(place)
                if answer.status_code >= 400:
                    failed.append(str(answer.status_code))
                else:
                    took.append(time.monotonic() - due)
            except requests.RequestException as error:
                failed.append(type(error).__name__)

        began, place = time.monotonic(), 0
        with ThreadPoolExecutor(16) as pool:
            while not stop.is_set():
                due = began + place / rate
                time.sleep(max(0.0, due - time.monotonic()))
                pool.submit(once, place, due)
                place += 1
        return took, failed

    def _at_the_desk(self, place: int) -> requests.Response:
        if place % 4 == 0:
            return self.send(OFFICER, "POST", "/v1/permit-requests", json=application())
        asked = ("/v1/permits?limit=20", "/v1/permit-requests?limit=20", "/v1/permits?plot=215")
        return self.send(OFFICER, "GET", asked[place % 3])

    @contextmanager
    def killing(self, every_s: float | None) -> Iterator[list[tuple[str, int]]]:
        """SIGKILL to `work` and `serve` in turn, until it's over: which, and how many permits there were."""
        killed: list[tuple[str, int]] = []
        stop = Event()

        def kill() -> None:
            while every_s and not stop.wait(every_s):
                name = KILLED[len(killed) % len(KILLED)]
                pids = {one["name"]: one["pid"] for one in self._system.description()["pids"]}
                for pid in reversed(tree(pids[name])):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                killed.append((name, self._count(self._permits, _MADE)[0]))

        thread = Thread(target=kill)
        thread.start()
        try:
            yield killed
        finally:
            stop.set()
            thread.join()

    def _until(self, holds: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError("the import didn't end")
            time.sleep(0.5)

    @staticmethod
    def _count(database: Database, statement: Any) -> tuple[int, ...]:
        with database.transaction() as session:
            return tuple(session.execute(statement).one())


def _p95(took: list[float]) -> float | None:
    return round(quantiles(took, n=20, method="inclusive")[18], 4) if len(took) > 1 else None


def _measure_desk_alone(bench: Bench, rate: float, seconds: float) -> tuple[list[float], list[str]]:
    """The desk without an import."""
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(bench.work_at_the_desk, rate, stop)
        time.sleep(seconds)
        stop.set()
        return working.result()


def measure_import(
    bench: Bench, rows: int, rate: float, kill_every: float | None
) -> dict[str, Any]:
    """The desk alone, then beside the import."""
    _measure_desk_alone(bench, rate, WARM_S)
    quiet, quiet_failed = _measure_desk_alone(bench, rate, QUIET_S)
    with ThreadPoolExecutor(1) as pool:
        stop = Event()
        beside = pool.submit(bench.work_at_the_desk, rate, stop)
        with bench.killing(kill_every) as killed:
            times = bench.imported(rows)
        stop.set()
        during, failed = beside.result()
    made, hit = bench.made(), [count for name, count in killed if name == KILLED[0]]
    before, after = _p95(quiet), _p95(during)
    return {
        **times,
        "permits": made["permits"],
        "lost": rows - min(made["numbers"], made["there"]),
        "doubled": max(made["permits"], made["entered"], made["there"]) - made["numbers"],
        "killed": len(killed),
        "killed_while_making": sum(0 < count < rows for count in hit),
        "desk_p95_quiet_s": before,
        "desk_p95_during_s": after,
        "desk_ratio": round(after / before, 2) if before and after else None,
        "desk_requests": [len(quiet), len(during)],
        "desk_failed": [len(quiet_failed), len(failed)],
    }


@click.command()
@click.option("--rows", default=WHOLE, help="Rows of the file.")
@click.option("--rate", default=8.0, help="Requests a second at the desk.")
@click.option("--kill", is_flag=True, help="Kill work and serve of permits every 20 seconds.")
def main(rows: int, rate: float, kill: bool) -> None:
    """Prints the figures, one line of JSON; a whole run without --kill overwrites bench/results/import.json."""
    with System() as system:
        figures = {
            "rows": rows,
            "rate": rate,
            **measure_import(Bench(system), rows, rate, 20.0 if kill else None),
        }
    say(keep_figures("import", figures, whole=rows >= WHOLE and not kill))
    if figures["lost"] or figures["doubled"]:
        raise click.ClickException("rows were lost or doubled")
    if kill and not figures["killed_while_making"]:
        raise click.ClickException("no kill fell into the making of permits: more rows")
    if not kill and (any(figures["desk_failed"]) or figures["desk_ratio"] > MOST):
        raise click.ClickException("the desk failed, or waited more than twice as long")


if __name__ == "__main__":
    main()
