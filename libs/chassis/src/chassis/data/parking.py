"""The parking lot: one table of what has failed for good and waits for a person.

Four kinds are parked. Live deadlines and calls that are still tried aren't parked.

| kind | worker | subject | what waits behind it | module |
|---|---|---|---|---|
| `event` | the consumer | topic, key | later events of the key | chassis.events.parking |
| `publication` | `relay` | an aggregate | later events of the aggregate | chassis.events.parking |
| `deadline` | the deadline's kind | an aggregate | nothing | chassis.data.deadlines |
| `call` | the worker | a row's key | nothing | chassis.data.postponed_rows |

A person settles an entry by `<service> parked` (chassis.run.parking): retries it, or gives it up. A settled entry stays
in the table with who settled it, when and why, until `purge`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


class Kind(StrEnum):
    """The kinds of entries."""

    EVENT = "event"
    PUBLICATION = "publication"
    DEADLINE = "deadline"
    CALL = "call"


RETRIED, GIVEN_UP, REPLACED = "retried", "given-up", "replaced"


@dataclass(frozen=True)
class Subject:
    """The subject of an entry. Entries of one subject are settled in the order of their ids."""

    kind: Kind
    worker: str
    type: str
    id: str


@dataclass(frozen=True)
class Settlement:
    """How an entry is settled: RETRIED, GIVEN_UP, or REPLACED by a command of the service; by whom, and why."""

    how: str
    by: str
    why: str


@dataclass(frozen=True)
class Entry:
    """An entry that nobody has settled. `needed`: where the entry comes from, without its contents."""

    id: int
    subject: Subject
    reason: str
    tries: int
    parked_at: datetime
    needed: dict[str, Any]

    @property
    def place(self) -> str:
        """Returns where the entry comes from, for a person: the record, the outbox row, the due time."""
        needed, kind = self.needed, self.subject.kind
        if kind is Kind.EVENT:
            return f"{self.subject.type}[{needed['partition']}]@{needed['offset']}"
        if kind is Kind.PUBLICATION:
            return f"{self.subject.type}#{needed['outbox_id']}"
        if kind is Kind.DEADLINE:
            return f"{self.subject.type}@{needed['due_at']:%Y-%m-%dT%H:%M:%SZ}"
        return "-"


_NEEDED = ("partition", "offset", "value", "traceparent", "outbox_id", "due_at")
_PARK = text(
    """INSERT INTO parked (kind, worker, subject_type, subject_id, reason, tries,
        partition, "offset", value, traceparent, outbox_id, due_at)
    VALUES (:kind, :worker, :type, :id, :reason, :tries,
        :partition, :offset, :value, :traceparent, :outbox_id, :due_at)
    ON CONFLICT DO NOTHING"""
)
_OF_SUBJECT = (
    "kind = :kind AND worker = :worker AND subject_type = :type AND subject_id = :id"
    " AND settled_at IS NULL"
)
_COLUMNS = (
    "id, kind, worker, subject_type, subject_id, reason, tries, parked_at,"
    ' partition, "offset", outbox_id, due_at'
)
_OPEN = text(
    f"""SELECT {_COLUMNS} FROM parked WHERE settled_at IS NULL
    AND (CAST(:kind AS text) IS NULL OR kind = :kind)
    AND (CAST(:worker AS text) IS NULL OR worker = :worker) ORDER BY id"""  # noqa: S608
)
_ONE = text(f"SELECT {_COLUMNS} FROM parked WHERE id = :id AND settled_at IS NULL")  # noqa: S608
_COUNT_BEHIND = text(f"SELECT count(*) FROM parked WHERE {_OF_SUBJECT}")  # noqa: S608
_SETTLE = (
    "UPDATE parked SET settled_at = now(), settlement = :how, settled_by = :by, settled_why = :why"
)
_SETTLE_ONE = text(f"{_SETTLE} WHERE id = :id AND settled_at IS NULL RETURNING 1")
_SETTLE_SUBJECT = text(f"{_SETTLE} WHERE {_OF_SUBJECT}")
_PURGE = text(
    """DELETE FROM parked WHERE id IN (
        SELECT id FROM parked WHERE settled_at < now() - make_interval(days => :days) ORDER BY id LIMIT 1000
        FOR UPDATE SKIP LOCKED)"""
)
_COUNT = text("SELECT kind, count(*) AS entries FROM parked WHERE settled_at IS NULL GROUP BY kind")


def park(session: Session, subject: Subject, *, reason: str, tries: int, **needed: Any) -> None:
    """Parks the subject with what a retry needs. Changes nothing when the subject is parked already, or, for an event,
    when the same record is parked already."""
    values = dict.fromkeys(_NEEDED) | needed | {"reason": reason, "tries": tries}
    session.execute(_PARK, values | _names(subject))


def open_entries(
    session: Session, *, kind: Kind | None = None, worker: str | None = None
) -> list[Entry]:
    """Returns the entries that nobody has settled, the first parked first, without their contents."""
    rows = session.execute(_OPEN, {"kind": kind, "worker": worker})
    return [_entry(row) for row in rows]


def open_entry(session: Session, entry_id: int) -> Entry | None:
    """Returns an entry that nobody has settled; None when there's none of this id."""
    row = session.execute(_ONE, {"id": entry_id}).one_or_none()
    return None if row is None else _entry(row)


def count_open(session: Session) -> dict[Kind, int]:
    """Returns how many entries of each kind nobody has settled."""
    counted = {row.kind: row.entries for row in session.execute(_COUNT)}
    return {kind: counted.get(kind, 0) for kind in Kind}


def count_of(session: Session, subject: Subject) -> int:
    """Returns how many entries of the subject nobody has settled."""
    return int(session.scalar(_COUNT_BEHIND, _names(subject)) or 0)


def settle(session: Session, entry_id: int, settlement: Settlement) -> bool:
    """Settles an entry; False when somebody has settled the entry already."""
    return session.scalar(_SETTLE_ONE, {"id": entry_id, **vars(settlement)}) is not None


def purge(session: Session, *, days: int) -> None:
    """Forgets a slice of the entries that were settled more than `days` ago: an event's bytes hold sealed personal
    data, and nobody needs them any more. `days` exceeds the topic's retention, because a settled event that is
    delivered again finds its place."""
    session.execute(_PURGE, {"days": days})


def settle_subjects(session: Session, subjects: Sequence[Subject], settlement: Settlement) -> None:
    """Settles what is parked of these subjects, if anything is."""
    for subject in subjects:
        session.execute(_SETTLE_SUBJECT, {**_names(subject), **vars(settlement)})


def _names(subject: Subject) -> dict[str, Any]:
    return {
        "kind": subject.kind,
        "worker": subject.worker,
        "type": subject.type,
        "id": subject.id,
    }


def _entry(row: Any) -> Entry:
    subject = Subject(Kind(row.kind), row.worker, row.subject_type, row.subject_id)
    needed = {name: getattr(row, name) for name in ("partition", "offset", "outbox_id", "due_at")}
    return Entry(row.id, subject, row.reason, row.tries, row.parked_at, needed)
