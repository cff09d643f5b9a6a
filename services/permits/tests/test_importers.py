"""Two `work` processes on batches of older permits: each batch has one of them at a time, a killed one leaves its batch
to the other, and nothing is doubled or lost."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from signal import SIGKILL
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import TEXT, cast, func, select, text

from chassis.data.aggregates import JournalEntry
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_pairs import is_somebody_waiting
from permits import workers
from permits.commands.import_older import read_files, release_batch
from permits.domain.imports import Status
from permits.models import ImportRow, Permit, PermitImport

from .waiting import one_waits_for_the_other

PLACE = {"municipality": "central-qatif", "origin": "paper"}
PATIENCE_S = 120


class Batches:
    """Committed batches, and processes that work on them."""

    def __init__(self, database: Database, files: Any, desk_of: Any, environment: Any) -> None:
        self.database, self.files, self._desk_of = database, files, desk_of
        self._environment, self._started = environment, 0
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, numbers: list[str]) -> str:
        """A batch that isn't read yet, later than those before it."""
        self._started += 1
        written = [self.files.row(n, permit_number=one) for n, one in enumerate(numbers, 1)]
        with self.database.transaction() as session:
            desk = self._desk_of(session)
            file = self.files.upload(written)
            now = desk.now + timedelta(seconds=self._started)
            batch = read_files.start(UnitOfWork(session, desk.officer, now), file=file, **PLACE)
            return batch.import_id

    def released(self, numbers: list[str]) -> str:
        """A batch of which no permit is made yet."""
        import_id = self.start(numbers)
        while self.work(Status.READING):
            pass
        self.release(import_id)
        return import_id

    def release(self, import_id: str) -> None:
        with self.database.transaction() as session:
            desk = self._desk_of(session)
            work = desk.work.acting_as(desk.reviewer)
            for row in release_batch.draw_sample(work, import_id, reason="مطابقة"):
                number = row.row_number
                release_batch.judge(work, import_id, number, verdict="right")
            release_batch.release(work, import_id)

    def work(self, status: Status, **later: int) -> bool:
        with self.database.transaction() as session:
            now = self._desk_of(session).now + timedelta(**(later or {"hours": 1}))
            return workers.take_step(session, status, now=now)

    def begin(self) -> "subprocess.Popen[bytes]":
        """A process that does nothing but import."""
        words = [sys.executable, "-m", "permits", "work", "--only", "importer"]
        process = subprocess.Popen(words, env=self._environment, stdout=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def of(self, import_id: str) -> PermitImport:
        with self.database.transaction() as session:
            return session.get_one(PermitImport, import_id)

    def made(self, numbers: list[str]) -> list[tuple[str, int, int]]:
        """Returns number, version and count of entries in the history for each permit of these numbers."""
        entered = (
            select(func.count())
            .where(
                JournalEntry.aggregate_id == cast(Permit.permit_id, TEXT),
                JournalEntry.action == "enter",
            )
            .scalar_subquery()
        )
        with self.database.transaction() as session:
            found = select(Permit.permit_number, Permit.version, entered)
            rows = session.execute(found.where(Permit.permit_number.in_(numbers)))
            return sorted(tuple(row) for row in rows)

    def events(self, numbers: list[str]) -> int:
        """How many events of these permits wait to be published."""
        statement = text(
            "SELECT count(*) FROM outbox JOIN permit ON permit_id::text = aggregate_id"
            " WHERE permit_number = ANY(:numbers)"
        )
        with self.database.transaction() as session:
            return int(session.execute(statement, {"numbers": numbers}).scalar_one())

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE_S
        while not holds():
            assert monotonic() < deadline, "it doesn't come"
            with suppress(subprocess.TimeoutExpired):
                self.processes[-1].wait(0.05)
            assert not [one for one in self.processes if one.poll() not in (None, -SIGKILL)]


@pytest.fixture
def batches(
    real_database: Database, files: Any, desk_class: Any, house: Any, settings_overrides: Any
) -> Iterator[Batches]:
    given = {f"PERMITS_{name.upper()}": str(it) for name, it in settings_overrides.items()}
    environment = {
        **os.environ,
        **given,
        "DATABASE_URL": real_database.url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "http://127.0.0.1:1",
        "PERMITS_IMPORT_REST": "0",
    }
    made = Batches(real_database, files, lambda session: desk_class(session, house), environment)
    yield made
    for process in made.processes:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def once(numbers: list[str]) -> list[tuple[str, int, int]]:
    return [(number, 1, 1) for number in sorted(numbers)]


def test_a_worker_passes_a_batch_that_another_one_has_and_takes_the_next(batches: Batches) -> None:
    numbers = [f"1431/{n}" for n in range(1, 121)]
    first, second = batches.released(numbers[:60]), batches.released(numbers[60:])

    with batches.database.transaction() as session:
        assert workers.take_step(session, Status.RELEASING, now=batches.of(first).created_at)
        assert batches.work(Status.RELEASING)
        assert len(batches.made(numbers[60:])) == 50
    assert len(batches.made(numbers[:60])) == 50
    while batches.work(Status.RELEASING):
        pass

    assert batches.made(numbers) == once(numbers)
    assert {batches.of(one).status for one in (first, second)} == {Status.RELEASED}


def test_a_worker_has_nothing_to_do_while_the_only_batch_is_another_ones(batches: Batches) -> None:
    numbers = [f"1432/{n}" for n in range(1, 61)]
    import_id = batches.released(numbers)

    with batches.database.transaction() as session:
        assert workers.take_step(session, Status.RELEASING, now=batches.of(import_id).created_at)
        assert not batches.work(Status.RELEASING)
    assert batches.work(Status.RELEASING)

    assert batches.made(numbers) == once(numbers)
    assert batches.of(import_id).status == Status.RELEASED


def test_two_processes_on_one_batch_double_and_lose_nothing(batches: Batches) -> None:
    numbers = [f"1433/{n}" for n in range(1, 231)]
    batches.begin(), batches.begin()
    import_id = batches.start(numbers)

    batches.until(lambda: batches.of(import_id).status == Status.STAGED)
    batches.release(import_id)
    batches.until(lambda: batches.of(import_id).status == Status.RELEASED)

    assert batches.made(numbers) == once(numbers)
    assert batches.events(numbers) == len(numbers)


def test_a_process_killed_in_the_middle_of_a_step_leaves_it_to_the_other(batches: Batches) -> None:
    """It waits to write its permits, with its batch in its hand, when it's killed."""
    numbers = [f"1434/{n}" for n in range(1, 121)]
    import_id = batches.released(numbers)
    batches.work(Status.RELEASING)

    with batches.database.transaction() as session:
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        session.execute(text("LOCK TABLE permit IN SHARE MODE"))
        killed = batches.begin()
        batches.until(lambda: is_somebody_waiting(batches.database))
        assert not batches.work(Status.RELEASING)
        killed.kill()
        killed.wait()
    assert len(batches.made(numbers)) == 50
    batches.begin()
    batches.until(lambda: batches.of(import_id).status == Status.RELEASED)

    assert batches.made(numbers) == once(numbers)
    assert batches.events(numbers) == len(numbers)
    with batches.database.transaction() as session:
        of = ImportRow.import_id == import_id
        left = select(func.count()).where(of, ImportRow.status != "released")
        assert session.scalar(left) == 0


def test_of_two_batches_with_one_number_at_the_same_time_the_later_is_put_off(
    batches: Batches,
) -> None:
    """The first isn't: it's not the one that failed. The second finds the number taken when it comes again."""
    first, second = batches.released(["1435/1"]), batches.released(["1435/1"])
    worker: Any = SimpleNamespace(database=batches.database)

    with one_waits_for_the_other(batches.database, lambda: workers.take_steps(worker)) as (
        session,
        them,
    ):
        assert workers.take_step(session, Status.RELEASING, now=batches.of(first).created_at)
    assert not them[0].result()

    assert batches.of(first).not_before is None
    assert batches.of(second).not_before is not None
    assert batches.work(Status.RELEASING, days=36_500)
    assert batches.made(["1435/1"]) == once(["1435/1"])
    assert batches.of(second).status == Status.RELEASED
