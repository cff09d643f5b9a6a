"""What becomes of a thing that people ask about when its events come late, twice and out of order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from portal.domain.inquiry_things import MOST_STEPS, ThingEvent, answer_of, apply_event

DAY = date(2026, 11, 24)
READ = datetime(2026, 11, 30, tzinfo=UTC)
BLOCK = {
    "number": "1448104233",
    "number_digits": "1448104233",
    "kind": "report",
    "status": "new",
    "opened_on": "2026-11-24",
    "due_on": "2026-11-30",
    "decided_on": None,
    "expires_on": None,
    "municipality": "safwa",
    "department": "cleaning",
    "next_step": "municipality",
    "match": [{"by": "mobile", "key": "1:" + "k" * 22}],
    "subjects": ["1:" + "s" * 22],
    "public": False,
}


def thing_event(version, **changes):
    day = DAY + timedelta(days=version)
    return ThingEvent(
        thing_id="t",
        version=version,
        block={**BLOCK, **changes},
        day=day,
        at=datetime.combine(day, datetime.min.time(), UTC),
        read_at=READ,
    )


def after(*events):
    thing = None
    for one in events:
        thing = apply_event(thing, one)
    return thing


NEW, STARTED = thing_event(1), thing_event(2, status="in_progress")
CLOSED = thing_event(3, status="closed", decided_on="2026-11-27", next_step="none")


@pytest.mark.parametrize("order", list(permutations([NEW, STARTED, CLOSED, CLOSED, NEW])))
def test_events_in_any_order_and_twice_lead_to_the_same_thing(order):
    assert after(*order) == after(NEW, STARTED, CLOSED)


def test_the_newest_version_is_the_state_and_all_versions_are_the_timeline():
    thing = after(CLOSED, NEW, STARTED)

    assert thing.state["status"] == "closed"
    assert [(one.status, one.day.day) for one in thing.steps] == [
        ("new", 25),
        ("in_progress", 26),
        ("closed", 27),
    ]


def test_a_damaged_row_is_mended_when_its_newest_event_is_read_again():
    damaged = replace(after(NEW, STARTED), state={}, match_keys=())

    assert apply_event(damaged, STARTED) == after(NEW, STARTED)


def test_neither_department_nor_subjects_are_kept():
    kept = str(after(NEW))

    assert "cleaning" not in kept
    assert "s" * 22 not in kept


def test_the_number_of_a_thing_stands_beside_its_row_in_a_public_register_only():
    assert after(NEW).number_digits is None
    assert after(thing_event(1, public=True)).number_digits == "1448104233"


CONFIDENTIAL = thing_event(1, match=[], subjects=[])


COUNTED = {
    "kind": "report",
    "municipality": "safwa",
    "opened_on": "2026-11-24",
    "due_on": "2026-11-30",
    "decided_on": None,
    "category": None,
}


def test_of_a_confidential_thing_the_version_and_what_is_counted_is_kept():
    thing = after(CONFIDENTIAL)

    assert (thing.version, thing.kind, thing.municipality) == (1, None, None)
    assert thing.state == COUNTED
    assert (thing.number_digits, thing.match_keys, thing.steps) == (None, (), ())
    with pytest.raises(ValueError, match="nobody may ask"):
        answer_of(thing, DAY)


def test_an_event_of_before_the_block_closes_a_thing_until_a_newer_one_opens_it():
    without_block = replace(thing_event(2), block=None)

    assert after(NEW, without_block).state is None
    assert after(without_block, CLOSED).state["status"] == "closed"
    assert after(CLOSED, without_block) == after(CLOSED)


def test_a_thing_that_was_emptied_is_closed_and_no_late_event_opens_it_again():
    emptied = thing_event(4, status="closed", match=[], subjects=[])

    assert after(NEW, CLOSED, emptied, STARTED) == after(emptied)


def test_a_thing_that_goes_to_and_fro_keeps_its_newest_steps():
    thing = after(*(thing_event(version) for version in range(1, MOST_STEPS + 20)))

    assert len(thing.steps) == MOST_STEPS
    assert thing.steps[-1].version == MOST_STEPS + 19


def test_an_event_that_changes_no_status_is_no_step_for_the_citizen():
    answer = answer_of(after(NEW, thing_event(2), thing_event(3, status="closed")), DAY)

    assert [one.status for one in answer.steps] == ["new", "closed"]


@pytest.mark.parametrize(
    ("status", "today", "shown"),
    [
        ("valid", date(2026, 12, 1), "valid"),
        ("valid", date(2026, 12, 2), "expired"),
        ("suspended", date(2026, 12, 2), "suspended"),
    ],
)
def test_a_valid_thing_expires_after_its_last_valid_day(status, today, shown):
    thing = after(thing_event(1, kind="building_permit", status=status, expires_on="2026-12-01"))

    assert answer_of(thing, today).status == shown


@pytest.mark.parametrize(
    ("today", "next_step", "is_late"),
    [
        (date(2026, 11, 30), "municipality", False),
        (date(2026, 12, 1), "municipality", True),
        (date(2026, 12, 1), "applicant", False),
    ],
)
def test_the_municipality_is_late_on_the_day_after_its_day(today, next_step, is_late):
    assert answer_of(after(thing_event(1, next_step=next_step)), today).is_late is is_late


def test_nothing_is_late_that_is_decided():
    decided = thing_event(1, next_step="municipality", decided_on="2026-11-29")

    assert answer_of(after(decided), date(2026, 12, 1)).is_late is False


def test_nothing_is_due_any_more_once_a_thing_is_decided():
    assert answer_of(after(NEW), DAY).due_on == date(2026, 11, 30)
    assert answer_of(after(NEW, CLOSED), DAY).due_on is None


def test_an_answer_has_the_details_of_its_kind_until_the_thing_is_closed():
    booked = replace(thing_event(1, kind="appointment"), details={"time": "10:30"})
    emptied = thing_event(2, kind="appointment", match=[], subjects=[])

    assert answer_of(after(booked), DAY).details == {"time": "10:30"}
    assert "10:30" not in str(after(booked, emptied))


@pytest.mark.parametrize(
    ("next_step", "due_on", "answer_until"),
    [("applicant", None, date(2026, 12, 9)), ("municipality", date(2026, 11, 30), None)],
)
def test_the_applicants_last_day_stands_in_the_place_of_the_municipalitys(
    next_step, due_on, answer_until
):
    returned = thing_event(1, kind="transaction", next_step=next_step)

    answer = answer_of(after(replace(returned, details={"answer_until": "2026-12-09"})), DAY)

    assert (answer.due_on, answer.answer_until) == (due_on, answer_until)
