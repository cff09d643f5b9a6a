"""A rebuild comes to its end, and there is one at a time: a second one is refused and touches nothing."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.data import parking as lot
from chassis.data.parking import GIVEN_UP, Settlement
from chassis.events import kafka, parking
from partner_gateway.cli.rebuild import AnotherRebuild, CannotProject, WouldLose, rebuild_permits
from partner_gateway.commands import feed_changes, projections


class Empty:
    """A topic without events. `during`: what else happens at the first look."""

    def __init__(self, during=lambda: None):
        self.during = during

    def __call__(self, _servers, _topic):
        return self

    def up_to_now(self, _size):
        self.during()
        return iter(())

    def close(self):
        return


class Growing(Empty):
    """A topic with 500 events that nobody asked for, to which three come whenever it was read to its end."""

    def __init__(self):
        self.passes = count(1)

    def up_to_now(self, _size):
        event = {"id": "e", "type": "x", "subject": "s", "sequence": "1", "data": {}}
        value = json.dumps(event | {"time": "2026-11-24T00:00:00Z"}).encode()
        number = 500 if next(self.passes) == 1 else 3
        yield [kafka.Record(topic="permits.permit", key="s", value=value)] * number


def test_a_rebuild_does_not_run_after_a_topic_that_grows_meanwhile(
    real_database, settings, monkeypatch
):
    monkeypatch.setattr(kafka, "TopicReader", Growing())

    assert rebuild_permits(real_database, settings, print) == 500 + 3 * 3


def test_a_rebuilt_projection_has_its_statistics(real_database, settings, monkeypatch):
    monkeypatch.setattr(kafka, "TopicReader", Empty())
    rebuild_permits(real_database, settings, print)

    with real_database.transaction() as session:
        rows = session.scalar(
            text("SELECT reltuples FROM pg_class WHERE relname = 'building_permit'")
        )
    assert rows == 0  # -1: nobody looked yet


def test_a_second_rebuild_is_refused_and_leaves_the_first_ones_table(
    real_database, settings, monkeypatch
):
    refused = []

    def second():
        with pytest.raises(AnotherRebuild):
            rebuild_permits(real_database, settings, print)
        with real_database.transaction() as session:
            refused.append(
                session.scalar(text("SELECT to_regclass('building_permit_rebuilt')::text"))
            )

    monkeypatch.setattr(kafka, "TopicReader", Empty(lambda: refused or second()))

    assert rebuild_permits(real_database, settings, print) == 0
    assert refused == ["building_permit_rebuilt"]


def test_after_a_rebuild_that_failed_the_next_one_may_begin(real_database, settings, monkeypatch):
    monkeypatch.setattr(kafka, "TopicReader", Empty(lambda: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        rebuild_permits(real_database, settings, print)
    monkeypatch.setattr(kafka, "TopicReader", Empty())

    assert rebuild_permits(real_database, settings, print) == 0


class Topic(Empty):
    """A topic with these values, one a record."""

    def __init__(self, *values):
        self.values = values
        self.read = False

    def __call__(self, _servers, _topic):
        return Topic(*self.values)

    def up_to_now(self, _size):
        if not self.read:
            self.read = True
            yield [
                kafka.Record("permits.permit", "k", value, partition=3, offset=offset)
                for offset, value in enumerate(self.values)
            ]


def value_of(event):
    names = ("id", "type", "subject", "data")
    document = {name: getattr(event, name) for name in names}
    document |= {"sequence": str(event.sequence), "time": event.time.isoformat()}
    return json.dumps(document).encode()


@pytest.fixture
def live(real_database, settings, example, event):
    """A live projection of two permits, the events of which are answered; empty again after the test."""
    events = [event({**example, "permit_id": new_id()}, sequence=2 + place) for place in range(2)]
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM building_permit"))
        rows = [projections.permit_row(event, settings, event.time) for event in events]
        projections.keep_permits(session, rows)
    yield events
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM building_permit"))
        session.execute(text("DELETE FROM parked"))


def versions(database):
    with database.transaction() as session:
        found = session.execute(text("SELECT permit_id::text, version FROM building_permit"))
        return dict(found.all())


def test_a_projection_is_not_swapped_for_a_smaller_or_older_one(
    real_database, settings, monkeypatch, live
):
    before, older = versions(real_database), replace(live[1], sequence=1)
    topics = {2: Topic(), 1: Topic(value_of(live[0]), value_of(older))}
    for lost, topic in topics.items():
        monkeypatch.setattr(kafka, "TopicReader", topic)
        with pytest.raises(WouldLose) as refused:
            rebuild_permits(real_database, settings, print, accept_loss=lost - 1)

        assert refused.value.exit_code == 1
        assert str(refused.value).startswith(f"{lost} permits")
        assert live[1].subject in str(refused.value)
        assert versions(real_database) == before


def test_a_loss_that_was_accepted_is_swapped(real_database, settings, monkeypatch, live):
    monkeypatch.setattr(kafka, "TopicReader", Topic(value_of(live[0])))

    rebuild_permits(real_database, settings, print, accept_loss=1)

    assert versions(real_database) == {live[0].subject: live[0].sequence}


def test_a_projection_that_knows_all_and_more_is_swapped(
    real_database, settings, monkeypatch, live
):
    newer = replace(live[1], sequence=9)
    monkeypatch.setattr(kafka, "TopicReader", Topic(*map(value_of, [*live, newer])))

    rebuild_permits(real_database, settings, print)

    assert versions(real_database) == {live[0].subject: 2, live[1].subject: 9}


def test_a_rebuild_waits_for_a_consumer_between_its_look_and_its_write(
    real_database, settings, monkeypatch, live
):
    """The consumer reads who owned the permit, then writes the permit, in one transaction."""
    newer, rebuilding = replace(live[0], sequence=9), []

    def rebuild_meanwhile():
        rebuild_permits(real_database, settings, print)

    monkeypatch.setattr(kafka, "TopicReader", Topic(*map(value_of, [*live, newer])))
    with ThreadPoolExecutor(1) as pool, real_database.transaction() as session:
        row = projections.permit_row(newer, settings, newer.time)
        feed_changes.lock_permits_and_days(session, [newer.subject])
        rebuilding.append(pool.submit(rebuild_meanwhile))
        wait_for_lock(real_database, "building_permit")
        projections.keep_permits(session, [row])
        session.commit()
        rebuilding[0].result(20)

    assert versions(real_database) == {live[0].subject: 9, live[1].subject: 3}


def wait_for_lock(database, table):
    """Waits until somebody waits for the table."""
    statement = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass(:name)"
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with database.transaction() as session:
            if session.scalar(statement, {"name": table}):
                return
        time.sleep(0.02)
    raise AssertionError(f"nobody waits for {table}")


def test_a_record_that_cannot_be_projected_is_named_and_a_given_up_record_is_skipped(
    real_database, settings, monkeypatch, live
):
    before, said = versions(real_database), []
    broken = replace(live[0], data={"permit_id": "1012345672"})
    monkeypatch.setattr(
        kafka, "TopicReader", Topic(*map(value_of, live), b"garbage", value_of(broken))
    )

    with pytest.raises(CannotProject, match=r"permits\.permit\[3\]@2 can't be projected"):
        rebuild_permits(real_database, settings, said.append)
    give_up(real_database, 2, b"garbage")
    with pytest.raises(CannotProject) as refused:
        rebuild_permits(real_database, settings, said.append)
    give_up(real_database, 3, value_of(broken))
    rebuild_permits(real_database, settings, said.append)

    assert f"@3, event {broken.id} of type {broken.type}" in str(refused.value)
    assert "1012345672" not in str(refused.value)
    assert said[-1] == "2 given-up records skipped"
    assert versions(real_database) == before


def test_a_record_in_the_place_of_a_given_up_record_of_a_lost_topic_is_not_skipped(
    real_database, settings, monkeypatch, live
):
    before, said = versions(real_database), []
    give_up(real_database, 0, b"garbage")
    give_up(real_database, 1, value_of(replace(live[1], id=new_id())))
    monkeypatch.setattr(kafka, "TopicReader", Topic(*map(value_of, live)))

    rebuild_permits(real_database, settings, said.append)

    assert said[-1] == "0 given-up records skipped"
    assert versions(real_database) == before


def give_up(database, offset, value):
    record = kafka.Record("permits.permit", "k", value, partition=3, offset=offset)
    with database.transaction() as session:
        parking.park_event(session, "partner-gateway", record, reason="broken", tries=3)
        entry = lot.open_entries(session, worker="partner-gateway")[-1]
        given_up = parking.give_up_event(session, entry, Settlement(GIVEN_UP, "Ali", "test"))
        assert given_up is not None
