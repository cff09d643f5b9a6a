"""`make bench-audit`: a million rows of record are verified; beside it the same rows are read by a plain SELECT.

Afterwards one row is changed behind the record's back and has to be found: a check that is quick because it
doesn't look is no use.
"""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import click
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from bench.audit import rows as record
from bench.figures import keep_figures
from chassis.data import migrations
from chassis.data.db import Database
from devstack import postgres
from devstack.machine import say
from partner_gateway.record import audit

SECRET = b"bench" * 6 + b"!!"
TARGET_SECONDS = 60
# What the verification reads, as it reads it, in no order.
_SELECT = audit._ROWS.text.partition(" ORDER BY")[0]
_TAMPER = (
    "ALTER TABLE access_log DISABLE TRIGGER USER",
    "UPDATE access_log SET subject = subject || 'x' WHERE (chain, link, place) ="
    " (SELECT chain, link, place FROM access_log ORDER BY chain, link, place OFFSET %s LIMIT 1)",
    "ALTER TABLE access_log ENABLE TRIGGER USER",
)


class Bench:
    """A record of its own on a database."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._database = Database(url, statement_timeout_ms=0)
        with self._database.transaction() as session:
            self._published = list(session.scalars(text("SELECT root FROM access_root")))

    def counts(self) -> dict[str, int]:
        """Counts the rows, links, chains and roots."""
        with self._database.transaction() as session:
            return {
                name: int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
                for name, table in (
                    ("rows", "access_log"), ("links", "access_link"), ("chains", "access_chain"),
                    ("roots", "access_root"),
                )
            }  # fmt: skip

    def verify(self) -> tuple[float, list[str]]:
        """Seconds of wall clock, and the faults."""
        key = Ed25519PrivateKey.from_private_bytes(SECRET).public_key()
        began = time.perf_counter()
        with self._database.transaction() as session:
            faults = list(audit.verify(session, key, self._published))
        return time.perf_counter() - began, faults

    def select(self) -> float:
        """Seconds for the same rows, streamed and decoded by psycopg, with nothing done with them."""
        began = time.perf_counter()
        with (
            psycopg.connect(self._url) as connection,
            connection.cursor("bench") as rows,
        ):
            rows.itersize = 5_000
            for _ in rows.execute(_SELECT):
                pass
        return time.perf_counter() - began

    def tamper(self, place: int) -> None:
        """Changes one row, as the database's owner may."""
        with psycopg.connect(self._url) as connection:
            for statement in _TAMPER:
                connection.execute(statement, [place] if "%s" in statement else None)


def measure(bench: Bench, rounds: int) -> dict[str, Any]:
    """The figures of an untouched record. Raises SystemExit when a fault is found in it."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        reading, (verifying, faults) = bench.select(), bench.verify()
        if faults:
            raise SystemExit(f"{len(faults)} faults in a record that nobody touched: {faults[0]}")
        times.append((verifying, reading))
        say(f"bench: verified in {verifying:.1f} s, read in {reading:.1f} s")
    counts = bench.counts()
    seconds = median(one for one, _ in times)
    return counts | {
        "seconds": round(seconds, 1),
        "rows_per_s": round(counts["rows"] / seconds),
        "select_seconds": round(median(one for _, one in times), 1),
        "ratio": round(median(one / other for one, other in times), 2),
    }


@click.command()
@click.option("--rows", default=1_000_000, help="Rows in the record.")
@click.option("--rounds", default=3, help="Verifications; the median counts.")
def main(rows: int, rounds: int) -> None:
    """Prints the figures and writes them to bench/results/audit.json (not those of fewer rows)."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        server = postgres.start(Path(folder))
        try:
            url = server.fresh_database("partner_gateway")
            migrations.upgrade("partner_gateway", url)
            say(f"bench: recording {rows} rows")
            record.fill(url, rows, SECRET, lambda done: say(f"  {done}"))
            bench = Bench(url)
            figures = measure(bench, rounds)
            bench.tamper(rows // 3)
            figures["changed_row_found"] = len(bench.verify()[1])
        finally:
            server.stop()
    if not figures["changed_row_found"]:
        raise SystemExit("a changed row was not found")
    say(keep_figures("audit", figures, whole=rows >= 1_000_000))
    say(f"target: {TARGET_SECONDS} s for a million rows")


if __name__ == "__main__":
    main()
