"""Rows of older permits at which the system itself fails: set aside after some tries, while the others go on, and taken
up again once it's mended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from chassis.core.refusals import IllegalTransition
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from permits import queries, workers
from permits.commands.import_older import read_files, release_batch, row_recovery
from permits.domain.actors import SYSTEM
from permits.domain.imports import TRIES, RowNotUnprocessed, Status
from permits.models import ImportRow, Permit, PermitImport

PLACE = {"municipality": "central-qatif", "origin": "paper"}


class Steps:
    """A batch, and a worker that puts it off when its step fails, as `importer` does."""

    def __init__(self, session: Session, desk: Any, files: Any) -> None:
        self.session, self.desk, self.files = session, desk, files
        self.now = desk.now
        self.batch: PermitImport

    def start(self, rows: Any) -> "Steps":
        file = self.files.upload(rows)
        self.batch = read_files.start(self.desk.work, file=file, **PLACE)
        return self

    def send(self, rows: Any) -> None:
        read_files.send(
            UnitOfWork(self.session, self.desk.officer, self.desk.now),
            self.batch.import_id,
            file=self.files.upload(rows),
        )

    def work(self, status: Status, turns: int = TRIES + 2) -> "Steps":
        for _ in range(turns):
            self.now += timedelta(minutes=2)
            try:
                with self.session.begin_nested():
                    workers.take_step(self.session, status, now=self.now)
            except workers.StepFailed as failed:
                workers.postpone(self.session, failed.import_id, now=self.now)
            self.session.expire_all()
        return self

    def released(self) -> "Steps":
        for row in release_batch.draw_sample(
            UnitOfWork(self.session, self.desk.reviewer, self.now),
            self.batch.import_id,
            reason="مطابقة",
        ):
            release_batch.judge(
                UnitOfWork(self.session, self.desk.reviewer, self.now),
                self.batch.import_id,
                row.row_number,
                verdict="right",
            )
        release_batch.release(
            UnitOfWork(self.session, self.desk.reviewer, self.now), self.batch.import_id
        )
        return self.work(Status.RELEASING)

    def take_up(self, row_number: int = 2) -> None:
        row_recovery.retry_row(
            UnitOfWork(self.session, SYSTEM, self.now), self.batch.import_id, row_number
        )
        self.session.flush()

    @property
    def counts(self) -> dict[str, int]:
        return dict(queries.import_progress(self.session, self.batch).rows)

    def row(self, number: int = 2) -> ImportRow:
        self.session.expire_all()
        return self.session.get_one(ImportRow, (self.batch.import_id, number))


@pytest.fixture
def steps(session: Session, desk: Any, files: Any) -> Steps:
    return Steps(session, desk, files)


@contextmanager
def broken(module: Any, name: str, *numbers: str) -> Iterator[None]:
    """The function fails for the rows of these permits."""
    real = getattr(module, name)

    def fails(first: Any, *args: Any, **named: Any) -> Any:
        number = first["permit_number"] if isinstance(first, dict) else first.permit_number
        if number in numbers:
            raise KeyError("حسن")
        return real(first, *args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, fails)
        yield


def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_go_on(
    steps: Steps, files: Any
) -> None:
    steps.start(files.rows(1, 4))

    with broken(read_files, "check_older", "1445/2"), capture_logs() as logs:
        steps.work(Status.READING, turns=TRIES)
        before = steps.counts
        steps.work(Status.READING)

    assert before == {}
    assert (steps.batch.status, steps.counts) == (Status.STAGED, {"ready": 3, "unprocessed": 1})
    row = steps.row()
    assert [one["code"] for one in row.faults] == ["row-unprocessed"]
    assert row.permit_number == "1445/2"
    [told] = [one for one in logs if one["event"] == "import.row_unprocessed"]
    assert (told["row"], told["error"]) == (2, "KeyError")
    assert told["at"].startswith("test_unprocessed_rows.py:")
    assert "حسن" not in str(logs)


def test_what_fails_for_every_row_is_no_rows_fault(steps: Steps, files: Any) -> None:
    steps.start(files.rows(1, 2))

    with broken(read_files, "check_older", "1445/1", "1445/2"):
        steps.work(Status.READING, turns=TRIES + 5)

    assert (steps.batch.status, steps.counts) == (Status.READING, {})
    steps.work(Status.READING)
    assert steps.counts == {"ready": 2}


def database_error(sqlstate: str) -> DBAPIError:
    cause = Exception("it failed")
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    return DBAPIError("SELECT", {}, cause)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyError("x"), True),
        (database_error("22P05"), True),
        (database_error("23514"), True),
        (database_error("57014"), False),
        (database_error("40P01"), False),
        (database_error("08006"), False),
        (OperationalError("SELECT", {}, Exception("no server")), False),
        (MemoryError(), False),
        (FileNotFoundError("places.yaml"), False),
    ],
)
def test_an_outage_is_no_rows_fault(error: Exception, expected: bool) -> None:
    assert row_recovery.is_fault_of_row(error) is expected


def test_a_row_that_somebody_else_held_up_is_not_counted_as_failed(
    steps: Steps, files: Any, session: Session
) -> None:
    steps.start(files.rows(1, 1))

    workers.postpone(session, steps.batch.import_id, now=steps.now, counted=False)

    session.expire_all()
    assert (steps.batch.tries, steps.batch.not_before is None) == (0, False)


def test_a_row_that_was_not_read_is_read_again_once_the_system_is_mended(
    steps: Steps, files: Any
) -> None:
    steps.start(files.rows(1, 3))
    with broken(read_files, "check_older", "1445/1"):
        steps.work(Status.READING)
    assert steps.counts == {"ready": 2, "unprocessed": 1}

    steps.take_up(1)
    assert steps.batch.status == Status.READING
    steps.work(Status.READING)

    assert (steps.batch.status, steps.counts) == (Status.STAGED, {"ready": 3})
    row = steps.row(1)
    assert (row.status, row.line, row.permit_number) == ("ready", 2, "1445/1")
    with pytest.raises(RowNotUnprocessed):
        steps.take_up(1)


def test_a_row_that_was_not_read_gives_way_to_the_one_that_is_sent_again(
    steps: Steps, files: Any
) -> None:
    steps.start(files.rows(1, 3))
    with broken(read_files, "check_older", "1445/2"):
        steps.work(Status.READING)

    steps.send([files.row(2)])
    steps.work(Status.READING)

    assert steps.counts == {"ready": 3, "replaced": 1}
    assert steps.row().data is None


def test_nothing_is_added_to_what_a_sample_was_drawn_from(steps: Steps, files: Any) -> None:
    steps.start(files.rows(1, 3))
    with broken(read_files, "check_older", "1445/2"):
        steps.work(Status.READING)
    release_batch.draw_sample(
        UnitOfWork(steps.session, steps.desk.reviewer, steps.now),
        steps.batch.import_id,
        reason="مطابقة",
    )

    with pytest.raises(IllegalTransition):
        steps.take_up()


def test_a_row_of_which_no_permit_can_be_made_waits_until_the_system_is_mended(
    steps: Steps, files: Any, session: Session
) -> None:
    steps.start(files.rows(1, 3)).work(Status.READING)

    with broken(release_batch, "new_older_permit", "1445/2"):
        steps.released()
    assert (steps.batch.status, steps.counts) == (
        Status.RELEASED,
        {"released": 2, "unprocessed": 1},
    )
    waiting = row_recovery.unprocessed_rows(session)
    mine = [one for one in waiting if one[0] == steps.batch.import_id]
    assert mine == [(steps.batch.import_id, 2, "released")]
    assert row_recovery.count_unprocessed(session) == len(waiting)
    assert steps.row().data is not None
    steps.take_up()
    steps.work(Status.RELEASING)

    assert (steps.batch.status, steps.counts) == (Status.RELEASED, {"released": 3})
    assert steps.row().data is None
    made = session.scalars(select(Permit.permit_number).order_by(Permit.permit_number)).all()
    assert [number for number in made if number.startswith("1445/")] == [
        "1445/1",
        "1445/2",
        "1445/3",
    ]
    actions = [one.action for one in history(session, ("permit-import", steps.batch.import_id))]
    assert actions[-3:] == ["end_import", "make_row_again", "end_import"]


def test_a_row_that_is_given_up_keeps_nothing_of_people(
    steps: Steps, files: Any, session: Session
) -> None:
    steps.start(files.rows(1, 3))
    with broken(read_files, "check_older", "1445/2"):
        steps.work(Status.READING)

    row_recovery.give_up_row(UnitOfWork(session, SYSTEM, steps.now), steps.batch.import_id, 2)
    session.flush()

    assert (steps.row().status, steps.row().data) == ("withheld", None)
    assert steps.batch.status == Status.STAGED


def test_a_withdrawn_batch_keeps_nothing_of_rows_that_were_set_aside(
    steps: Steps, files: Any, session: Session, desk: Any
) -> None:
    steps.start(files.rows(1, 3))
    with broken(read_files, "check_older", "1445/2"):
        steps.work(Status.READING)

    read_files.withdraw(
        UnitOfWork(session, desk.officer, steps.now), steps.batch.import_id, reason="ملف آخر"
    )

    session.flush()
    assert steps.row().data is None
    assert row_recovery.count_unprocessed(session) == 0  # an alert would wait for nobody
