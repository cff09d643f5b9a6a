"""`python -m tests.faults.feed.writer NUMBER COUNT [BUG]`: a writer of changes, until the ledger has COUNT of its own.

Several writers change the same things: each takes a thing's row first, and then its next version. The ledger's row is
in the transaction of the change, so it says what was committed, whenever a writer is killed.
"""

import sys
import time
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from tests.faults.sabotage import SABOTAGES

from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from partner_gateway import feed
from partner_gateway.settings import Settings

TABLES = """
CREATE TABLE IF NOT EXISTS faults_thing (subject uuid PRIMARY KEY, municipality text, version integer);
CREATE TABLE IF NOT EXISTS faults_ledger (event_id text PRIMARY KEY, subject uuid, municipality text, version integer,
    writer integer);
"""
MUNICIPALITIES = ("saihat", "tarout")
THINGS = 12
URL = "https://gateway.test"
_WRITTEN = text("SELECT count(*) FROM faults_ledger WHERE writer = :writer")
_NEXT = text(
    "UPDATE faults_thing SET version = version + 1 WHERE subject = :subject RETURNING version, municipality"
)
_LEDGER = text(
    "INSERT INTO faults_ledger VALUES (:event_id, :subject, :municipality, :version, :writer)"
)
_HOLD = text("SELECT pg_sleep(:seconds)")


def prepare(session: Session, run: int) -> None:
    """Makes the tables, and the things of a run."""
    for statement in TABLES.strip().split(";\n"):
        session.execute(text(statement))
    for number in range(THINGS):
        values = {"subject": subject_of(run, number), "municipality": MUNICIPALITIES[number % 2]}
        session.execute(
            text(
                "INSERT INTO faults_thing VALUES (:subject, :municipality, 0) ON CONFLICT DO NOTHING"
            ),
            values,
        )


def subject_of(run: int, number: int) -> str:
    return f"{run:08x}-0000-4000-8000-{number:012d}"


def append(session: Session, change: feed.Change) -> None:
    """Appends as a handler does. A bug may stand here."""
    feed.append(session, change, public_url=URL)


def write(database: Database, run: int, writer: int, turn: int) -> None:
    """Writes in one transaction. Every seventh is slow, every ninth is rolled back."""
    with database.transaction() as session:
        row = session.execute(
            _NEXT, {"subject": subject_of(run, (turn * 5 + writer) % THINGS)}
        ).one()
        subject, event_id = subject_of(run, (turn * 5 + writer) % THINGS), new_id()
        change = feed.Change(
            event_id=event_id,
            type="sa.gov.qatif.licences.licence.issued.v1",
            source="/licences",
            audiences=feed.municipality(row.municipality),
            subject=subject,
            number=str(row.version),
            path=f"/v1/licences/{subject}",
            sequence=row.version,
            time=datetime.now(UTC),
            data={"writer": writer},
        )
        append(session, change)
        values = {"event_id": event_id, "subject": subject, "municipality": row.municipality}
        session.execute(_LEDGER, {**values, "version": row.version, "writer": writer})
        session.execute(_HOLD, {"seconds": 0.08 if turn % 7 == 0 else 0.002})
        if turn % 9 == 8:
            raise LookupError("rolled back")


def main(run: str, number: str, count: str, *bug: str) -> None:
    """Writes, and then stays: a process that ends is started again."""
    for name in bug:
        SABOTAGES[name].apply()
    settings = Settings.load("partner-gateway")
    database = Database(settings.database_url, name="faults/writer", pool_size=2)
    use_keys(database, settings)
    writer, turn = int(run) * 100 + int(number), 0
    while True:
        try:
            with database.transaction() as session:
                done = session.scalar(_WRITTEN, {"writer": writer})
            if int(done or 0) >= int(count):
                time.sleep(0.5)
                continue
            turn += 1
            write(database, int(run), writer, turn)
        except LookupError:
            continue
        except SQLAlchemyError:
            time.sleep(0.2)


if __name__ == "__main__":
    from tests.faults.feed import writer  # the module in which a bug is put

    writer.main(*sys.argv[1:])
