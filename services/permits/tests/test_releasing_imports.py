"""Batches of older permits are released by another person, on a drawn sample, and made into permits."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core.refusals import IllegalTransition, InvalidFields
from chassis.data.aggregates import history
from permits.commands.import_older import enter_one, read_files, release_batch
from permits.domain.actors import DutiesSeparated
from permits.domain.imports import (
    FileRefused,
    NothingToRelease,
    NotInSample,
    SampleUnjudged,
    Status,
)
from permits.models import Permit

from .batches import Importing


def test_who_sent_a_file_neither_sees_the_sample_nor_releases_it(
    batch: Importing, files: Any, desk: Any, session: Session
) -> None:
    batch.start(files.rows(1, 2))
    import_id = batch.batch.import_id

    with pytest.raises(DutiesSeparated):
        release_batch.draw_sample(desk.work, import_id, reason="مطابقة")
    batch.draw()
    with pytest.raises(DutiesSeparated):
        release_batch.release(desk.work, import_id)


def test_the_sample_is_drawn_once_by_the_rule_of_the_data(batch: Importing, files: Any) -> None:
    batch.start(files.rows(1, 30))

    first, again = batch.draw(), batch.draw()

    assert len(first) == batch.batch.sample_size == 13
    assert [row.row_number for row in first] == [row.row_number for row in again]
    actions = history(batch.session, ("permit-import", batch.batch.import_id))
    assert [one.action for one in actions][-2:] == ["draw_sample", "reveal"]


def test_it_is_not_released_before_the_whole_sample_is_judged(batch: Importing, files: Any) -> None:
    batch.start(files.rows(1, 3))
    first, *_ = batch.draw()
    batch.judge(first)

    with pytest.raises(SampleUnjudged):
        batch.release()


def test_too_many_wrong_rows_refuse_the_batch_and_empty_it(batch: Importing, files: Any) -> None:
    batch.start(files.rows(1, 3))

    batch.judge(batch.draw()[0], "wrong")

    batch.session.expire_all()
    assert batch.batch.status == Status.REFUSED
    assert {row.data is None for row in batch.rows.values()} == {True}
    with pytest.raises(IllegalTransition):
        batch.release()


def test_a_refused_file_isnt_sent_anew_unchanged_under_another_id(
    batch: Importing, files: Any
) -> None:
    batch.start(files.rows(1, 3))
    batch.judge(batch.draw()[0], "wrong")

    with pytest.raises(InvalidFields) as refused:
        batch.start(files.rows(1, 3))
    batch.start(files.rows(2, 4))

    assert [fault.code for fault in refused.value.faults] == ["csv-refused-before"]
    assert batch.batch.status == Status.STAGED


def is_refused(act: Callable[[], Any]) -> bool:
    with pytest.raises(InvalidFields) as refused:
        act()
    return [fault.code for fault in refused.value.faults] == ["csv-refused-before"]


def test_a_batch_that_was_withdrawn_after_a_wrong_row_is_refused_as_well(
    batch: Importing, desk: Any, files: Any
) -> None:
    batch.start(files.rows(1, 3))
    first, *_ = batch.draw()
    batch.batch.wrong_allowed = 1
    batch.judge(first, "wrong")
    assert batch.batch.status == Status.SAMPLED
    read_files.withdraw(desk.work, batch.batch.import_id, reason="خطأ في الملف")

    assert is_refused(lambda: batch.start(files.rows(1, 3)))


def test_a_batch_that_was_withdrawn_without_a_wrong_row_may_be_sent_anew(
    batch: Importing, desk: Any, files: Any
) -> None:
    batch.start(files.rows(1, 3))
    batch.judge(batch.draw()[0])
    read_files.withdraw(desk.work, batch.batch.import_id, reason="قبل موعده")

    assert batch.start(files.rows(1, 3)).batch.status == Status.STAGED


def test_a_refused_file_isnt_sent_anew_for_another_origin(batch: Importing, files: Any) -> None:
    batch.start(files.rows(1, 3))
    batch.judge(batch.draw()[0], "wrong")

    assert is_refused(lambda: batch.start(files.rows(1, 3), origin="balady"))


def test_of_two_batches_of_one_file_none_goes_on_once_the_other_is_refused(
    batch: Importing, files: Any
) -> None:
    waiting = batch.start(files.rows(1, 3)).batch
    drawn = batch.start(files.rows(1, 3)).batch
    for row in batch.draw():
        batch.judge(row)
    batch.start(files.rows(1, 3))
    batch.judge(batch.draw()[0], "wrong")

    for one, step in ((waiting, batch.draw), (drawn, batch.release)):
        batch.batch = one
        with pytest.raises(FileRefused):
            step()


def test_a_number_that_was_wrong_in_a_refused_batch_is_in_the_next_sample(
    batch: Importing, files: Any
) -> None:
    batch.start(files.rows(1, 1))
    [wrong] = batch.draw()
    batch.judge(wrong, "wrong")

    for last in (40, 41, 42):
        batch.start(files.rows(1, last))
        drawn = [row.number_key for row in batch.draw()]
        assert wrong.number_key in drawn
        assert batch.batch.sample_size == len(drawn)


def test_only_rows_of_the_sample_are_judged(batch: Importing, files: Any) -> None:
    batch.start(files.rows(1, 30))
    drawn = {row.row_number for row in batch.draw()}
    other = next(row for row in batch.rows.values() if row.row_number not in drawn)

    with pytest.raises(NotInSample):
        batch.judge(other)


def test_a_batch_without_a_row_in_order_has_nothing_to_release(
    batch: Importing, files: Any
) -> None:
    batch.start([files.row(1, town="")])

    with pytest.raises(NothingToRelease):
        batch.draw()


def test_released_rows_are_permits_with_events_found_by_their_owners_names(
    batch: Importing, files: Any, desk: Any
) -> None:
    batch.released([*files.rows(1, 120), files.row(121, floors="x")])

    assert batch.batch.status == Status.RELEASED
    batch.session.expire_all()
    assert batch.counts == {"released": 120, "faulty": 1}
    row = next(one for one in batch.rows.values() if not one.sampled)
    permit = batch.session.get_one(Permit, str(row.permit_id))
    assert (permit.permit_number, permit.origin) == (row.permit_number, "paper")
    assert not permit.verified
    assert len(permit.owners[0].parts) == 4
    [event] = desk.published(permit.permit_id)
    assert (event.happened, event.data["contacts"]) == ("entered", [])
    assert row.data is None


def test_who_sent_the_row_is_who_entered_the_permit(
    batch: Importing, files: Any, desk: Any, session: Session
) -> None:
    batch.released(files.rows(1, 14))
    [unseen] = [row for row in batch.rows.values() if not row.sampled]
    permit = session.get_one(Permit, unseen.permit_id)

    [entry] = history(session, ("permit", permit.permit_id))

    assert (entry.action, entry.subject) == ("enter", desk.officer.subject)
    with pytest.raises(DutiesSeparated):
        enter_one.verify(desk.work, permit.permit_id, version=1)
    assert desk.verified(permit).verified


def test_a_number_that_was_entered_singly_meanwhile_is_not_doubled(
    batch: Importing, files: Any, desk: Any
) -> None:
    batch.start(files.rows(1, 2))
    for row in batch.draw():
        batch.judge(row)
    desk.older(permit_number="1445/2")

    batch.release()

    batch.session.expire_all()
    assert batch.counts == {"released": 1, "duplicate": 1}
