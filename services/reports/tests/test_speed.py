"""What the database is spared: steps that change no index, and statements that no step needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from chassis.data.unit_of_work import UnitOfWork
from reports.commands import ending, referral, treatment
from reports.commands.duplicates import lock_with_followers
from reports.domain.reports import Reopening

RULE = Reopening(timedelta(days=5), 2)
_CHANGED = text(
    """SELECT pg_stat_get_xact_tuples_updated('report'::regclass),
    pg_stat_get_xact_tuples_hot_updated('report'::regclass)"""
)


@pytest.fixture
def statements(session: Any) -> Callable[[], Any]:
    """`with statements() as ran:` collects the SQL of the block, which begins with no row in the session."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        ran: list[str] = []
        session.expunge_all()
        engine = session.get_bind().engine

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            ran.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield ran
            session.flush()
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return collect


def test_a_step_between_filing_and_closing_changes_no_index(
    session: Any, officer: Any, filed: Any, now: datetime
) -> None:
    one = filed(category="street-unswept").report_id
    session.flush()

    referral.refer(
        UnitOfWork(session, officer, now + timedelta(hours=1)), one, department="cleaning"
    )
    treatment.resolve(UnitOfWork(session, officer, now + timedelta(hours=2)), one, text="كُنس")

    changed, within_the_page = session.execute(_CHANGED).one()
    assert (changed, within_the_page) == (2, 2)


def test_a_life_from_filing_to_closing_needs_twenty_three_statements(
    session: Any, officer: Any, filed: Any, statements: Any, now: datetime
) -> None:
    filed(category="street-unswept")

    with statements() as filing:
        one = filed(category="street-unswept").report_id
    with statements() as referring:
        referral.refer(UnitOfWork(session, officer, now), one, department="cleaning")
    with statements() as starting:
        treatment.start(UnitOfWork(session, officer, now), one)
    with statements() as treating:
        treatment.resolve(UnitOfWork(session, officer, now), one, text="كُنس")
    with statements() as closing:
        ending.close(UnitOfWork(session, officer, now), one, rule=RULE)

    # Each: its lock with its followers, its row, the journal, the outbox; treating drops a deadline, closing makes a
    # token.
    counts = [len(ran) for ran in (filing, referring, starting, treating, closing)]
    assert counts == [5, 4, 4, 5, 5], [filing, referring, starting, treating, closing]


def test_a_report_and_its_followers_are_found_by_their_indexes(
    session: Any, officer: Any, filed: Any, only_index: Any, statements: Any, now: datetime
) -> None:
    one = filed(category="street-unswept").report_id
    only_index("ix_report_duplicate_of", "pk_report")
    session.execute(
        text("SET LOCAL enable_indexscan = off")
    )  # of one row a walk costs less than two searches
    with statements() as ran:
        lock_with_followers(UnitOfWork(session, officer, now), one)
    (locking,) = ran

    values = {"report_id_1_1": one, "duplicate_of_1": one, "status_1": "duplicate"}
    connection = session.connection()
    plan = connection.exec_driver_sql(f"EXPLAIN {locking}", values).scalars().all()

    text_of = "\n".join(plan)
    assert "BitmapOr" in text_of, text_of
    assert "ix_report_duplicate_of" in text_of
    assert "pk_report" in text_of
