"""Rows that fail are tried each hour for three days, and then parked until somebody retries them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.data import parking, postponed_rows
from chassis.data.parking import RETRIED, Settlement, open_entries
from chassis.data.postponed_rows import MOST_TRIES, PARKED_UNTIL, WAIT, postpone_row

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
RETRY = Settlement(RETRIED, "Ali", "the key is back")


@pytest.fixture
def due():
    """Row → due time."""
    return {}


@pytest.fixture
def due_times(due):
    return {"sender": lambda _session, key, until: due.__setitem__(key, until)}


def fails(session, due_times, times, *, begin=NOW, key="m1"):
    for hour in range(times):
        now = begin + hour * HOUR
        postpone_row(session, "sender", key, due_times["sender"], reason="CannotUnseal", now=now)


def test_a_row_is_postponed_by_an_hour_for_three_days(session, due_times, due):
    fails(session, due_times, MOST_TRIES - 1)

    assert due == {"m1": NOW + (MOST_TRIES - 2) * HOUR + WAIT}
    assert (MOST_TRIES * WAIT, open_entries(session)) == (timedelta(days=3), [])


def test_a_row_that_fails_once_more_is_parked_and_named(session, due_times, due):
    fails(session, due_times, 2, key="m2")
    fails(session, due_times, MOST_TRIES)

    assert due["m1"] == PARKED_UNTIL
    [entry] = open_entries(session)
    subject = entry.subject
    assert (subject.worker, subject.id, entry.tries) == ("sender", "m1", MOST_TRIES)
    assert entry.reason == "CannotUnseal"


def test_a_row_that_succeeded_in_between_begins_anew(session, due_times, due):
    fails(session, due_times, MOST_TRIES - 1)

    fails(session, due_times, 2, begin=NOW + (MOST_TRIES + 3) * HOUR)

    assert due["m1"] < PARKED_UNTIL
    assert open_entries(session) == []


def test_a_parked_row_is_tried_again_at_once_with_all_its_tries(session, due_times, due):
    fails(session, due_times, MOST_TRIES)
    later = NOW + timedelta(days=5)
    [entry] = open_entries(session)

    assert postponed_rows.retry_parked(session, due_times, entry, RETRY, now=later)

    assert (due["m1"], open_entries(session)) == (later, [])
    assert not postponed_rows.retry_parked(session, due_times, entry, RETRY, now=later)
    fails(session, due_times, 1, begin=later)
    assert due["m1"] == later + WAIT


def test_a_settled_entry_is_forgotten_after_its_days_and_an_open_entry_is_not(session, due_times):
    for key in ("settled", "recent", "open"):
        fails(session, due_times, MOST_TRIES, key=key)
    first, second, _ = open_entries(session)
    for entry in (first, second):
        assert parking.settle(session, entry.id, RETRY)
    session.execute(
        text("UPDATE parked SET settled_at = now() - interval '36 days' WHERE id = :id"),
        {"id": first.id},
    )

    parking.purge(session, days=35)

    left = session.scalars(text("SELECT subject_id FROM parked ORDER BY id")).all()
    assert left == ["recent", "open"]


def test_a_row_that_succeeded_is_forgotten_and_a_parked_row_is_not(session, due_times):
    fails(session, due_times, 1, begin=NOW - timedelta(days=400), key="old")
    fails(session, due_times, MOST_TRIES, begin=NOW - timedelta(days=400))

    postponed_rows.purge(session)

    assert session.scalar(text("SELECT count(*) FROM postponed_row")) == 0
    assert [one.subject.id for one in open_entries(session)] == ["m1"]
