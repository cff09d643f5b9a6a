"""A rebuild comes to its end, and there is one at a time: a second one is told so and touches nothing."""

import json
from itertools import count

import pytest
from sqlalchemy import text

from chassis import kafka
from partner_gateway.rebuild import AnotherRebuild, rebuild_permits


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
