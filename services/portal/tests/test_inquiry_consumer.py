"""The consumer of the read model: every event of the contract, late, twice and out of order, over the database."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from inquiring import MOBILE, event
from sqlalchemy import select, text

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from portal.commands import inquiry_things
from portal.consumers import HANDLERS, INQUIRY_TOPICS
from portal.models import InquiryThing

NUMBER = "1448104233"
REPORTS = HANDLERS["reports.report"]["sa.gov.qatif.reports.report.filed.v1"]


def consume(context, *events):
    """Writes events of one batch."""
    REPORTS.write(context, [REPORTS.prepare(context, one) for one in events])
    context.session.expire_all()


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
            block = data.get("inquiry")
            is_open = block is not None and (block["public"] or block["match"])
            assert (kept.state is not None) == bool(is_open), (event_type, size)
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
    assert len(wanted["steps"]) == 3


def test_several_events_of_one_thing_in_one_batch_take_the_newest(context, session):
    first, second, third = versions(3)

    consume(context, third, first, second, third)

    assert row(session)["version"] == 3


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


def test_a_newer_version_that_came_between_look_and_write_stays(context, monkeypatch):
    """A rebuild and the consumer write a new thing at once: whoever is last doesn't take the row back."""
    first, second = versions(2)
    consume(context, second)
    monkeypatch.setattr(inquiry_things, "_lock_records", lambda *_: {})

    consume(context, first)

    kept = context.session.get_one(InquiryThing, first.subject)
    assert (kept.version, kept.state["status"]) == (2, "assigned")
