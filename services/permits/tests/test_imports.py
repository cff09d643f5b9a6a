"""Batches of older permits: read row by row, released by another person on a sample, made into permits."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from permits import queries, workers
from permits.commands.import_older import read_files, release_batch
from permits.domain.imports import Status
from permits.models import ImportPiece, Permit, PermitImport

from .batches import PLACE, Importing


def test_each_row_has_its_result_with_the_column_at_fault(batch: Importing, files: Any) -> None:
    wrong = files.row(2, land_area_m2="كبيرة", issued_on="غدًا")
    batch.start([files.row(1), wrong, files.row(3)])

    assert [batch.rows[line].status for line in (2, 3, 4)] == ["ready", "faulty", "ready"]
    assert [(one["column"], one["code"]) for one in batch.rows[3].faults] == [
        ("issued_on", "date-format"),
        ("land_area_m2", "number"),
    ]
    assert batch.rows[3].data is None
    assert batch.batch.status == Status.STAGED


def test_cells_and_rules_at_fault_are_told_in_one_go(batch: Importing, files: Any) -> None:
    """Rules that ask for a cell at fault aren't asked: a fence's area isn't wrong because its kind can't be read."""
    first = files.row(1, issued_on="غدًا", owner_id_number="1012345671", expires_on="2020-01-01")
    second = files.row(2, kind="قصر", built_area_m2="0", component_area_m2="0", component="سور")
    third = files.row(3, land_area_m2="كبيرة", plots="215|", deed_type="إلكتروني", deed_number="1")
    fourth = files.row(4, owner_id_type="بطاقة", owner_name="ح", units="كثيرة")

    batch.start([first, second, third, fourth])

    found = [{(one["column"], one["code"]) for one in row.faults} for row in batch.rows.values()]
    assert found[0] == {("issued_on", "date-format"), ("owner_id_number", "check-digit")}
    assert found[1] == {("kind", "enum")}
    assert {("land_area_m2", "number")} < found[2]
    assert "deed_number" in {column for column, _ in found[2]}
    assert {("owner_id_type", "enum"), ("units", "digits")} <= found[3]


def test_faults_of_the_rules_are_named_by_column_too(batch: Importing, files: Any) -> None:
    batch.start([files.row(1, owner_id_number="1012345671"), files.row(2, kind="تجديد")])

    found = [[(one["column"], one["code"]) for one in row.faults] for row in batch.rows.values()]
    assert found == [[("owner_id_number", "check-digit")], [("works", "required")]]


def test_numbers_of_permits_and_of_rows_before_are_duplicates(
    batch: Importing, files: Any, desk: Any
) -> None:
    desk.older(permit_number="1445/1")

    batch.start([files.row("١"), files.row(2), files.row("2 ")])

    assert [row.status for row in batch.rows.values()] == ["duplicate", "ready", "duplicate"]
    assert batch.rows[4].faults[0]["params"] == {"line": 3}


def test_the_same_plot_as_a_live_permit_or_another_row_is_a_warning(
    batch: Importing, files: Any, desk: Any
) -> None:
    desk.issued()

    batch.start([files.row(1, plots="215"), files.row(2, plots="77"), files.row(3, plots="77")])

    odd = [[one["code"] for one in row.warnings] for row in batch.rows.values()]
    assert ["plot-in-use" in one for one in odd] == [True, False, True]


def test_mended_rows_take_the_place_of_those_before_and_nothing_doubles(
    batch: Importing, files: Any
) -> None:
    batch.start([files.row(1), files.row(2, town="")])

    batch.send([files.row(2), files.row(1)])
    batch.send([files.row(2), files.row(1)])  # the same file again

    assert batch.counts == {"ready": 2, "replaced": 2}
    assert batch.batch.sendings == 2


def test_a_file_of_the_old_windows_encoding_is_refused_with_how_to_save_it(
    client: Any, token: Any, files: Any
) -> None:
    text = files.upload(files.rows(1, 2)).content.decode("utf-8-sig")
    answer = client.post(
        "/v1/permit-imports",
        data=PLACE,
        files={"file": ("رخص.csv", text.encode("cp1256"), "text/csv")},
        headers=token("permits.enter", sub="p_clerk"),
    )

    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["code"]) == (400, "csv-encoding")
    assert "UTF-8" in fault["detail"]
    assert "حفظ باسم" in fault["detail"]


def test_an_empty_file_and_one_of_another_branch_are_refused(
    session: Session, desk: Any, files: Any, officer_of: Any
) -> None:
    with pytest.raises(InvalidFields):
        read_files.start(
            UnitOfWork(session, desk.officer, desk.now), file=files.upload([]), **PLACE
        )
    other = officer_of("tarout")
    with pytest.raises(InvalidFields):
        read_files.start(
            UnitOfWork(session, other, desk.now), file=files.upload(files.rows(1, 1)), **PLACE
        )


def test_another_branch_does_not_know_the_batch(
    batch: Importing, files: Any, officer_of: Any, session: Session
) -> None:
    batch.start(files.rows(1, 1))

    with pytest.raises(NotFound):
        queries.get_import(session, officer_of("tarout"), batch.batch.import_id)


def test_a_withdrawn_batch_keeps_nothing_of_people(
    batch: Importing, files: Any, desk: Any, session: Session
) -> None:
    batch.start(files.rows(1, 2))

    read_files.withdraw(
        UnitOfWork(session, desk.officer, desk.now), batch.batch.import_id, reason="ملف آخر"
    )

    session.expire_all()
    assert {row.data is None for row in batch.rows.values()} == {True}


def test_a_step_that_failed_puts_its_batch_off_and_not_the_others(
    batch: Importing, files: Any, desk: Any, session: Session
) -> None:
    first = read_files.start(
        UnitOfWork(session, desk.officer, desk.now), file=files.upload(files.rows(1, 1)), **PLACE
    )
    later = desk.now + timedelta(seconds=1)
    second = read_files.start(
        UnitOfWork(session, desk.officer, later), file=files.upload(files.rows(2, 2)), **PLACE
    )

    workers.postpone(session, first.import_id, now=later)
    session.refresh(first)
    workers.take_step(session, Status.READING, now=later)

    assert (first.status, second.status) == (Status.READING, Status.STAGED)


class Killed(BaseException):
    """The process ends here, with its transaction."""


def test_a_process_killed_at_any_step_loses_and_doubles_nothing(
    real_database: Database, house: Any, desk_class: Any, files: Any
) -> None:
    """Every second step of both kinds is killed before its commit; two branches don't disturb the count."""
    numbers = [f"1441/{n}" for n in range(1, 231)]
    written = [files.row(n, permit_number=number) for n, number in enumerate(numbers, 1)]
    with real_database.transaction() as session:
        desk = desk_class(session, house)
        batch = Importing(session, desk, files)
        batch.batch = read_files.start(
            UnitOfWork(session, desk.officer, desk.now), file=files.upload(written), **PLACE
        )
        import_id = batch.batch.import_id

    assert _steps(real_database, Status.READING, desk.now) == 3
    with real_database.transaction() as session:
        batch = Importing(session, desk_class(session, house), files)
        batch.batch = session.get_one(PermitImport, import_id)
        for row in batch.draw():
            batch.judge(row)
        release_batch.release(UnitOfWork(session, batch.desk.reviewer, desk.now), import_id)
    assert _steps(real_database, Status.RELEASING, desk.now) == 5

    with real_database.transaction() as session:
        made = select(Permit.permit_number).where(Permit.permit_number.in_(numbers))
        assert sorted(session.scalars(made)) == sorted(numbers)
        left = select(func.count()).where(
            ImportPiece.import_id == import_id, ImportPiece.content.is_not(None)
        )
        assert session.scalar(left) == 0


def _steps(database: Database, status: Status, now: Any) -> int:
    """Each step is carried out twice: killed before its commit, and then again. Answers how many there were."""
    done = 0
    while True:
        with suppress(Killed), database.transaction() as session:
            workers.take_step(session, status, now=now)
            raise Killed
        with database.transaction() as session:
            if not workers.take_step(session, status, now=now):
                return done
        done += 1


def test_a_row_may_tell_the_site_and_its_days_survive_the_wait(
    batch: Importing, files: Any, session: Session
) -> None:
    site = {
        "north_boundary": "شارع عرض 20م",
        "north_length_m": "27",
        "north_setback_m": "1.5",
        "front": "شمال",
        "survey_decision": "1447/2210",
        "survey_decision_date": "1447/05/12",
        "civil_defence_approval": "1448/771",
        "remarks": "ملاحظة تجريبية",
    }
    batch.released([files.row(1, **site)])

    [line] = batch.rows.values()
    permit = session.get_one(Permit, line.permit_id)
    assert line.warnings[0]["column"] == "north_setback_m"
    assert permit.site is not None
    assert permit.site["boundaries"]["north"]["length_m"] == 27
    assert permit.site["front"] == "north"
    assert permit.site["survey_decision"] == {"number": "1447/2210", "decided_on": "2025-11-03"}
    assert permit.clearances is not None
    assert permit.clearances["civil_defence"] == {"number": "1448/771", "approved_on": None}
    assert permit.remarks == "ملاحظة تجريبية"


def test_a_survey_decision_without_its_number_is_a_fault_of_that_column(
    batch: Importing, files: Any
) -> None:
    batch.start([files.row(1, survey_decision_date="1447/05/12", north_length_m="0")])
    batch.send([files.row(2, north_length_m="0")])

    found = [[(one["column"], one["code"]) for one in row.faults] for row in batch.rows.values()]
    assert found == [
        [("survey_decision", "required"), ("north_length_m", "positive")],
        [("north_length_m", "positive")],
    ]
