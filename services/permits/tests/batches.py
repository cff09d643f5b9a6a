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

    def start(self, rows: Any, **place: str) -> "Importing":
        file = self.files.upload(rows)
        self.batch = read_files.start(
            UnitOfWork(self.session, self.desk.officer, self.desk.now),
            file=file,
            **{**PLACE, **place},
        )
        return self.read()

    def send(self, rows: Any) -> "Importing":
        file = self.files.upload(rows)
        read_files.send(
            UnitOfWork(self.session, self.desk.officer, self.desk.now),
            self.batch.import_id,
            file=file,
        )
        return self.read()

    def read(self) -> "Importing":
        while workers.take_step(self.session, Status.READING, now=self.desk.now):
            self.session.flush()
        return self

    def draw(self) -> list[ImportRow]:
        return list(
            release_batch.draw_sample(
                UnitOfWork(self.session, self.desk.reviewer, self.desk.now),
                self.batch.import_id,
                reason="مطابقة",
            )
        )

    def judge(self, row: ImportRow, verdict: str = "right") -> None:
        release_batch.judge(
            UnitOfWork(self.session, self.desk.reviewer, self.desk.now),
            self.batch.import_id,
            row.row_number,
            verdict=verdict,
        )

    def release(self) -> "Importing":
        release_batch.release(
            UnitOfWork(self.session, self.desk.reviewer, self.desk.now), self.batch.import_id
        )
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
