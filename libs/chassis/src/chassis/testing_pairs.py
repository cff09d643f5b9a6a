"""Plays two requests that overlap, for tests: the second starts while the first holds its locks.

The result (answers, rows, events, history) has to equal the result of one of the two serial orders. Ids, times, drawn
numbers and sealed values are masked. A play needs a real database, with real commits.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from chassis.data.db import AFTER_COMMIT, Database

# What two plays of the same story never have in common.
_VARIES = re.compile(
    r"(^|_)(ids?|at|time|on|number|no|keys?|token|sealed|hash|code|offset|sequence|traceparent|shard|last|subjects?"
    r"|digits|warnings)$"
)
_OPAQUE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Za-z0-9_+/=-]{40,}"
    r"|\d{4}-\d\d-\d\d[T ][0-9:.+Z]+|\d{4}/\d+|\b\d{6,}\b"
)
_TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
    " AND relnamespace = 'public'::regnamespace AND NOT relname LIKE 'alembic%' ORDER BY relname"
)
# Belong to a caller, or to all things together.
_OF_NO_THING = frozenset(
    ("number_series", "quota", "idempotency_key", "dpop_proof", "revocation", "consumer_progress")
)
_BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
)
# A transaction that idles for longer is ended by the database.
PATIENCE_SECONDS = 8.0

Ask = Callable[[], Any]


@dataclass(frozen=True)
class Played:
    """What two requests came to: the answer of each, and the rows that they wrote."""

    answers: Mapping[str, str]
    rows: Counter[str]

    def differences(self, other: "Played") -> list[str]:
        """Returns what the other play has and this one lacks, and the other way round."""
        unlike = [
            f"{name}: {answer}, not {other.answers[name]}"
            for name, answer in self.answers.items()
            if answer != other.answers[name]
        ]
        unlike += [f"- {row}" for row in other.rows - self.rows]
        return unlike + [f"+ {row}" for row in self.rows - other.rows]


class Pair:
    """Plays two requests over one database. Each play makes a thing of its own by `make`, which commits.

    `asks(made)`: name of the request → the function that sends it, and returns (status, problem type).
    """

    def __init__(
        self,
        database: Database,
        make: Callable[[], Any],
        asks: Callable[[Any], Mapping[str, Ask]],
    ) -> None:
        self._database, self._make, self._asks = database, make, asks

    def serial(self, first: str, second: str) -> Played:
        """Plays one request after the other."""
        asks, before = self._begin()
        answers = {first: str(asks[first]())}
        answers[second] = str(asks[second]())
        return Played(answers, self._written_since(before))

    def overlapping(self, first: str, second: str) -> Played:
        """Starts the second request while the first one is about to commit."""
        asks, before = self._begin()
        with ThreadPoolExecutor(2) as pool, _held_commits() as (holder, holding, released):
            one = pool.submit(_as_holder, holder, asks[first])
            _until(lambda: holding.is_set() or one.done())
            other = pool.submit(asks[second])
            _until(lambda: other.done() or is_somebody_waiting(self._database))
            released.set()
            answers = {first: _answer(one), second: _answer(other)}
        return Played(answers, self._written_since(before))

    def _begin(self) -> tuple[Mapping[str, Ask], tuple[int, Mapping[str, int]]]:
        asks = self._asks(self._make())
        with self._database.transaction() as session:
            mark = int(session.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")))
            return asks, (mark, _counts(session))

    def _written_since(self, before: tuple[int, Mapping[str, int]]) -> Counter[str]:
        """Returns the masked rows that were written or changed, and how many more rows each table has."""
        mark, counts = before
        rows: Counter[str] = Counter()
        with self._database.transaction() as session:
            for table, count in _counts(session).items():
                if count != counts[table]:
                    rows[f"{table}: {count - counts[table]:+} rows"] += 1
                written = f"SELECT to_jsonb(t) FROM {table} t WHERE t.xmin::text::bigint >= :mark"  # noqa: S608
                for row in session.scalars(text(written), {"mark": mark}):
                    shown = json.dumps(_masked(row), ensure_ascii=False, sort_keys=True)
                    rows[f"{table} {shown}"] += 1
        return rows


def is_somebody_waiting(database: Database) -> bool:
    """Returns whether a transaction waits for a lock of another one."""
    with database.connect() as connection:
        return bool(connection.scalar(_BLOCKED))


def _counts(session: Session) -> dict[str, int]:
    tables = [name for name in session.scalars(_TABLES) if name not in _OF_NO_THING]
    counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)  # noqa: S608
    return {name: count for name, count in session.execute(text(counted)).all()}  # noqa: C416


@contextmanager
def _held_commits() -> Iterator[tuple[list[int], threading.Event, threading.Event]]:
    """Holds the commits that bring events, of the thread that stands in the list, until released. A commit without an
    event holds no lock of a thing."""
    holder: list[int] = []
    holding, released = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        if threading.get_ident() in holder and AFTER_COMMIT in session.info:
            holding.set()
            released.wait(PATIENCE_SECONDS)

    event.listen(Session, "before_commit", hold)
    try:
        yield holder, holding, released
    finally:
        released.set()
        event.remove(Session, "before_commit", hold)


def _as_holder(holder: list[int], ask: Ask) -> Any:
    holder.append(threading.get_ident())
    try:
        return ask()
    finally:
        holder.remove(threading.get_ident())


def _answer(future: Future[Any]) -> str:
    return str(future.result(PATIENCE_SECONDS))


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("the requests wait for something else than each other")
        time.sleep(0.002)


def _masked(value: Any, name: str = "") -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _VARIES.search(name) or isinstance(value, (bytes, datetime, date)):
        return "…"
    if isinstance(value, Mapping):
        return {key: _masked(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part) for part in value]
    if not isinstance(value, str):
        return value
    if value.startswith("\\x"):
        return _masked_bytes(value)
    return _OPAQUE.sub("…", value)


def _masked_bytes(value: str) -> Any:
    """Returns the event that an outbox row holds; another value of bytes is sealed."""
    try:
        return _masked(json.loads(bytes.fromhex(value[2:])))
    except ValueError:
        return "…"
