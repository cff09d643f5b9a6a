"""Two administrators of one organisation who register webhooks at the same moment."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from chassis.core.actors import SystemActor
from chassis.core.outgoing import Outgoing
from chassis.data.unit_of_work import UnitOfWork
from partner_gateway.feed.readers import Reader
from partner_gateway.models import Webhook
from partner_gateway.webhooks import commands, rules

URL = "https://hooks.saihat.example/{}"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
READER = Reader("saihat", "saihat")


@pytest.fixture
def register(own_settings):
    outgoing = Outgoing(own_settings)

    def register(session, name):
        actor = SystemActor("p_admin", "saihat-system", organisation="saihat")
        work = UnitOfWork(session, actor, NOW)
        commands.register(work, READER, URL.format(name), outgoing=outgoing)

    return register


def until_it_waits(database, other: Future) -> None:
    """Until the other transaction waits for a lock, or is through."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not other.done():
        with database.transaction() as session:
            if session.scalar(waits):
                return
    assert other.done()


@pytest.mark.parametrize(
    ("before", "second", "refusal"),
    [
        ((), "one", rules.WebhookRegistered),
        (("a", "b", "c", "d"), "two", rules.WebhooksFull),
    ],
)
def test_the_second_sees_what_the_first_registers(empty, register, before, second, refusal):
    def register_another():
        with empty.transaction() as session:
            register(session, second)

    with empty.transaction() as session:
        for name in before:
            register(session, name)
    with ThreadPoolExecutor(1) as pool:
        with empty.transaction() as session:
            register(session, "one")
            other = pool.submit(register_another)
            until_it_waits(empty, other)
        with pytest.raises(refusal):
            other.result(30)

    with empty.transaction() as session:
        kept = session.scalar(select(func.count()).select_from(Webhook))
    assert kept == len(before) + 1
