"""Plays two requests or commands that overlap, for tests: the second starts while the first holds its locks.

The result (answers, rows, events, history) has to equal the result of one of the two serial orders. Ids, times, drawn
numbers and sealed values are masked. A play needs a real database, with real commits.
"""

import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict, Refusal
from chassis.data.aggregates import JournalEntry
from chassis.data.db import AFTER_COMMIT, Database
from chassis.data.lock_order import SHARED
from chassis.data.unit_of_work import UnitOfWork

# What two plays of the same story never have in common.
_VARIES = re.compile(
    r"(^|_)(ids?|sid|event|at|time|on|number|no|keys?|token|sealed|hash|code|offset|sequence|traceparent|shard|last|subjects?"
    r"|digits|warnings)$"
)
_OPAQUE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Za-z0-9_+/=-]{40,}"
    r"|\d{4}-\d\d-\d\d[T ][0-9:.+Z]+|\d{4}/\d+|\b\d{6,}\b"
    r"|\b[cp]_[a-z2-9]{20}\b|^(?=.*[A-Z])[A-Za-z0-9_-]{22}$"  # people and sessions of identity
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
DONE = "done"
# A command, event or deadline with what a state made. A text that it returns is its answer; the answer begins with
# `DONE` unless the act was refused.
Act = Callable[[UnitOfWork, Any], Any]


def choose_pairs(pairs: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Returns as many pairs as PAIRS says (5 without, 0: all), drawn by PAIRS_SEED."""
    count, seed = int(os.environ.get("PAIRS", "5")), int(os.environ.get("PAIRS_SEED", "1"))
    every = sorted(pairs)
    random.Random(seed).shuffle(every)  # noqa: S311 - no secret
    return every[:count] if count else every


@dataclass(frozen=True)
class State:
    """A state of things. `make` returns what acts need; `possible` are the acts that take effect in the state,
    `refused` the other acts that concern the same things."""

    make: Callable[[Session], Any]
    possible: Collection[str]
    refused: Collection[str] = ()


def pairs_of(states: Mapping[str, State]) -> list[tuple[str, str, str]]:
    """Returns (state, one, other): an act that is possible in the state, beside each act there and beside itself."""
    found = {
        (name, *sorted((one, other)))
        for name, state in states.items()
        for one in state.possible
        for other in (*state.possible, *state.refused)
    }
    return choose_pairs((name, one, other) for name, one, other in found)


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
    `holds(session)`: whether a commit is held. The transaction of a request that brings an event holds the locks of a
    thing.
    """

    def __init__(
        self,
        database: Database,
        make: Callable[[], Any],
        asks: Callable[[Any], Mapping[str, Ask]],
        *,
        holds: Callable[[Session], bool] = lambda session: AFTER_COMMIT in session.info,
    ) -> None:
        self._database, self._make, self._asks, self._holds = database, make, asks, holds

    def serial(self, first: str, second: str) -> Played:
        """Plays one request after the other."""
        asks, before = self._begin()
        answers = {first: str(asks[first]())}
        answers[second] = str(asks[second]())
        return Played(answers, self._written_since(before))

    def overlapping(self, first: str, second: str) -> Played:
        """Starts the second request while the first one is about to commit."""
        asks, before = self._begin()
        with ThreadPoolExecutor(2) as pool, _held_commits(self._holds) as held:
            holder, holding, released = held
            one = pool.submit(_as_holder, holder, asks[first])
            _until(lambda: holding.is_set() or one.done())
            other = pool.submit(asks[second])
            _until(lambda: other.done() or is_somebody_waiting(self._database))
            released.set()
            answers = {first: _answer(one), second: _answer(other)}
        return Played(answers, self._written_since(before))

    def require_serial_result(self, first: str, second: str) -> None:
        """Raises AssertionError unless both overlapping plays come to the result of one of the two serial plays."""
        orders = [self.serial(first, second), self.serial(second, first)]
        for played in (self.overlapping(first, second), self.overlapping(second, first)):
            unlike = [played.differences(order) for order in orders]
            if [] not in unlike:
                raise AssertionError(unlike)

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


class Stage:
    """Plays pairs of commands over a database of its own, at one time, by two people. `fill`: what stays there."""

    def __init__(
        self,
        database: Database,
        people: tuple[Any, Any],
        now: datetime,
        fill: Callable[[UnitOfWork], object] = lambda _: None,
    ) -> None:
        self.database, self.people, self.now = database, people, now
        with database.transaction() as session:
            fill(UnitOfWork(session, people[0], now))
        self._kept = filled_tables(database)

    def require_serial_result(
        self, state: State, one: tuple[str, Act], other: tuple[str, Act]
    ) -> None:
        """Raises AssertionError as `Pair` does, and for a state in which neither act is possible."""
        acts = [
            (f"{name} by {who}", act) for (name, act), who in zip((one, other), "12", strict=True)
        ]

        def asks(made: Any) -> Mapping[str, Ask]:
            told = zip(acts, self.people, strict=True)
            return {name: self._ask(act, made, actor) for (name, act), actor in told}

        pair = Pair(self.database, lambda: self._make(state), asks, holds=lambda _: True)
        alone = [
            self._answers(state, act, actor)
            for (_, act), actor in zip(acts, self.people, strict=True)
        ]
        if not any(answer.startswith(DONE) for answer in alone):
            raise AssertionError(f"neither is possible: {alone}")
        pair.require_serial_result(acts[0][0], acts[1][0])

    def _answers(self, state: State, act: Act, actor: Any) -> str:
        return str(self._ask(act, self._make(state), actor)())

    def _make(self, state: State) -> Any:
        """Empties the tables, and makes the things of the state in one transaction."""
        empty_tables(self.database, besides=self._kept)
        with self.database.transaction() as session:
            session.info[SHARED] = True
            return state.make(session)

    def _ask(self, act: Act, made: Any, actor: Any) -> Ask:
        def ask() -> Any:
            try:
                with self.database.transaction() as session:
                    outcome = act(UnitOfWork(session, actor, self.now), made)
            except Refusal as refused:
                return type(refused).__name__, getattr(refused, "code", None)
            return outcome if isinstance(outcome, str) else DONE

        def ask_again_after_conflict() -> Any:
            # A bare Conflict says no more than that the thing has just changed: the person looks and asks again.
            answer = ask()
            return ask() if answer[0] == Conflict.__name__ else answer

        return ask_again_after_conflict


def filled_tables(database: Database) -> frozenset[str]:
    """Returns the names of the tables that have rows."""
    with database.transaction() as session:
        return frozenset(table for table, count in _counts(session, besides=()).items() if count)


def empty_tables(database: Database, *, besides: Collection[str]) -> None:
    """Empties the tables, so that a play doesn't meet the things of the play before. The journal is only added to."""
    emptied = sorted(filled_tables(database) - {JournalEntry.__tablename__, *besides})
    if emptied:
        with database.transaction() as session:
            session.execute(text(f"TRUNCATE {', '.join(emptied)} CASCADE"))


def is_somebody_waiting(database: Database) -> bool:
    """Returns whether a transaction waits for a lock of another one."""
    with database.connect() as connection:
        return bool(connection.scalar(_BLOCKED))


def _counts(session: Session, besides: Collection[str] = _OF_NO_THING) -> dict[str, int]:
    tables = [name for name in session.scalars(_TABLES) if name not in besides]
    counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)  # noqa: S608
    return {name: count for name, count in session.execute(text(counted)).all()}  # noqa: C416


@contextmanager
def _held_commits(
    holds: Callable[[Session], bool],
) -> Iterator[tuple[list[int], threading.Event, threading.Event]]:
    """Holds the commits, of the thread that stands in the list, until released."""
    holder: list[int] = []
    holding, released = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        if threading.get_ident() in holder and holds(session):
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
