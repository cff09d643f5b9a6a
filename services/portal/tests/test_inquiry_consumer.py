"""The consumer of the read model: every event of the contract, late, twice and out of order, over the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import permutations

import pytest
from inquiring import MOBILE, event, keep
from sqlalchemy import select, text

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.testing import wait_for_a_lock
from portal.consumers import HANDLERS, INQUIRY_TOPICS
from portal.models import InquiryThing

NUMBER = "1448104233"
PUBLIC_REGISTERS = {"licences.licence", "tenders.lease", "tenders.tender"}
ALWAYS_WITH_A_PERSON = {"health-certs.certificate", "health-certs.request"}
REPORTS = HANDLERS["reports.report"]["sa.gov.qatif.reports.report.filed.v1"]


def consume(context, *events):
    """Writes events of one batch."""
    REPORTS.write(context, [REPORTS.prepare(context, one) for one in events])
    context.session.expire_all()


def opens_its_thing(topic, event_type, size):
    """Returns whether somebody may ask about the thing of an example. A register shows everything, an emptied thing is
    closed, as is a violation of which its offender hasn't heard, and a minimal example has nobody's second fact unless
    its kind always has a person."""
    if topic in PUBLIC_REGISTERS:
        return True
    if event_type.endswith((".emptied.v1", ".violation.observed.v1")):
        return False
    return size == "full" or topic in ALWAYS_WITH_A_PERSON


def row(session):
    """The only row, without the moment of its reading."""
    found = session.execute(text("SELECT * FROM inquiry_thing")).mappings().one()
    return {name: value for name, value in found.items() if name != "read_at"}


def versions(count):
    """The events of one report."""
    thing, statuses = new_id(), ("new", "assigned", "in_progress", "resolved", "closed")
    return [
        event("report", NUMBER, thing=thing, version=place + 1, status=statuses[place])
        for place in range(count)
    ]


@pytest.mark.parametrize("topic", INQUIRY_TOPICS)
def test_every_event_of_a_topic_becomes_a_row(context, session, topic):
    for event_type, handler in HANDLERS[topic].items():
        for size in ("full", "minimal"):
            data = contracts.event_example(event_type, size)
            told = Received(
                id=new_id(), type=event_type, subject=new_id(), sequence=3, time=datetime.now(UTC), data=data
            )  # fmt: skip
            handler(context, told)
            kept = session.get_one(InquiryThing, told.subject)
            is_open = kept.kind is not None
            assert is_open == opens_its_thing(topic, event_type, size), (event_type, size)
            assert kept.version == 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_row_is_the_same_in_any_order_and_in_any_batches(context, session, order):
    events = versions(3)
    consume(context, *events)
    wanted = row(session)
    session.execute(text("DELETE FROM inquiry_thing"))

    for place in order:
        consume(context, events[place])
        consume(context, events[place])

    assert row(session) == wanted
    assert wanted["state"]["status"] == "in_progress"
    assert [status for _, status, _ in wanted["steps"]] == ["new", "assigned", "in_progress"]


def test_several_events_of_one_thing_in_one_batch_take_the_newest(context, session):
    first, second, third = versions(3)

    consume(context, third, first, second, third)

    kept = row(session)
    assert kept["version"] == 3
    assert [version for version, *_ in kept["steps"]] == [1, 2, 3]


def test_a_batch_of_many_things_writes_each_of_them(context, session):
    events = [event("report", f"14481042{place:02}") for place in range(50)]

    consume(context, *events)

    kept = set(session.scalars(select(InquiryThing.thing_id)))
    assert kept == {one.subject for one in events}


def test_a_row_has_no_number_of_a_person(context, session):
    consume(context, event("report", NUMBER))

    kept = str(row(session))
    assert MOBILE not in kept
    assert MOBILE.removeprefix("+966") not in kept


@pytest.fixture
def emptied_database(real_database):
    """The database with real commits, emptied after the test."""
    yield real_database
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM inquiry_thing"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_writers_of_a_new_thing_lose_no_step(emptied_database, order):
    """A rebuild and the consumer write a thing without a row at once, in both orders."""
    events = versions(2)
    earlier, later = (events[place] for place in order)

    def write_later():
        with emptied_database.transaction() as session:
            keep(session, later)

    with ThreadPoolExecutor(1) as pool:
        with emptied_database.transaction() as session:
            keep(session, earlier)
            writing = pool.submit(write_later)
            wait_for_a_lock(emptied_database)
        writing.result(timeout=10)

    with emptied_database.transaction() as session:
        kept = row(session)
    assert (kept["version"], kept["state"]["status"]) == (2, "assigned")
    assert [(version, status) for version, status, _ in kept["steps"]] == [
        (1, "new"),
        (2, "assigned"),
    ]
