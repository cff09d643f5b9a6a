"""Rebuilds a projection from the first offset of its topic, beside the live one, then swaps them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import click
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.advisory import Lock
from chassis.data.db import Database
from chassis.events import inbox, kafka, parking
from partner_gateway.commands import examinations, projections
from partner_gateway.consumers import HANDLERS
from partner_gateway.models import (
    BuildingCertificate,
    BuildingFacts,
    BuildingPermit,
    BuildingRelease,
    Examinee,
    Licence,
    LicenceActivity,
    LicenceApplication,
    PermitRequest,
)
from partner_gateway.queries.licences import APPLICATIONS_TOPIC, LICENCES_TOPIC
from partner_gateway.queries.permits import PERMITS_TOPIC
from partner_gateway.settings import Settings

BATCH = 500
CONSUMER = "partner-gateway"
_REBUILDING = Lock("partner-gateway.rebuild", 0x5242)
# Brings over submissions without a state of `licences` yet, and the columns that only this service fills.
_OWN_OF_APPLICATIONS = """
INSERT INTO {new} SELECT * FROM {live} WHERE version = 0 ON CONFLICT (application_id) DO NOTHING;
UPDATE {new} rebuilt SET sent = live.sent, corrected_version = live.corrected_version,
    reference = live.reference, reference_key = live.reference_key, reference_body = live.reference_body
FROM {live} live WHERE rebuilt.application_id = live.application_id AND live.sent > 0
"""


@dataclass(frozen=True)
class Projection:
    """A table that is made of the newest events of a topic. `row` reads an event, `keep` writes rows into a table.

    `own`: a statement that brings over what the topic doesn't have, from `{live}` to `{new}`. `then`: what is made of
    the table after the swap, in its transaction; it writes the table `made`.
    """

    name: str
    topic: str
    model: Any
    row: Callable[[Received, Settings, datetime], dict[str, Any]]
    keep: Callable[[Session, Sequence[dict[str, Any]], Table | None], None]
    own: str = ""
    then: Callable[[Session], object] | None = None
    made: str = ""

    @property
    def live(self) -> str:
        return str(self.model.__tablename__)

    @property
    def key(self) -> str:
        (column,) = self.model.__table__.primary_key.columns
        return str(column.name)

    @property
    def new(self) -> str:
        return f"{self.live}_rebuilt"

    @property
    def old(self) -> str:
        return f"{self.live}_replaced"


PROJECTIONS = {
    one.name: one
    for one in (
        Projection("permits", PERMITS_TOPIC, BuildingPermit, projections.permit_row, projections.keep_permits),
        Projection(
            "certificates", "permits.certificate", BuildingCertificate,
            lambda event, _settings, _now: projections.certificate_row(event), projections.keep_certificates,
            then=projections.render_all_buildings, made=BuildingFacts.__tablename__,
        ),
        Projection(
            "releases", "permits.release", BuildingRelease,
            lambda event, _settings, _now: projections.release_row(event), projections.keep_releases,
            then=projections.render_all_buildings, made=BuildingFacts.__tablename__,
        ),
        Projection(
            "requests", "permits.request", PermitRequest,
            lambda event, _settings, _now: projections.request_row(event), projections.keep_requests,
        ),
        Projection(
            "applications", APPLICATIONS_TOPIC, LicenceApplication,
            lambda event, _settings, _now: projections.application_row(event),
            projections.keep_applications, _OWN_OF_APPLICATIONS,
        ),
        Projection(
            "licences", LICENCES_TOPIC, Licence,
            lambda event, _settings, _now: projections.licence_row(event), projections.keep_licences,
        ),
        Projection(
            "activities", "licences.activity", LicenceActivity,
            lambda event, _settings, _now: projections.activity_row(event), projections.keep_activities,
        ),
        Projection(
            "examinees", "health-certs.request", Examinee,
            lambda event, settings, _now: examinations.examinee_row(event, settings),
            examinations.keep_examinees,
        ),
    )
}  # fmt: skip


class AnotherRebuild(click.ClickException):
    """A rebuild is at work already; two would build into the same table. The command line ends with its text and 1."""


class CannotProject(click.ClickException):
    """A record of the topic can't become a row, and its event wasn't given up."""


class WouldLose(click.ClickException):
    """The live projection has rows or newer states that the topic no longer has."""


def rebuild(
    projection: Projection,
    database: Database,
    settings: Settings,
    say: Callable[[str], None],
    *,
    accept_loss: int = 0,
) -> int:
    """Answers how many records were replayed. Queries are answered from the old projection until the swap.

    Raises AnotherRebuild, before anything is touched; CannotProject; WouldLose when more than `accept_loss` rows of
    the live projection are missing or older in the new one. The live one stays then.
    """
    with _rebuild_lock(database) as lock:
        try:
            return _rebuild(projection, database, settings, say, lock, accept_loss)
        except (CannotProject, WouldLose):
            with database.transaction() as session:
                session.execute(text(f"DROP TABLE IF EXISTS {projection.new}"))
            raise


rebuild_permits = partial(rebuild, PROJECTIONS["permits"])


@contextmanager
def _rebuild_lock(database: Database) -> Iterator[Connection]:
    """Holds a session lock, on a connection of its own, because a rebuild takes many transactions."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not _REBUILDING.try_hold(connection):
            raise AnotherRebuild("another rebuild is at work: wait for its end")
        try:
            yield connection
        finally:
            with suppress(DBAPIError):  # a broken connection has lost the lock already
                _REBUILDING.release(connection)
            connection.invalidate()


def _rebuild(
    projection: Projection,
    database: Database,
    settings: Settings,
    say: Callable[[str], None],
    lock: Connection,
    accept_loss: int,
) -> int:
    new, live = projection.new, projection.live
    table = cast(Table, projection.model.__table__).to_metadata(MetaData(), name=new)
    with database.transaction() as session:
        session.execute(text(f"DROP TABLE IF EXISTS {new}, {projection.old}"))
        session.execute(text(f"CREATE TABLE {new} (LIKE {live} INCLUDING ALL)"))
        given_up = parking.given_up_records(session, CONSUMER, projection.topic)
    replay = _Replay(projection, database, settings, table, given_up)
    read = kafka.TopicReader(settings.kafka_bootstrap_servers, projection.topic)
    try:
        replay.catch_up(read)
        # Without statistics its first queries would be planned badly.
        lock.execute(text("SET statement_timeout = 0"))
        lock.execute(text(f"VACUUM (ANALYZE) {new}"))
        replay.catch_up(read)
        say(f"{replay.records} events replayed beside the live projection")
        with database.transaction() as session:
            _stop_writes(session, projection)
            for batch in read.up_to_now(BATCH):
                replay.apply(session, batch)
            if projection.own:
                session.execute(text(projection.own.format(new=new, live=live)))
            _refuse_loss(session, projection, accept_loss, say)
            lock.scalar(text("SELECT 1"))  # raises if the lock was lost with its connection
            _swap(session, projection)
            if projection.then is not None:
                projection.then(session)
    finally:
        read.close()
    say(f"{replay.skipped} given-up records skipped")
    return replay.records


class _Replay:
    """Records of the topic as rows of a new table. `records` were read, `skipped` of them were given up."""

    def __init__(
        self,
        projection: Projection,
        database: Database,
        settings: Settings,
        table: Table,
        given_up: parking.GivenUpRecords,
    ) -> None:
        self._projection = projection
        self._database = database
        self._settings = settings
        self._table = table
        self._given_up = given_up
        self.records = self.skipped = 0

    def catch_up(self, read: kafka.TopicReader) -> None:
        """Replays until so little is left that the consumer may wait for it."""
        came = BATCH
        while came >= BATCH:
            came = 0
            for batch in read.up_to_now(BATCH):
                with self._database.transaction() as session:
                    self.apply(session, batch)
                came += len(batch)

    def apply(self, session: Session, batch: list[kafka.Record]) -> None:
        """Raises CannotProject, which names the record."""
        now = datetime.now(UTC)
        kept = [one for one in batch if one not in self._given_up]
        rows = [row for record in kept if (row := self._row(record, now)) is not None]
        if rows:
            self._projection.keep(session, rows, self._table)
        self.records += len(batch)
        self.skipped += len(batch) - len(kept)

    def _row(self, record: kafka.Record, now: datetime) -> dict[str, Any] | None:
        """None for an event of a kind that isn't projected."""
        named = ""
        try:
            event = inbox.parse(record.value)
            named = f", event {event.id} of type {event.type}"
            if event.type not in HANDLERS[self._projection.topic]:
                return None
            return self._projection.row(event, self._settings, now)
        except Exception as error:
            raise CannotProject(
                f"{record.topic}[{record.partition}]@{record.offset}{named} can't be projected"
                f" ({parking.reason_of(error)}): mend the cause, or give up its parked event."
                " The live projection is as it was"
            ) from error


def _stop_writes(session: Session, projection: Projection) -> None:
    """Lets the consumer's writes wait until the swap. Every event that it wrote before is in the topic by now.

    EXCLUSIVE stops row locks too. A transaction that reads rows before it writes them locks the rows as it reads, so
    none is past its read when the swap needs the table for itself, and none waits for the swap with the table in use.
    What the swap makes anew is locked before the swap, because consumers write that table and then read this one.
    """
    tables = ", ".join(name for name in (projection.live, projection.made) if name)
    session.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))


def _refuse_loss(
    session: Session, projection: Projection, accepted: int, say: Callable[[str], None]
) -> None:
    """Checks before the swap that the new projection has every row of the live one, at its version or newer."""
    key, live, new = projection.key, projection.live, projection.new
    lost_rows = text(
        f"""SELECT count(*), coalesce((array_agg(live.{key}::text ORDER BY live.{key}))[1:5], '{{}}')
        FROM {live} live LEFT JOIN {new} rebuilt USING ({key})
        WHERE rebuilt.version IS NULL OR rebuilt.version < live.version"""  # noqa: S608 - of the models' own names
    )
    session.execute(text("SET LOCAL statement_timeout = 0"))
    lost, some = session.execute(lost_rows).one()
    if not lost:
        return
    loss = (
        f"{lost} {projection.name} are missing or older in the rebuilt projection, such as"
        f" {', '.join(some)}"
    )
    if lost > accepted:
        raise WouldLose(
            f"{loss}: the topic doesn't have them any more. The live projection is as it was;"
            " --accept-loss N swaps all the same"
        )
    say(f"{loss}; accepted")


def _swap(session: Session, projection: Projection) -> None:
    """Renames both tables and their indexes in one transaction, and drops the replaced one."""
    live, new, old = projection.live, projection.new, projection.old
    wanted = {columns: name for name, columns in _indexes(session, live)}
    session.execute(text(f"ALTER TABLE {live} RENAME TO {old}"))
    session.execute(text(f"ALTER TABLE {new} RENAME TO {live}"))
    session.execute(text(f"DROP TABLE {old}"))
    for name, columns in _indexes(session, live):
        session.execute(text(f'ALTER INDEX "{name}" RENAME TO {wanted[columns]}'))


def _indexes(session: Session, table: str) -> list[tuple[str, str]]:
    """Returns the name of each index of a table, and what it's on."""
    found = session.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table"),
        {"table": table},
    )
    return [(name, definition[definition.index("(") :]) for name, definition in found]
