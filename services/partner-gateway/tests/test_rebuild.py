"""Two rebuilds at once would build into the same table: the second one is told so and touches nothing."""

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

    def batch(self, _size):
        self.during()
        return []

    def close(self):
        return


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
