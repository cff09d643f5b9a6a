"""A batch of older permits, driven through real commands and the steps of the worker."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.unit_of_work import UnitOfWork
from permits import queries, workers
from permits.commands.import_older import read_files, release_batch
from permits.domain.imports import Status
from permits.models import ImportRow, PermitImport

PLACE = {"municipality": "central-qatif", "origin": "paper"}


class Importing:
    """Drives a batch through real commands and the worker's steps."""

    def __init__(self, session: Session, desk: Any, files: Any) -> None:
        self.session, self.desk, self.files = session, desk, files
        self.batch: PermitImport

    def start(self, rows: Any) -> "Importing":
        file = self.files.upload(rows)
        self.batch = read_files.start(
            UnitOfWork(self.session, self.desk.officer, self.desk.now), file=file, **PLACE
        )
        return self.read()

    def send(self, rows: Any) -> "Importing":
        file = self.files.upload(rows)
        args = self.session, self.desk.officer, self.batch.import_id
        read_files.send(UnitOfWork(*args[:2], self.desk.now), *args[2:], file=file)
        return self.read()

    def read(self) -> "Importing":
        while workers.take_step(self.session, Status.READING, now=self.desk.now):
            self.session.flush()
        return self

    def draw(self) -> list[ImportRow]:
        args = self.session, self.desk.reviewer, self.batch.import_id
        return list(
            release_batch.draw_sample(
                UnitOfWork(*args[:2], self.desk.now), *args[2:], reason="مطابقة"
            )
        )

    def judge(self, row: ImportRow, verdict: str = "right") -> None:
        args = self.session, self.desk.reviewer, self.batch.import_id, row.row_number
        release_batch.judge(UnitOfWork(*args[:2], self.desk.now), *args[2:], verdict=verdict)

    def release(self) -> "Importing":
        args = self.session, self.desk.reviewer, self.batch.import_id
        release_batch.release(UnitOfWork(*args[:2], self.desk.now), *args[2:])
        while workers.take_step(self.session, Status.RELEASING, now=self.desk.now):
            self.session.flush()
        return self

    def released(self, rows: Any) -> "Importing":
        self.start(rows)
        for row in self.draw():
            self.judge(row)
        return self.release()

    @property
    def rows(self) -> dict[int, ImportRow]:
        statement = select(ImportRow).where(ImportRow.import_id == self.batch.import_id)
        return {
            one.line: one for one in self.session.scalars(statement.order_by(ImportRow.row_number))
        }

    @property
    def counts(self) -> dict[str, int]:
        return dict(queries.import_progress(self.session, self.batch).rows)
