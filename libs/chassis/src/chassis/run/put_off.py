"""`<service> put-off`: the rows that a worker has parked, and letting them go on."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from chassis.core.times import rfc3339
from chassis.data import put_off
from chassis.process import Process, pass_process


@click.group("put-off", help="Rows that a worker put off until they were parked.")
def group() -> None:
    """Of a service whose workers call others."""


@group.command("list")
@pass_process
def list_parked(process: Process[Any, Any]) -> None:
    """One a line: worker, row, tries, since when, parked when. Why stands in the log, `calls.put_off`."""
    with process.database.transaction() as session:
        for row in put_off.parked(session):
            moments = f"{rfc3339(row.since)}\t{rfc3339(row.parked_at)}"
            click.echo(f"{row.worker}\t{row.key}\t{row.tries}\t{moments}")


@group.command("retry", help="Try a parked row again, or all of a worker's, at once.")
@click.argument("worker")
@click.argument("row", required=False)
@click.option("--all", "all_rows", is_flag=True, help="All of the worker's.")
@pass_process
def retry(process: Process[Any, Any], worker: str, row: str | None, all_rows: bool) -> None:
    """Exit 1 when none of them is parked."""
    if all_rows == (row is not None):
        raise click.UsageError("name a row, or --all")
    leaves, now, count = process.service.put_off, datetime.now(UTC), 0
    with process.database.transaction() as session:
        known = [one.key for one in put_off.parked(session) if one.worker == worker]
        for key in known if all_rows else [row or ""]:
            count += put_off.retry(session, leaves, worker, key, now=now)
    click.echo(f"{count} will be tried again")
    sys.exit(0 if count else 1)
