"""Takes walks through Hypothesis' state machines, for tests: how many, which ones and how long is said here for all.

`make walks WALKS=20000 SEED=7 SERVICE=permits` sets the variables. Without them a test takes a few walks, the same
walks each time.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Select, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.service import Service

T = TypeVar("T")
Break = Callable[[pytest.MonkeyPatch], None]
WALKS = int(os.environ.get("WALKS") or 0)
SEED = int(os.environ.get("SEED") or 0)
STEPS = int(os.environ.get("STEPS") or 0)
# A walk in which fewer steps took effect says little.
ENOUGH_STEPS = 20
PROGRESS_EVERY = 100
VACUUM_EVERY = 200
# A statement that begins otherwise may change a row.
_READS = ("SELECT", "SAVEPOINT", "RELEASE")
_LAST_EVENT = text("SELECT coalesce(max(id), 0) FROM outbox")
# `published_at` lets the index find the rows.
_EVENTS = text(
    "SELECT id, topic, aggregate_type, aggregate_id, version, type,"
    " convert_from(data, 'UTF8')::json AS envelope FROM outbox"
    " WHERE published_at IS NULL AND id > :last ORDER BY id"
)


class Tally:
    """Counts which rules of a walk took effect, in which states, and which ones were refused."""

    def __init__(self, name: str) -> None:
        self._name, self._began = name, time.monotonic()
        self.effects: Counter[tuple[str, str]] = Counter()
        self.refusals: Counter[tuple[str, str]] = Counter()
        self._steps: list[int] = []

    @property
    def walks(self) -> int:
        return len(self._steps)

    def count_effect(self, rule: str, state: str = "") -> None:
        self.effects[rule, state] += 1
        if self._steps:
            self._steps[-1] += 1

    def count_refusal(self, rule: str, refusal: BaseException) -> None:
        self.refusals[rule, type(refusal).__name__] += 1

    def begin_walk(self) -> None:
        if self.walks and self.walks % PROGRESS_EVERY == 0:
            sys.stdout.write(f"{self.summary()}\n")
            sys.stdout.flush()
        self._steps.append(0)

    def summary(self) -> str:
        long = sum(steps >= ENOUGH_STEPS for steps in self._steps)
        return (
            f"{self._name}: seed {SEED}: {self.walks} walks, {long} with at least {ENOUGH_STEPS} steps"
            f" that took effect; {sum(self._steps)} effects, {self.refusals.total()} refusals;"
            f" {(time.monotonic() - self._began) / max(self.walks, 1):.3f} s a walk"
        )

    def table(self) -> str:
        """Returns how often each rule took effect in each state, and was refused for each reason."""
        lines = [
            f"  {rule:38} {state:32} {n:>9}" for (rule, state), n in sorted(self.effects.items())
        ]
        lines += [
            f"  {rule:38} refused: {reason:23} {n:>9}"
            for (rule, reason), n in sorted(self.refusals.items())
        ]
        return "\n".join(["", *lines, self.summary(), ""])


class WalkDatabase:
    """The database under walks: the walks' session, whose work is rolled back after each walk, and on the same
    connection the sessions of commands that have their own.

    `read` keeps an answer until a statement may have changed a row. Most steps of a walk are refused or only look, and
    the invariants after them need no further statement. `changes` counts what may have changed a row."""

    def __init__(self, session: Session, database: Database) -> None:
        self.session, self._database, self.changes = session, database, 0
        self._kept: dict[Hashable, Any] = {}
        self._first_event = session.scalar(_LAST_EVENT)
        self._events: list[Any] = []
        self._read_events_at = -1  # `changes` at the last look
        # `changes` at the beginning of each open savepoint, the innermost last. SQLAlchemy tells no name there.
        self._savepoints: list[int] = []
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", self._note_statement)
        event.listen(connection, "savepoint", self._note_savepoint)
        event.listen(connection, "release_savepoint", self._note_release)
        event.listen(connection, "rollback_savepoint", self._note_rollback)

    def begin_walk(self) -> None:
        self._events_before = len(self.events())
        self._savepoints.clear()
        self._walk = self.session.begin_nested()
        self.session.connection()  # sends the SAVEPOINT, before another session changes something

    def end_walk(self) -> None:
        self._walk.rollback()
        self.session.expunge_all()
        self._kept.clear()
        del self._events[self._events_before :]

    def attempt(self, command: Callable[[], T]) -> T:
        """Carries a command out in a savepoint of its own: a refusal leaves nothing. Raises the refusal."""
        before = self.changes
        try:
            with self.session.begin_nested():
                made = command()
                self.session.flush()
        except Exception:
            if self.changes != before:
                self.session.expire_all()
            raise
        return made

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Opens a session of its own for a command, as each request has one. Its locks are checked for their order."""
        with self._beside(), self._database.transaction() as session:
            yield session

    def run_beside(self, work: Callable[[], object]) -> None:
        """Runs what opens sessions of its own."""
        with self._beside():
            work()

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """Lets the walks' session read anew what another session changed in the block."""
        self.session.flush()
        before = self.changes
        try:
            yield
        finally:
            if self.changes != before:
                self.session.expire_all()

    def read(self, name: Hashable, find: Callable[[], T]) -> T:
        """Returns what `find` returns. The name says all on which the answer depends besides the database."""
        self.session.flush()
        if name not in self._kept:
            self._kept[name] = find()
        return cast(T, self._kept[name])

    def scalars(self, statement: Select[Any]) -> Sequence[Any]:
        """Returns the first column, or the objects, that a statement finds, and keeps them as `read` does."""
        name = str(statement.compile(compile_kwargs={"literal_binds": True}))
        return self.read(name, lambda: self.session.scalars(statement).all())

    def events(self) -> Sequence[Any]:
        """Returns the events that were published since this object was made, in their order."""
        self.session.flush()
        if self._read_events_at != self.changes:
            last = self._events[-1].id if self._events else self._first_event
            self._events += self.session.execute(_EVENTS, {"last": last}).all()
            self._read_events_at = self.changes
        return self._events

    def _note_statement(self, _connection: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.lstrip().startswith(_READS):
            self._note_change()

    def _note_savepoint(self, *_: Any) -> None:
        self._savepoints.append(self.changes)

    def _note_release(self, *_: Any) -> None:
        self._end_savepoint()

    def _note_rollback(self, *_: Any) -> None:
        if self._end_savepoint() != self.changes:
            self._note_change()

    def _end_savepoint(self) -> int | None:
        """Returns `changes` at its beginning, or None for a savepoint that is older than the walk."""
        return self._savepoints.pop() if self._savepoints else None

    def _note_change(self) -> None:
        self.changes += 1
        self._kept.clear()


@contextmanager
def prepared_statements(connection: Connection) -> Iterator[None]:
    """Has the database plan each statement of a test's connection once. psycopg forgets its plans at every rollback to
    a savepoint, so the statements of savepoints go past psycopg meanwhile."""
    driver, dialect = _driver_of(connection), connection.dialect
    driver.prepare_threshold, driver.prepared_max = 2, 1_000
    past_psycopg = {
        "do_savepoint": "SAVEPOINT",
        "do_release_savepoint": "RELEASE SAVEPOINT",
        "do_rollback_to_savepoint": "ROLLBACK TO SAVEPOINT",
    }
    for name, statement in past_psycopg.items():
        setattr(dialect, name, partial(_run_past_psycopg, statement))
    try:
        yield
    finally:
        for name in past_psycopg:
            delattr(dialect, name)


def _run_past_psycopg(statement: str, connection: Connection, savepoint: str) -> None:
    answer = _driver_of(connection).pgconn.exec_(f"{statement} {savepoint}".encode())
    if answer.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise psycopg.OperationalError(answer.error_message.decode())


def _driver_of(connection: Connection) -> psycopg.Connection[Any]:
    return cast(psycopg.Connection[Any], connection.connection.driver_connection)


def take_walks(
    make_walk: Callable[[], RuleBasedStateMachine],
    tally: Tally,
    *,
    connection: Connection,
    few: int = 6,
    steps: int = 40,
) -> None:
    """Takes `few` walks over a test's connection, or as many as `WALKS` says, and shows the tally of a long run, also
    of one that stopped."""

    @seed(SEED)
    def begin() -> RuleBasedStateMachine:
        if tally.walks and tally.walks % VACUUM_EVERY == 0:
            _vacuum(connection.engine)
        tally.begin_walk()
        return make_walk()

    try:
        with prepared_statements(connection):
            run_state_machine_as_test(cast(Any, begin), settings=walk_settings(few, steps))
    finally:
        if WALKS:
            sys.stdout.write(tally.table())


def _vacuum(engine: Engine) -> None:
    """Removes the rows of the walks that were rolled back. PostgreSQL hears of such rows at the end of the walks'
    transaction, and each look at a table reads over them until then."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        try:
            connection.exec_driver_sql("VACUUM (SKIP_LOCKED)")
        finally:
            connection.exec_driver_sql("RESET statement_timeout")


def walk_settings(few: int, steps: int = 40) -> settings:
    """Returns the settings of a walk, or of a test with `@given` that searches as long as walks do."""
    return settings(
        max_examples=WALKS or few,
        stateful_step_count=STEPS or steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def require_broken_promise(
    patch: pytest.MonkeyPatch, put_in: Break, promise: str, play: Callable[[], None]
) -> None:
    """Puts a deliberate bug in and plays the story that shows its harm. Fails unless the promise with these words is
    broken: a walk that doesn't see the bug proves nothing."""
    put_in(patch)
    with pytest.raises(AssertionError, match=promise):
        play()


def do_nothing(*_: Any, **__: Any) -> None:
    """Stands in for a step that a deliberate bug leaves out."""


def answer_no(*_: Any, **__: Any) -> bool:
    """Stands in for a question that a deliberate bug answers with no."""
    return False


def switch_off(module: Any, name: str, stands_in: Any = do_nothing) -> Break:
    """Returns a deliberate bug: the rule of that name does nothing, or what stands in for it."""
    return lambda patch: patch.setattr(module, name, stands_in)


def switch_off_deadline(service: Service, kind: str, stands_in: Any = do_nothing) -> Break:
    """Returns a deliberate bug: a deadline of the kind does nothing when it's due, or what stands in for it."""
    return lambda patch: patch.setitem(service.deadlines, kind, stands_in)
