"""The running system that is measured, and the check that each answer left its row in the record."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import requests

from bench.gateway import load, processes
from bench.gateway.load import PgBench, Run
from bench.gateway.permits import Loader
from bench.gateway.queries import Measured
from bench.gateway.statement import Log, Statement
from bench.gateway.stored import Stored
from devstack.machine import ROOT, free_port, say
from devstack.system import SAMPLES_S, System
from devstack.token import access_token

WHO, ORGANISATION = "sec.dispatcher", "sec"
TEMPLATES = 200
# No limit of ours is in the way: what's measured is what counting costs.
ENOUGH = 2_000_000_000
MINUTE = str(1_000_000)
EXTRA = {
    f"PARTNER_GATEWAY_{name}_PER_MINUTE": MINUTE
    for name in ("PERSON", "CLIENT", "PARTNER", "CIVIL_ID")
}
_GRANT = "UPDATE partner_grant SET rows_per_day = %s, widest_span_days = 5000"
_ROWS = "SELECT count(*) FROM access_log WHERE at >= %s AND decision = 'allowed'"
_NOW = "SELECT clock_timestamp()"
# What makes every commit wait: a segment of the log that is made and zeroed, and a checkpoint.
_STALLS = """
SELECT json_build_object(
    'log_segments_made', (SELECT sum(writes) FROM pg_stat_io WHERE object = 'wal' AND context = 'init'),
    'checkpoints', (SELECT num_timed + num_requested FROM pg_stat_checkpointer),
    'log_mib', (SELECT wal_bytes / 1048576 FROM pg_stat_wal))
"""


class Gateway:
    """The gateway of a system, its database and its load."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system = system
        self.folder = folder
        self.url = system.services["partner-gateway"].url
        self.database = system.description()["databases"]["partner-gateway"].replace("+psycopg", "")
        self.stored = Stored(system.environment("partner-gateway"))
        self.pgbench = PgBench(self.database, folder)
        self.log = Log(system._data / "postgres.log", system.postgres._admin)
        self._statements: dict[str, Statement] = {}

    def prepare(self) -> Loader:
        """Has a few hundred permits issued and projected for real, and widens the grant."""
        self.system.run("permits", "sample", "--count", str(TEMPLATES), seconds=SAMPLES_S)
        while self.scalar("SELECT count(*) FROM building_permit") < TEMPLATES:
            time.sleep(0.2)
        with psycopg.connect(self.database) as connection:
            connection.execute(_GRANT, [ENOUGH])
        return Loader(self.database, self.system.postgres._admin, self.stored)

    def scalar(self, statement: str, *values: Any, database: str = "") -> Any:
        """The one value of a statement on the gateway's database, or another."""
        with psycopg.connect(database or self.database) as connection:
            row = connection.execute(statement, values).fetchone()
        return row[0] if row else None

    def token(self) -> str:
        """A fresh one, by the whole sign-in."""
        return access_token(self.system.description(), WHO)

    def ask(self, measured: Measured, request: str, token: str, *, url: str = "") -> dict[str, Any]:
        """Sends one request outside a measurement. Requires a page that is as full as the query says."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        target = (url or self.url) + measured.path
        if measured.method == "POST":
            answer = requests.post(target, data=request.encode(), headers=headers, timeout=30)
        else:
            answer = requests.get(target + request, headers=headers, timeout=30)
        if answer.status_code != 200:
            raise SystemExit(f"{measured.name}: {answer.status_code} {answer.text[:500]}")
        page: dict[str, Any] = answer.json()
        if len(page["items"]) != measured.rows:
            raise SystemExit(f"{measured.name} {request}: {len(page['items'])} permits in a page")
        return page

    def start(self, name: str, command: list[str], **settings: str) -> str:
        """Another web process beside the system's own; answers its address. `settings` are the gateway's."""
        port, ops = free_port(), free_port()
        settings |= {"PORT": str(port), "OPS_PORT": str(ops)}
        environment = self.system.environment("partner-gateway") | {
            f"PARTNER_GATEWAY_{key}": text for key, text in settings.items()
        }
        supervisor = self.system.supervisor
        supervisor.start(name, [sys.executable, "-m", *command], environment, cwd=ROOT)
        supervisor.wait_ready(name, f"http://127.0.0.1:{ops}/readyz")
        return f"http://127.0.0.1:{port}"

    def stop(self, name: str) -> None:
        """Stops a process that `start` started."""
        self.system.supervisor.process(name).child.stop()

    def statement(self, measured: Measured) -> Statement:
        """The SELECT that reads it."""
        if measured.name not in self._statements:
            token = self.token()
            for one in measured.requests[:: max(1, len(measured.requests) // 10)]:
                self.ask(measured, one, token)
            first = measured.requests[0]
            self._statements[measured.name] = self.log.statement(
                measured.example, lambda: self.ask(measured, first, token) and None
            )
        return self._statements[measured.name]

    def run(
        self,
        measured: Measured,
        seconds: float,
        *,
        url: str = "",
        record: str = "",
        connections: int = load.CONNECTIONS,
        threads: int = load.THREADS,
    ) -> Run:
        """wrk, and then the record: a row for each answer, no more than those in flight at the end beside them.

        `url` and `record` (its database) are the peer's, else ours.
        """
        token, began = self.token(), self.now()
        run = load.http(
            url or self.url, measured, token, seconds, self.folder,
            connections=connections, threads=threads,
        )  # fmt: skip
        self.require_recorded(measured, began, run.answers, connections, database=record)
        return run

    def now(self) -> datetime:
        """Returns the time of the database's clock."""
        found: datetime = self.scalar(_NOW)
        return found

    def stalls(self) -> dict[str, int]:
        """Returns how often PostgreSQL did what makes every commit wait, so far."""
        return {name: round(count or 0) for name, count in self.scalar(_STALLS).items()}

    def require_recorded(
        self,
        measured: Measured,
        began: datetime,
        answers: int,
        in_flight: int = 0,
        *,
        database: str = "",
    ) -> None:
        """Ends the bench unless the record has a row for each answer since, and at most `in_flight` more."""
        time.sleep(0.5)
        rows = self.scalar(_ROWS, began, database=database)
        if not answers <= rows <= answers + in_flight:
            raise SystemExit(f"{measured.name}: {answers} answers, {rows} rows in the record")

    def compare(self, measured: Measured, seconds: float, rounds: int) -> dict[str, Any]:
        """The gateway and pgbench in turn, after a round to warm up; the medians.

        `ratio` is to pgbench as it is, `ratio_planned_once` to one whose statement is planned once, as ours is.
        `cpu_us`: processor time of an answer in our web processes and in PostgreSQL, and of pgbench's in PostgreSQL;
        other programs on the machine change it less than the rates.
        """
        statement = self.statement(measured)
        self.run(measured, min(3, seconds))
        self.pgbench.run(measured, statement, min(3, seconds))
        ours: list[tuple[Run, dict[str, float]]] = []
        bare: list[tuple[Run, dict[str, float]]] = []
        planned: list[Run] = []
        for _ in range(rounds):
            ours.append(self.timed(lambda: self.run(measured, seconds)))
            bare.append(self.timed(lambda: self.pgbench.run(measured, statement, seconds)))
            planned.append(self.pgbench.run(measured, statement, seconds, planned_once=True))
        runs, plain = [one for one, _ in ours], [one for one, _ in bare]
        figures = {
            "ratio": _ratio(runs, plain),
            "ratio_planned_once": _ratio(runs, planned),
            **_speed(runs),
            "pgbench_per_s": _per_s(plain),
            "pgbench_planned_once_per_s": _per_s(planned),
            "bytes": round(ours[-1][0].bytes / ours[-1][0].answers),
            "cpu_us": {
                "serve": round(median(cpu["serve"] for _, cpu in ours)),
                "postgres": round(median(cpu["postgres"] for _, cpu in ours)),
                "pgbench_postgres": round(median(cpu["postgres"] for _, cpu in bare)),
            },
        }
        say(f"  {measured.name}: {figures}")
        return figures

    def timed(self, load: Callable[[], Run], serve: str = "") -> tuple[Run, dict[str, float]]:
        """A run, and the microseconds of processor time of each answer, by who used them."""
        before = self._cpu(serve)
        run = load()
        after = self._cpu(serve)
        return run, {
            name: (after[name] - before[name]) * 1e6 / max(1, run.answers) for name in before
        }

    def _cpu(self, serve: str) -> dict[str, float]:
        pids = self.system.supervisor.pids()
        postgres = processes.tree(self.system.postgres.pid or 0)
        return {
            "serve": processes.cpu_seconds(processes.tree(pids[serve or "partner-gateway/serve"])),
            "postgres": processes.cpu_seconds(postgres)
            + processes.cpu_seconds(postgres[:1], ended=True)
            - processes.cpu_seconds(postgres[:1]),
        }

    def memory(self) -> dict[str, float]:
        """MiB by process, `services` being all of ours."""
        pids = self.system.supervisor.pids()
        figures = {
            name: round(processes.memory_mib(processes.tree(pid)), 1) for name, pid in pids.items()
        }
        others = {"postgres": self.system.postgres.pid, "kafka": self.system.kafka.pid}
        more = {
            name: round(processes.memory_mib(processes.tree(pid)), 1)
            for name, pid in others.items()
            if pid
        }
        return {"services": round(sum(figures.values()), 1), **figures, **more}


def _speed(runs: list[Run]) -> dict[str, Any]:
    return {
        "p99_ms": round(median(one.p99_ms for one in runs), 1),
        "p50_ms": round(median(one.p50_ms for one in runs), 1),
        "per_s": _per_s(runs),
    }


def _per_s(runs: list[Run]) -> int:
    return round(median(one.per_s for one in runs))


def _ratio(ours: list[Run], theirs: list[Run]) -> float:
    """The median over the rounds, each beside its neighbour."""
    return round(
        median(one.per_s / other.per_s for one, other in zip(ours, theirs, strict=True)), 3
    )
