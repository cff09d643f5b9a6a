"""The peer of bench.peers beside the system: its database, filled with the same permits, and its processes."""

import json
import os
import uuid
from collections.abc import Sequence
from statistics import median
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench.gateway import permits
from bench.gateway.permits import Loader, Template
from bench.gateway.queries import Measured
from bench.gateway.running import Gateway
from bench.gateway.stored import Stored
from devstack.machine import ROOT, free_port, say

PYTHON = ROOT / ".venv-bench" / "bin" / "python"
DATABASE, PROCESS = "bench_peer", "bench/peer"
_GRANT = (
    "INSERT INTO partner_grant"
    " VALUES (%s, 'sec', '{meter-connection}', '{plan-number}', 92, '{}', %s, %s, %s, 'active')"
)
_GIVEN = {"permit_id", "issued_on", "expires_on", "plan_key", "owner_keys", "status"}


def require() -> None:
    """Ends the bench with what to do when the peer isn't installed."""
    if not PYTHON.exists():
        raise SystemExit(
            f"the peer isn't installed in {PYTHON.parent.parent}: run `make bench-gateway`"
        )


class Peer:
    """Runs between `with`'s braces."""

    def __init__(self, gateway: Gateway, loader: Loader) -> None:
        self._gateway = gateway
        self._loader = loader
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        url = gateway.system.postgres.url(DATABASE)
        self.database = url.replace("+psycopg", "")
        self._environment = os.environ | {
            "DATABASE_URL": url.replace("+psycopg", "+asyncpg"),
            "ISSUER": gateway.system.issuer,
        }

    def __enter__(self) -> "Peer":
        say(f"bench: the peer, {self._loader.rows} permits in its tables")
        supervisor = self._gateway.system.supervisor
        module = "bench.peers.fastapi_gateway"
        supervisor.run("bench/create", [str(PYTHON), "-m", module], self._environment, cwd=ROOT)
        with psycopg.connect(self.database, autocommit=True) as connection:
            day = permits.last_day()
            year_before, year_after = (day.replace(year=day.year + n, day=1) for n in (-1, 1))
            connection.execute(_GRANT, [uuid.uuid4(), 2**40, year_before, year_after])
            with permits.without_indexes(connection, "permit"):
                loader, stored = self._loader, self._gateway.stored
                for step in loader.steps:
                    shared = (self.database, loader.templates, stored, loader.known)
                    permits.in_processes(write, *shared, *step)
        command = [
            str(PYTHON), "-m", "uvicorn", f"{module}:app", "--workers", "2", "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--log-level", "warning", "--port", f"{self.port}",
        ]  # fmt: skip
        supervisor.start(PROCESS, command, self._environment, cwd=ROOT)
        supervisor.wait_ready(PROCESS, f"{self.url}/openapi.json")
        return self

    def __exit__(self, *_: object) -> None:
        self._gateway.system.supervisor.process(PROCESS).child.stop()


def write(
    url: str,
    templates: Sequence[Template],
    stored: Stored,
    known: dict[str, Any],
    first: int,
    last: int,
    writer: int,
) -> None:
    """Writes a writer's share of the same permits, a column for each field of the document. `known` holds the facts of
    every building."""
    with psycopg.connect(url) as connection:
        types = permits.types_of(connection, "permit")
    flat = (
        _columns(row, json.loads(document) | known, types)
        for row, document in permits.rows_of(templates, stored, first, last, writer)
    )
    permits.copy_rows(url, "permit", list(types), flat)


def _columns(
    row: dict[str, Any], document: dict[str, Any], types: dict[str, str]
) -> dict[str, Any]:
    values = document | {name: row[name] for name in _GIVEN}
    return {
        name: Jsonb(values[name]) if kind == "jsonb" and values[name] is not None else values[name]
        for name, kind in types.items()
    }


def compare(
    gateway: Gateway, peer: Peer, measured: Measured, seconds: float, rounds: int
) -> dict[str, Any]:
    """`ratio`: our answers a second ÷ the peer's, in turn."""
    for one in measured.requests[:: max(1, len(measured.requests) // 10)]:
        _check(gateway, peer, measured, one)
    theirs_at = {"url": peer.url, "record": peer.database}
    gateway.run(measured, min(3, seconds), **theirs_at)
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(gateway.run(measured, seconds, **theirs_at))
        ours.append(gateway.run(measured, seconds))
    figures = {
        "ratio": round(
            median(one.per_s / other.per_s for one, other in zip(ours, theirs, strict=True)), 2
        ),
        "per_s": round(median(one.per_s for one in theirs)),
        "p99_ms": round(median(one.p99_ms for one in theirs), 1),
        "ours_per_s": round(median(one.per_s for one in ours)),
        "bytes": round(theirs[-1].bytes / theirs[-1].answers),
    }
    say(f"  peer: {figures}")
    return figures


def _check(gateway: Gateway, peer: Peer, measured: Measured, request: str) -> None:
    """The peer's page holds what ours holds."""
    token = gateway.token()
    ours = gateway.ask(measured, request, token)["items"]
    theirs = gateway.ask(measured, request, token, url=peer.url)["items"]
    if theirs != ours:
        differ = [
            (name, mine.get(name), its.get(name))
            for mine, its in zip(ours, theirs, strict=False)
            for name in mine.keys() | its.keys()
            if mine.get(name) != its.get(name)
        ]
        raise SystemExit(f"the peer's page {request} isn't ours: {differ[:5]}")
