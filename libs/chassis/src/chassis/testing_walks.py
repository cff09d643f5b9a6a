"""Takes walks through Hypothesis' state machines, for tests: how many, which ones and how long is said here for all.

`make walks WALKS=20000 SEED=7 SERVICE=permits` sets the variables. Without them a test takes a few walks, the same
walks each time.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from chassis.core.refusals import Refusal

T = TypeVar("T")
Break = Callable[[pytest.MonkeyPatch], None]
WALKS = int(os.environ.get("WALKS") or 0)
SEED = int(os.environ.get("SEED") or 0)
STEPS = int(os.environ.get("STEPS") or 0)
# A walk in which fewer steps took effect says little.
ENOUGH_STEPS = 20
PROGRESS_EVERY = 100
# A statement that begins otherwise may change a row.
_READS = ("SELECT", "SAVEPOINT", "RELEASE")


class Tally:
    """Counts which rules of a walk took effect, in which states, and which ones were refused."""

    def __init__(self, name: str) -> None:
        self._name, self._began = name, time.monotonic()
        self.effects: Counter[tuple[str, str]] = Counter()
        self.refusals: Counter[tuple[str, str]] = Counter()
        self._steps: list[int] = []

    def count_effect(self, rule: str, state: str = "") -> None:
        self.effects[rule, state] += 1
        if self._steps:
            self._steps[-1] += 1

    def count_refusal(self, rule: str, refusal: BaseException) -> None:
        self.refusals[rule, type(refusal).__name__] += 1

    def begin_walk(self) -> None:
        if self._steps and len(self._steps) % PROGRESS_EVERY == 0:
            sys.stdout.write(f"{self.summary()}\n")
            sys.stdout.flush()
        self._steps.append(0)

    def summary(self) -> str:
        walks, long = len(self._steps), sum(steps >= ENOUGH_STEPS for steps in self._steps)
        return (
            f"{self._name}: seed {SEED}: {walks} walks, {long} with at least {ENOUGH_STEPS} steps"
            f" that took effect; {sum(self._steps)} effects, {self.refusals.total()} refusals;"
            f" {(time.monotonic() - self._began) / max(walks, 1):.3f} s a walk"
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
    """The database under walks: one session, whose work is rolled back after each walk.

    `read` keeps an answer until a statement may have changed a row. Most steps of a walk are refused or only look, and
    the invariants after them need no further statement. `changes` counts what may have changed a row."""

    def __init__(self, session: Session) -> None:
        self.session, self.changes = session, 0
        self._kept: dict[Hashable, Any] = {}
        self._savepoints: dict[str, int] = {}
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", self._note_statement)
        event.listen(connection, "savepoint", self._note_savepoint)
        event.listen(connection, "release_savepoint", self._note_release)
        event.listen(connection, "rollback_savepoint", self._note_rollback)

    def begin_walk(self) -> None:
        self._walk = self.session.begin_nested()

    def end_walk(self) -> None:
        self._walk.rollback()
        self.session.expunge_all()
        self._kept.clear()

    def attempt(self, command: Callable[[], T]) -> T:
        """Carries a command out in a savepoint of its own: a refusal leaves nothing. Raises the Refusal."""
        before = self.changes
        try:
            with self.session.begin_nested():
                made = command()
                self.session.flush()
        except Refusal:
            if self.changes != before:
                self.session.expire_all()
            raise
        return made

    def run_beside(self, work: Callable[[], object]) -> None:
        """Runs what has a session of its own. Afterwards the walks' session reads anew what changed."""
        self.session.flush()
        before = self.changes
        work()
        if self.changes != before:
            self.session.expire_all()

    def read(self, name: Hashable, find: Callable[[], T]) -> T:
        """Returns what `find` returns. The name says all on which the answer depends besides the database."""
        self.session.flush()
        if name not in self._kept:
            self._kept[name] = find()
        return cast(T, self._kept[name])

    def _note_statement(self, _connection: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.lstrip().startswith(_READS):
            self._note_change()

    def _note_savepoint(self, _connection: Connection, name: str) -> None:
        self._savepoints[name] = self.changes

    def _note_release(self, _connection: Connection, name: str, *_: Any) -> None:
        self._savepoints.pop(name, None)

    def _note_rollback(self, _connection: Connection, name: str, *_: Any) -> None:
        if self._savepoints.pop(name, None) != self.changes:
            self._note_change()

    def _note_change(self) -> None:
        self.changes += 1
        self._kept.clear()


@contextmanager
def prepared_statements(connection: Connection) -> Iterator[None]:
    """Has the database plan each statement of a test's connection once. psycopg forgets its plans at every rollback to
    a savepoint, so the rollback goes past psycopg meanwhile."""
    driver, dialect = _driver_of(connection), connection.dialect
    driver.prepare_threshold, driver.prepared_max = 2, 1_000
    dialect.do_rollback_to_savepoint = _roll_back  # type: ignore[assignment]
    try:
        yield
    finally:
        del dialect.do_rollback_to_savepoint


def _roll_back(connection: Connection, savepoint: str) -> None:
    answer = _driver_of(connection).pgconn.exec_(f"ROLLBACK TO SAVEPOINT {savepoint}".encode())
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
        tally.begin_walk()
        return make_walk()

    try:
        with prepared_statements(connection):
            run_state_machine_as_test(cast(Any, begin), settings=walk_settings(few, steps))
    finally:
        if WALKS:
            sys.stdout.write(tally.table())


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
