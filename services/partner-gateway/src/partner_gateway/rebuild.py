"""Rebuilds the projection of permits from the first offset, beside the live one, then swaps them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import click
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis import inbox, kafka
from chassis.db import Database
from partner_gateway import commands
from partner_gateway.consumers import HANDLERS
from partner_gateway.models import BuildingPermit
from partner_gateway.queries import PERMITS_TOPIC
from partner_gateway.settings import Settings

NEW, OLD = "building_permit_rebuilt", "building_permit_replaced"
BATCH = 500
_INCLUDED = " INCLUDE (version, projected_at)"
_LOCK = text("SELECT pg_try_advisory_lock(0x5242)")
_UNLOCK = text("SELECT pg_advisory_unlock(0x5242)")


class AnotherRebuild(click.ClickException):
    """One is at work already; two would build into the same table. The command line ends with its text and 1."""


def rebuild_permits(database: Database, settings: Settings, say: Callable[[str], None]) -> int:
    """Answers how many events were replayed. Queries are answered from the old projection until the swap.

    Raises AnotherRebuild, before anything is touched.
    """
    with _alone(database) as lock:
        return _rebuild(database, settings, say, lock)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A lock of the session, on a connection of its own, because the work takes many transactions."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_LOCK):
            raise AnotherRebuild("another rebuild is at work: wait for its end")
        try:
            yield connection
        finally:
            with suppress(DBAPIError):  # one that's broken has lost the lock already
                connection.execute(_UNLOCK)
            connection.invalidate()


def _rebuild(
    database: Database, settings: Settings, say: Callable[[str], None], lock: Connection
) -> int:
    table = cast(Table, BuildingPermit.__table__).to_metadata(MetaData(), name=NEW)
    with database.transaction() as session:
        session.execute(text(f"DROP TABLE IF EXISTS {NEW}, {OLD}"))
        session.execute(text(f"CREATE TABLE {NEW} (LIKE building_permit INCLUDING ALL)"))
    read = kafka.TopicReader(settings.kafka_bootstrap_servers, PERMITS_TOPIC)
    try:
        replayed = _catch_up(database, read, settings, table)
        # Without statistics it would be planned badly, and pages couldn't be confirmed out of an index alone.
        lock.execute(text("SET statement_timeout = 0"))
        lock.execute(text(f"VACUUM (ANALYZE) {NEW}"))
        replayed += _catch_up(database, read, settings, table)
        say(f"{replayed} events replayed beside the live projection")
        with database.transaction() as session:
            # The consumer's writes wait here; what it wrote before this lock is in the topic before its end.
            session.execute(text("LOCK TABLE building_permit IN SHARE ROW EXCLUSIVE MODE"))
            for batch in read.up_to_now(BATCH):
                replayed += _apply(session, batch, settings, table)
            lock.scalar(text("SELECT 1"))  # raises when the lock went with its connection
            _swap(session)
    finally:
        read.close()
    return replayed


def _catch_up(database: Database, read: kafka.TopicReader, settings: Settings, table: Table) -> int:
    """Replays until so little is left that the consumer may wait for it; answers how many events."""
    replayed, came = 0, BATCH
    while came >= BATCH:
        came = 0
        for batch in read.up_to_now(BATCH):
            with database.transaction() as session:
                came += _apply(session, batch, settings, table)
        replayed += came
    return replayed


def _apply(session: Session, batch: list[kafka.Record], settings: Settings, table: Table) -> int:
    events = [inbox.parse(record.value) for record in batch]
    known = [event for event in events if event.type in HANDLERS[PERMITS_TOPIC]]
    if known:
        rows = [commands.permit_row(event, settings) for event in known]
        commands.keep_permits(session, rows, table)
    return len(batch)


def _swap(session: Session) -> None:
    """Renames both tables and their indexes in one transaction, and drops the replaced one."""
    session.execute(text(f"ALTER TABLE building_permit RENAME TO {OLD}"))
    session.execute(text(f"ALTER TABLE {NEW} RENAME TO building_permit"))
    session.execute(text(f"DROP TABLE {OLD}"))
    names = session.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'building_permit'")
    ).all()
    wanted = {
        "(permit_id)": "pk_building_permit",
        f"(issued_on DESC, permit_id DESC){_INCLUDED}": "ix_building_permit_issued",
        f"(plan_key, issued_on DESC, permit_id DESC){_INCLUDED}": "ix_building_permit_plan",
        "(permit_number)": "ix_building_permit_number",
        "(owner_keys)": "ix_building_permit_owner",
    }
    for name, definition in names:
        columns = definition[definition.index("(") :]
        session.execute(text(f'ALTER INDEX "{name}" RENAME TO {wanted[columns]}'))
