"""Rows that fail are tried each hour for three days, and then parked until somebody lets them go on."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from chassis.data import put_off as putting
from chassis.data.put_off import MOST_TRIES, PARKED_UNTIL, PUT_OFF, put_off
from chassis.run import cli
from chassis.service import Service

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def left():
    """Row → until when it was left alone."""
    return {}


@pytest.fixture
def leaves(left):
    return {"sender": lambda _session, key, until: left.__setitem__(key, until)}


def fails(session, leaves, times, *, begin=NOW, key="m1"):
    for hour in range(times):
        put_off(session, "sender", key, leaves["sender"], now=begin + hour * HOUR)


def test_a_row_is_left_alone_for_an_hour_for_three_days(session, leaves, left):
    fails(session, leaves, MOST_TRIES - 1)

    assert left == {"m1": NOW + (MOST_TRIES - 2) * HOUR + PUT_OFF}
    assert (MOST_TRIES * PUT_OFF, putting.waiting(session)) == (timedelta(days=3), 0)


def test_a_row_that_fails_once_more_is_parked_and_named(session, leaves, left):
    fails(session, leaves, 2, key="m2")
    fails(session, leaves, MOST_TRIES)

    assert left["m1"] == PARKED_UNTIL
    [row] = putting.parked(session)
    assert (row.worker, row.key, row.tries, row.since) == ("sender", "m1", MOST_TRIES, NOW)
    assert putting.waiting(session) == 1


def test_a_row_that_has_gone_on_in_between_begins_anew(session, leaves, left):
    fails(session, leaves, MOST_TRIES - 1)

    fails(session, leaves, 2, begin=NOW + (MOST_TRIES + 3) * HOUR)

    assert left["m1"] < PARKED_UNTIL
    assert putting.parked(session) == []


def test_a_parked_row_is_tried_again_at_once_with_all_its_tries(session, leaves, left):
    fails(session, leaves, MOST_TRIES)
    later = NOW + timedelta(days=5)

    assert putting.retry(session, leaves, "sender", "m1", now=later)

    assert (left["m1"], putting.parked(session)) == (later, [])
    assert not putting.retry(session, leaves, "sender", "m1", now=later)
    fails(session, leaves, 1, begin=later)
    assert left["m1"] == later + PUT_OFF


def test_nothing_is_retried_that_is_not_parked_or_of_no_worker(session, leaves, left):
    fails(session, leaves, 1)

    assert not putting.retry(session, leaves, "sender", "m1", now=NOW)
    assert not putting.retry(session, leaves, "reader", "m1", now=NOW)
    assert left == {"m1": NOW + PUT_OFF}


def test_what_has_gone_on_is_forgotten_and_what_is_parked_is_not(session, leaves):
    fails(session, leaves, 1, begin=NOW - timedelta(days=400), key="old")
    fails(session, leaves, MOST_TRIES, begin=NOW - timedelta(days=400))
    assert session.scalar(text("SELECT count(*) FROM put_off")) == 2

    putting.purge(session)

    assert session.scalars(text("SELECT key FROM put_off")).all() == ["m1"]


def test_the_command_lists_what_is_parked_and_tries_it_again(
    real_database, settings, monkeypatch, left, leaves
):
    with real_database.transaction() as session:
        session.execute(text("TRUNCATE put_off"))
        for key in ("m1", "m2", "m3"):
            fails(session, leaves, MOST_TRIES, key=key)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "k:1")
    monkeypatch.setenv("ISSUER", settings.issuer)
    commands = cli.group(Service(name="sample", package="sample", put_off=leaves))

    def call(*words):
        outcome = CliRunner().invoke(commands, ["put-off", *words])
        return outcome.exit_code, outcome.output.strip().splitlines()

    moments = "2026-11-26T09:00:00Z\t2026-11-29T08:00:00Z"
    assert call("list") == (0, [f"sender\t{key}\t72\t{moments}" for key in ("m1", "m2", "m3")])
    assert call("retry", "sender")[0] == 2  # one, or all
    assert call("retry", "sender", "m1", "--all")[0] == 2
    assert call("retry", "sender", "m1") == (0, ["1 will be tried again"])
    assert call("retry", "sender", "m1")[0] == 1
    assert call("retry", "sender", "--all") == (0, ["2 will be tried again"])
    assert call("list") == (0, [])
    assert all(until < PARKED_UNTIL for until in left.values())
