"""`<service> parked`: lists what has failed for good, retries it, or gives it up (chassis.data.parking).

`serve` imports this module too, so the functions import what belongs to Kafka.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from chassis.core.times import rfc3339
from chassis.data import deadlines, parking, postponed_rows
from chassis.data.parking import GIVEN_UP, RETRIED, Entry, Kind, Settlement, Subject
from chassis.process import Process, pass_process


@click.group("parked", help="What has failed for good: events, publications, deadlines, calls.")
def group() -> None:
    """Every service has these commands."""


@group.command("list")
@pass_process
def list_parked(process: Process[Any, Any]) -> None:
    """One entry a line: id, kind, worker, place, subject, tries, time, reason. No contents."""
    with process.database.transaction() as session:
        for one in parking.open_entries(session):
            words = (one.id, one.subject.kind, one.subject.worker, one.place, one.subject.id)
            click.echo("\t".join(map(str, (*words, one.tries, rfc3339(one.parked_at), one.reason))))


@group.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "all_entries", is_flag=True, help="All entries, of --kind or --worker.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--worker", help="Only entries of this consumer, deadline's kind or worker.")
@click.option("--who", default="operator", help="Your name, for the record.")
@pass_process
def retry(
    process: Process[Any, Any],
    ids: tuple[int, ...],
    all_entries: bool,
    kind: str | None,
    worker: str | None,
    who: str,
) -> None:
    """Retry entries. An event's key is retried in order from its first event, until an event fails.

    Ends with 1 when an entry isn't parked, or stays parked.
    """
    if all_entries == bool(ids) or (ids and (kind or worker)):
        raise click.UsageError("name entries, or --all")
    with process.database.transaction() as session:
        found = parking.open_entries(session, kind=Kind(kind) if kind else None, worker=worker)
    entries = found if all_entries else [one for one in found if one.id in ids]
    done = retry_entries(process, entries, Settlement(RETRIED, who, "retried"))
    with process.database.transaction() as session:
        left = sum(parking.open_entry(session, one.id) is not None for one in entries)
    unknown = len(set(ids)) - len(entries) if ids else 0
    click.echo(f"{done} retried, {left} still parked" + f", {unknown} not parked" * bool(unknown))
    sys.exit(1 if left or unknown else 0)


def retry_entries(
    process: Process[Any, Any], entries: Sequence[Entry], settlement: Settlement
) -> int:
    """Applies parked events, and makes everything else due. Returns how many entries were settled."""
    keys = dict.fromkeys(one.subject for one in entries if one.subject.kind is Kind.EVENT)
    done = sum(_retry_key(process, key, settlement) for key in keys)
    for one in entries:
        if one.subject.kind is not Kind.EVENT:
            done += _make_due(process, one, settlement)
    return done


def _retry_key(process: Process[Any, Any], key: Subject, settlement: Settlement) -> int:
    from chassis.events import parking as events
    from chassis.run.housekeeping import topics_of

    topics = topics_of(process.service)
    return events.retry_key(process.database, topics, process.context, key, settlement)


def _make_due(process: Process[Any, Any], entry: Entry, settlement: Settlement) -> bool:
    due_times, now = process.service.due_times, datetime.now(UTC)
    with process.database.transaction() as session:
        if entry.subject.kind is Kind.DEADLINE:
            return deadlines.retry_parked(session, entry, settlement)
        if entry.subject.kind is Kind.CALL:
            return postponed_rows.retry_parked(session, due_times, entry, settlement, now=now)
        return parking.settle(session, entry.id, settlement)


@group.command("give-up")
@click.argument("entry_id", metavar="ID", type=int)
@click.option("--who", required=True, help="Who decided it.")
@click.option("--why", required=True, help="Why.")
@pass_process
def give_up(process: Process[Any, Any], entry_id: int, who: str, why: str) -> None:
    """Give an entry up for good, and release what waits behind the entry. The entry stays in the table.

    Ends with 1 when the entry isn't parked, or when a released event fails.
    """
    with process.database.transaction() as session:
        entry = parking.open_entry(session, entry_id)
        settlement = Settlement(GIVEN_UP, who, why)
        released = None if entry is None else _give_up(process, session, entry, settlement)
    if entry is None or released is None:
        click.echo(f"{entry_id} isn't parked")
        sys.exit(1)
    click.echo(f"given up by {who}: {why}")
    sys.exit(_report_release(process, entry, released, who))


def _give_up(
    process: Process[Any, Any], session: Any, entry: Entry, settlement: Settlement
) -> int | None:
    from chassis.events import parking as events

    if entry.subject.kind is Kind.EVENT:
        return events.give_up_event(session, entry, settlement)
    if entry.subject.kind is Kind.PUBLICATION:
        return events.give_up_publication(session, entry, settlement)
    return 0 if parking.settle(session, entry.id, settlement) else None


def _report_release(process: Process[Any, Any], entry: Entry, released: int, who: str) -> int:
    """Says what the give-up releases, and applies released events. Returns the exit status."""
    subject = entry.subject
    if subject.kind is Kind.PUBLICATION:
        click.echo(f"released {released} later events of {subject.type} {subject.id} to the relay")
        return 0
    if subject.kind is not Kind.EVENT:
        click.echo("nothing waited behind it")
        return 0
    settlement = Settlement(RETRIED, who, f"released by giving up {entry.id}")
    applied = _retry_key(process, subject, settlement) if released else 0
    click.echo(f"released {released} later events of the key {subject.id}; applied {applied}")
    return 1 if applied < released else 0
