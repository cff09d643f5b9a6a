"""Entries of medical centres that one transaction takes: each as if it were alone, for a few statements in all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.cloudevents import Received
from chassis.data import numbers
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from health_certs import queries
from health_certs.commands import decide, retention
from health_certs.commands.recording import SYSTEM
from health_certs.consumers import HANDLERS
from health_certs.domain.requests import CERTIFICATES
from health_certs.models import Certificate, Examination, Request
from saudi.days import legal_day
from saudi.ids import with_check_digit

from . import examined
from .test_concurrency import ask, at_once, real_database

__all__ = ["ask", "real_database"]  # the fixtures

HANDLER: Any = HANDLERS["partner-gateway.health-examination"][examined.ENTERED]
LATER = timedelta(hours=1)


def together(context: Any, events: list[Received]) -> None:
    """As the consumer does with neighbours of one poll."""
    HANDLER.write(context, [HANDLER.prepare(context, one) for one in events])


@pytest.fixture
def paid(make_request: Any, pays: Any) -> Callable[[int], list[Request]]:
    """`paid(count)`: requests of different workers, of which the examination is missing."""

    def make(count: int) -> list[Request]:
        rows = [
            make_request(worker={"id_number": with_check_digit(f"2{place:08}")})
            for place in range(count)
        ]
        for row in rows:
            pays(row)
        return rows

    return make


@pytest.fixture
def later(context: Any, now: datetime) -> Any:
    return replace(context, now=now + LATER)


def entry_of(row: Request, now: datetime, **changes: Any) -> Received:
    return examined.entry(examined.result_document(row, now + LATER, **changes))


def pay_and_examine(real_database: Any, request_id: str, now: datetime) -> Received:
    """The money of a request arrives, in a transaction of its own as each payment does; then the centre's entry."""
    with real_database.transaction() as session:
        row = session.get_one(Request, request_id)
        decide.decide_paid(UnitOfWork(session, SYSTEM, now), row.invoice_id or "", paid_at=now)
        return entry_of(row, now)


def test_each_further_entry_costs_one_statement(
    paid: Any, later: Any, session: Any, counted: Any, now: datetime
) -> None:
    """Which updates its request, if its version is still the one that was read."""
    costs = []
    rows = paid(12)
    for part in (rows[:2], rows[2:]):
        events = [entry_of(row, now) for row in part]
        session.flush()
        session.expunge_all()
        with counted() as statements:
            together(later, events)
        costs.append(len(statements))

    assert costs[0] <= 19
    assert costs[1] - costs[0] == 10 - 2
    assert session.query(Certificate).count() == 12


def test_each_of_several_is_judged_for_itself(
    paid: Any, later: Any, now: datetime, outbox_rows: Any, session: Any
) -> None:
    fit, unfit, elsewhere, unknown = paid(4)
    events = [
        entry_of(fit, now),
        entry_of(unfit, now, result="unfit"),
        entry_of(elsewhere, now, centre="qatif-centre"),
        entry_of(unknown, now, request_id="01937c5e-8f00-7a11-8c2e-00000000ffff"),
    ]

    together(later, events)

    answers = [one for one in outbox_rows() if one.topic == "health-certs.examination"]
    told = [examined.answer(one.envelope["data"]) for one in answers]
    assert [one.aggregate_id for one in answers] == [one.subject for one in events]
    assert [(one["outcome"], one["reason"]) for one in told] == [
        ("accepted", None), ("accepted", None), ("refused", "other-centre"),
        ("refused", "request-unknown"),
    ]  # fmt: skip
    assert [row.status for row in (fit, unfit)] == ["issued", "awaiting_examination"]
    assert [one.request_id for one in session.scalars(select(Certificate))] == [fit.request_id]


def test_an_entry_its_copy_and_its_correction_in_one_poll_are_taken_one_after_another(
    paid: Any, later: Any, now: datetime, session: Any, event_names: Any
) -> None:
    (row,) = paid(1)
    first = entry_of(row, now)
    wrong = entry_of(
        row, now, result="unfit", corrects=first.subject, reason="entry-error",
        entered_at=(now + 2 * LATER).isoformat(),
    )  # fmt: skip

    together(later, [first, first, wrong])

    assert session.get(Examination, first.subject).version == 2
    assert [one.status for one in session.scalars(select(Certificate))] == ["cancelled"]
    assert event_names("certificate") == ["issued", "cancelled"]
    assert event_names("examination") == ["answered"] * 3


@pytest.mark.parametrize("repeated", [True, False])
def test_another_entry_of_the_poll_cancels_no_certificate_of_emptied_results(
    make_request: Any,
    pays: Any,
    later: Any,
    now: datetime,
    session: Any,
    event_names: Any,
    repeated: bool,
) -> None:
    """The ended request is named by a repeated entry, or by a late one, beside an entry for the worker's next request.
    A certificate that has outlived its last day keeps the status `valid`."""
    over, open_request = (make_request(profession=one) for one in ("cleaner", "laundry-worker"))
    pays(over)
    first = entry_of(over, now)
    together(later, [first])
    made = session.scalars(select(Certificate)).one()
    made.valid_until = legal_day(now) - timedelta(days=1)
    work = UnitOfWork(session, retention.RETENTION, now)
    assert retention.empty_results(work, legal_day(now)) == 1
    session.flush()
    session.expire_all()

    again = first if repeated else entry_of(over, now)
    together(later, [again, entry_of(open_request, now, result="unfit")])

    assert made.status == "valid"
    assert event_names("certificate") == ["issued"]


def test_numbers_of_several_go_in_the_order_of_arrival(
    paid: Any, later: Any, now: datetime, session: Any
) -> None:
    rows = paid(5)
    order = [rows[place] for place in (3, 0, 4, 1, 2)]

    together(later, [entry_of(row, now) for row in order])

    numbers = [row.certificate_no for row in order]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 5


def test_polls_with_the_same_requests_in_other_orders_do_not_stop_each_other(
    service: Any, settings: Any, ask: Any, real_database: Any, now: datetime
) -> None:
    process = Process(service, settings, real_database)

    def entries(request_ids: list[str]) -> list[Received]:
        return [pay_and_examine(real_database, one, now) for one in request_ids]

    def take(events: list[Received]) -> None:
        with process.transaction() as context:
            together(replace(context, now=now + LATER), events)

    events = entries([ask(one) for one in ("cleaner", "laundry-worker", "home-delivery")])

    at_once([lambda: take(events), lambda: take(events[::-1]), lambda: take(events[1:])])

    with real_database.transaction() as session:
        found = session.execute(select(Examination.status, Examination.version)).all()
        assert session.query(Certificate).count() == 3
    assert sorted(found) == [("accepted", 2), ("accepted", 3), ("accepted", 3)]


def test_a_poll_that_fails_gives_its_numbers_to_the_next_one(
    service: Any, settings: Any, ask: Any, real_database: Any, now: datetime
) -> None:
    process = Process(service, settings, real_database)
    asked = [ask(one) for one in ("cleaner", "laundry-worker")]
    events = [pay_and_examine(real_database, one, now) for one in asked]

    def fail() -> None:
        with process.transaction() as context:
            together(replace(context, now=now + LATER), events)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with process.transaction() as context:
        together(replace(context, now=now + LATER), events[:1])

    with real_database.snapshot() as session:
        made = session.scalars(select(Certificate.certificate_no)).all()
        gaps = numbers.check(session, {CERTIFICATES: queries.numbered_certificates})
    assert ([one[-6:] for one in made], gaps) == (["000001"], [])


def test_the_establishment_goes_with_a_certificate_while_its_licence_is_its_own(
    paid: Any, later: Any, shop: Any, now: datetime, session: Any
) -> None:
    (row,) = paid(1)
    shop.establishment = "7000000013"
    session.flush()

    together(later, [entry_of(row, now)])

    (made,) = session.scalars(select(Certificate))
    assert (made.status, made.establishment, made.licence_no) == ("valid", None, None)
