"""What several connections do to each other, with real commits."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.core.link_tokens import hash_token
from chassis.core.refusals import Conflict, NotFound
from chassis.data.aggregates import lock
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing import wait_for_a_lock
from reports.commands import duplicates, ending, filing, open311, referral, treatment
from reports.domain.actors import REPORTER
from reports.domain.reports import Reopening
from reports.models import Report

RULE = Reopening(timedelta(days=5), 2)
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_stays(real_database: Any) -> Iterator[None]:
    """Other tests count reports and read the whole outbox."""
    yield
    with real_database.transaction() as session:
        for table in (
            "not_solved_token",
            "remark",
            "report",
            "deadline",
            "outbox",
            "number_series",
        ):
            session.execute(text(f"DELETE FROM {table}"))


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What each of several threads made of the same work, or the error that it got."""

    def run(number: int) -> Any:
        try:
            return work(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def file(real_database: Any, officer: Any, new_report: Any) -> Callable[..., str]:
    def run(**changes: Any) -> str:
        body = new_report(**{"category": "light-out", **changes})
        with real_database.transaction() as session:
            return str(filing.file_report(UnitOfWork(session, officer, NOW), body).report_id)

    return run


def test_numbers_of_reports_filed_at_once_have_no_gap_and_no_double(
    real_database: Any, file: Callable[..., str]
) -> None:
    made = together(6, lambda _: [file() for _ in range(4)])

    with real_database.transaction() as session:
        rows = [session.get(Report, key) for keys in made for key in keys]
        numbers = sorted(int(row.report_number) for row in rows)
    assert numbers == list(range(numbers[0], numbers[0] + 24))


def test_one_submission_that_comes_twice_at_once_is_one_report(file: Callable[..., str]) -> None:
    body = {"submission_id": "0195ff10-4d00-7b22-9d3f-0000000000ac"}

    made = together(5, lambda _: file(**body))

    assert len(set(made)) == 1


def test_a_link_that_is_pressed_twice_at_once_reopens_once(
    real_database: Any, officer: Any, file: Callable[..., str]
) -> None:
    report_id = file()
    with real_database.transaction() as session:
        treatment.resolve(UnitOfWork(session, officer, NOW), report_id, text="تم")
        ending.close(UnitOfWork(session, officer, NOW), report_id, rule=RULE)
        token = "A" * 22
        from reports.models import NotSolvedToken

        session.add(
            NotSolvedToken(
                token_hash=hash_token(token),
                report_id=report_id,
                expires_at=NOW + timedelta(days=1),
            )
        )

    def press(_number: int) -> str:
        with real_database.transaction() as session:
            return ending.reopen_by_token(
                UnitOfWork(session, REPORTER, NOW), token, rule=RULE
            ).status

    made = together(4, press)

    assert sorted(str(type(one).__name__) for one in made) == ["NotFound"] * 3 + ["str"]
    assert any(isinstance(one, NotFound) for one in made)


def test_two_officers_who_make_each_the_other_s_duplicate_do_not_wait_for_ever(
    real_database: Any, officer: Any, file: Callable[..., str]
) -> None:
    pair = [file(), file()]

    def merge(number: int) -> str:
        with real_database.transaction() as session:
            row = duplicates.mark_duplicate(
                UnitOfWork(session, officer, NOW), pair[number], main_id=pair[1 - number]
            )
            return str(row.status)

    made = together(2, merge)

    refused = [one for one in made if isinstance(one, Exception)]
    assert [one for one in made if one == "duplicate"] == ["duplicate"]
    assert [type(one).__name__ for one in refused] == ["DuplicateNotPossible"]


def close_by_open311(work: UnitOfWork, report_id: str, *, rule: Reopening) -> Report:
    number = work.session.scalar(select(Report.report_number).where(Report.report_id == report_id))
    open311.add_update(work, open311.NewUpdate(number, "77", "تم", closes=True), rule=rule)
    return work.session.get_one(Report, report_id)


@pytest.mark.parametrize("end", [ending.close, close_by_open311, referral.reject])
@pytest.mark.parametrize("main_is_older", [True, False])
def test_an_end_and_a_split_wait_for_each_other_whichever_report_is_older(
    real_database: Any,
    officer: Any,
    file: Callable[..., str],
    end: Callable[..., Report],
    main_is_older: bool,
) -> None:
    pair = [file(), file()]
    main, follower = pair if main_is_older else pair[::-1]
    more: dict[str, Any] = {"reason": "لا"} if end is referral.reject else {"rule": RULE}
    with real_database.transaction() as session:
        duplicates.mark_duplicate(UnitOfWork(session, officer, NOW), follower, main_id=main)
        if end is not referral.reject:
            treatment.resolve(UnitOfWork(session, officer, NOW), main, text="تم")

    def finish() -> str:
        with real_database.transaction() as session:
            return end(UnitOfWork(session, officer, NOW), main, **more).status

    with ThreadPoolExecutor(1) as pool:
        with real_database.transaction() as session:
            lock(session, Report, min(pair))  # what a split does first
            ended = pool.submit(finish)
            wait_for_a_lock(real_database)
            duplicates.split(UnitOfWork(session, officer, NOW), follower)
        assert ended.result(30) in ("closed", "rejected")

    with real_database.transaction() as session:
        assert session.get(Report, follower).status == "assigned"


@pytest.mark.parametrize("main_is_older", [True, False])
def test_a_closing_and_a_merge_of_the_same_reports_leave_no_duplicate_behind(
    real_database: Any, officer: Any, file: Callable[..., str], main_is_older: bool
) -> None:
    pair = [file(), file()]
    main, other = pair if main_is_older else pair[::-1]
    with real_database.transaction() as session:
        treatment.resolve(UnitOfWork(session, officer, NOW), main, text="تم")

    def work(number: int) -> None:
        with real_database.transaction() as session:
            if number:
                ending.close(UnitOfWork(session, officer, NOW), main, rule=RULE)
            else:
                duplicates.mark_duplicate(UnitOfWork(session, officer, NOW), other, main_id=main)

    made = together(2, work)

    refused = [one for one in made if one is not None]
    assert all(isinstance(one, Conflict) for one in refused)
    with real_database.transaction() as session:
        ends = session.get(Report, main).status, session.get(Report, other).status
    assert ends in {("closed", "closed"), ("closed", "assigned"), ("resolved", "duplicate")}
    assert (ends == ("closed", "closed")) == (not refused)
