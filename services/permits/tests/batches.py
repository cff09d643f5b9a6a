"""A batch of older permits, driven through real commands and the steps of the worker."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

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
            self.session, self.desk.officer, **PLACE, file=file, now=self.desk.now
        )
        return self.read()

    def send(self, rows: Any) -> "Importing":
        file = self.files.upload(rows)
        args = self.session, self.desk.officer, self.batch.import_id
        read_files.send(*args, file=file, now=self.desk.now)
        return self.read()

    def read(self) -> "Importing":
        while workers.take_step(self.session, Status.READING, now=self.desk.now):
            self.session.flush()
        return self

    def draw(self) -> list[ImportRow]:
        args = self.session, self.desk.reviewer, self.batch.import_id
        return list(release_batch.draw_sample(*args, reason="مطابقة", now=self.desk.now))

    def judge(self, row: ImportRow, verdict: str = "right") -> None:
        args = self.session, self.desk.reviewer, self.batch.import_id, row.row_number
        release_batch.judge(*args, verdict=verdict, now=self.desk.now)

    def release(self) -> "Importing":
        args = self.session, self.desk.reviewer, self.batch.import_id
        release_batch.release(*args, now=self.desk.now)
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
