"""`permits import-rows`: which rows wait because the system failed at them, and taking them up again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.run.cli import group
from chassis.service import Service
from permits import workers
from permits.commands.import_older import read_files
from permits.domain.imports import TRIES, Status

from .conftest import KEYS
from .test_unprocessed_rows import PLACE, broken


class Rows:
    """A committed batch whose second row can't be read, and the command line."""

    def __init__(
        self, database: Database, service: Service, desk: Any, files: Any, folder: Path
    ) -> None:
        self.database, self._service, self.now = database, service, desk.now
        self._environment = {
            "PERMITS_DATABASE_URL": database.url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "ISSUER": "https://issuer.test",
            "PERMITS_FILES_FOLDER": str(folder),
            **KEYS,
        }
        file = files.upload(files.row(n, permit_number=f"1436/{n}") for n in (1, 2, 3))
        with database.transaction() as session:
            batch = read_files.start(
                UnitOfWork(session, desk.officer, self.now), file=file, **PLACE
            )
            self.import_id = batch.import_id
        with broken(read_files, "check_older", "1436/2"):
            self.work(TRIES + 1)

    def work(self, turns: int = 1) -> None:
        for _ in range(turns):
            self.now += timedelta(minutes=2)
            try:
                with self.database.transaction() as session:
                    workers.take_step(session, Status.READING, now=self.now)
            except workers.StepFailed as failed:
                with self.database.transaction() as session:
                    workers.postpone(session, failed.import_id, now=self.now)

    def run(self, *words: str) -> Result:
        commands, env = group(self._service), self._environment
        return CliRunner().invoke(commands, ["import-rows", *words], obj=self._service, env=env)


@pytest.fixture
def rows(real_database: Database, service: Service, desk: Any, files: Any, tmp_path: Path) -> Rows:
    return Rows(real_database, service, desk, files, tmp_path)


def test_a_row_is_listed_and_taken_up_again(rows: Rows) -> None:
    listed = rows.run("list")
    taken = rows.run("retry", rows.import_id)
    rows.work()
    again = rows.run("retry", rows.import_id, "2")

    assert listed.output.splitlines() == [f"{rows.import_id}\t2\tstaged"]
    assert (taken.exit_code, taken.output) == (0, "1 of 1 rows\n")
    assert rows.run("list").output == ""
    assert (again.exit_code, again.output) == (1, "0 of 0 rows\n")


def test_a_row_is_given_up(rows: Rows) -> None:
    given_up = rows.run("retry", rows.import_id, "2", "--give-up")

    assert (given_up.exit_code, rows.run("list").output) == (0, "")
