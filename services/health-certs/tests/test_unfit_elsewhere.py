"""An unfit worker gets no certificate by asking elsewhere, and nobody but his readers can tell why."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.sealed import reseal, use_keys
from chassis.data.unit_of_work import UnitOfWork
from health_certs import queries
from health_certs.commands import amend
from health_certs.domain.examinations import Entry
from health_certs.models import Base, Certificate, Examination, Request

from . import examined
from .conftest import fires
from .doing import end_reason_of
from .people import DELEGATE, HIMSELF

DAY = timedelta(days=1)


@pytest.fixture
def enters(context: Any, now: datetime) -> Callable[..., str]:
    """`enters(request, "unfit", day=2)`: the gateway's event arrives so many days after the request; its id."""

    def enter(row: Request, result: str, *, day: int = 0, hours: int = 1, **changes: Any) -> str:
        at = now + day * DAY + timedelta(hours=hours)
        named = {"examined_on": (date(2026, 11, 25) + day * DAY).isoformat(), **changes}
        event = examined.entry(examined.result_document(row, at, result=result, **named))
        examined.deliver(replace(context, now=at), event)
        return event.subject

    return enter


@pytest.fixture
def elsewhere(make_request: Any) -> Callable[..., Request]:
    """Returns a function that makes a request of the same worker, in his own name and at another centre."""

    def ask(**changes: Any) -> Request:
        named = {"profession": "cleaner", "centre": "qatif-centre", "establishment": None}
        own = HIMSELF.applicant()
        return make_request(
            own=own, **{**named, "municipality": "saihat", "by": DELEGATE, **changes}
        )

    return ask


@pytest.fixture
def own_keys(database: Any, settings: Any) -> Iterator[None]:
    """The keys belong to the database of the whole run: what a test changes goes back."""
    yield
    use_keys(database, settings)


def certificates(session: Any) -> list[str]:
    return [one.status for one in session.scalars(select(Certificate))]


def test_an_unfit_result_holds_the_workers_other_requests(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any
) -> None:
    first, second = make_request(), elsewhere()
    for row in (first, second):
        pays(row)

    enters(first, "unfit")
    enters(second, "fit")

    assert certificates(session) == []
    assert (first.status, second.status) == ("awaiting_examination", "awaiting_examination")


def test_an_unfit_entry_from_before_entries_named_the_worker_counts_too(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any
) -> None:
    first, second = make_request(), elsewhere()
    pays(second)
    old = session.get_one(Examination, enters(first, "unfit"))
    old.entry = replace(Entry.read(old.entry), worker=None).sealed_text()
    session.flush()
    session.expire_all()

    enters(second, "fit")

    assert certificates(session) == []


def test_an_unfit_entry_that_names_no_worker_doesnt_follow_an_amended_number(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any, now: datetime
) -> None:
    border = {"id_type": "border_number", "nationality": "YEM"}
    examined_worker = {**border, "id_number": "3000000001"}
    right = {**border, "id_number": "3000000002"}
    first = make_request(worker=examined_worker, residence_permit_until=None)
    old = session.get_one(Examination, enters(first, "unfit"))
    old.entry = replace(Entry.read(old.entry), worker=None).sealed_text()
    session.flush()

    work, applicant = UnitOfWork(session, DELEGATE, now), DELEGATE.applicant()
    amend.amend(work, applicant, first.request_id, {"id_number": "3000000002"})
    session.expire_all()

    assert old.worker_number == "3000000001"
    other = make_request(worker=right, residence_permit_until=None, profession="cleaner")
    again = make_request(worker=examined_worker, residence_permit_until=None, profession="cleaner")
    for row in (other, again):
        pays(row)
        enters(row, "fit")
    assert (other.status, again.status) == ("issued", "awaiting_examination")


def test_an_unfit_entry_of_a_revision_of_which_nobody_knows_the_number_is_about_nobody_else(
    make_request: Any, enters: Any, session: Any
) -> None:
    first = make_request()
    old = session.get_one(Examination, enters(first, "unfit"))
    old.entry = replace(Entry.read(old.entry), worker=None).sealed_text()
    first.revision = 2
    session.flush()

    assert old.worker_number is None


@pytest.mark.usefixtures("own_keys")
def test_an_unfit_entry_that_names_no_worker_counts_after_a_change_of_keys_too(
    make_request: Any,
    elsewhere: Any,
    pays: Any,
    enters: Any,
    session: Any,
    database: Any,
    settings: Any,
) -> None:
    first, second = make_request(), elsewhere()
    pays(second)
    old = session.get_one(Examination, enters(first, "unfit"))
    old.entry = replace(Entry.read(old.entry), worker=None).sealed_text()
    session.flush()
    session.expire_all()
    rings = {
        name: f"2:{letter * 42}A,{getattr(settings, name)}"
        for name, letter in (("sealing_key", "x"), ("blind_index_key", "y"))
    }

    use_keys(database, replace(settings, **rings))
    reseal(database, Base.registry.mappers, lambda _: None)
    session.expire_all()
    enters(second, "fit")

    assert certificates(session) == []
    assert old.worker_key.startswith("v2:")


def test_a_fit_result_that_was_there_first_counts_no_more(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any
) -> None:
    first, second = make_request(), elsewhere()
    enters(second, "fit")

    enters(first, "unfit", day=1)
    pays(second, at=second.submitted_at + 2 * DAY)

    assert certificates(session) == []


def test_withdrawing_and_asking_anew_doesnt_help_with_an_older_examination(
    make_request: Any, pays: Any, enters: Any, session: Any, now: datetime
) -> None:
    first = make_request()
    enters(first, "unfit", day=2)
    amend.withdraw(
        UnitOfWork(session, DELEGATE, now + 2 * DAY), DELEGATE.applicant(), first.request_id
    )

    second = make_request(at=now + 3 * DAY, centre="qatif-centre")
    pays(second, at=now + 3 * DAY)
    enters(second, "fit", day=3, examined_on="2026-11-24")

    assert certificates(session) == []


def test_a_fit_examination_of_a_later_day_leads_to_a_certificate(
    make_request: Any, pays: Any, enters: Any, session: Any, now: datetime
) -> None:
    first = make_request()
    pays(first)
    enters(first, "unfit")
    amend.change_centre(
        UnitOfWork(session, DELEGATE, now + DAY),
        DELEGATE.applicant(),
        first.request_id,
        "qatif-centre",
    )

    enters(first, "fit", day=1)

    assert certificates(session) == ["valid"]


def test_a_correction_frees_what_was_complete_but_for_it(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any
) -> None:
    first, second = make_request(), elsewhere()
    pays(second)
    wrong = enters(first, "unfit")
    enters(second, "fit")

    enters(first, "fit", hours=5, corrects=wrong, reason="entry-error")

    assert (first.status, second.status) == ("awaiting_payment", "issued")
    assert certificates(session) == ["valid"]


def test_a_certificate_in_force_stays_and_goes_by_its_own_results_alone(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any
) -> None:
    first, second = make_request(), elsewhere()
    pays(second)
    right = enters(second, "fit")
    assert certificates(session) == ["valid"]

    wrong = enters(first, "unfit", day=1)
    enters(first, "fit", day=1, hours=3, corrects=wrong, reason="entry-error")
    enters(first, "unfit", day=1, hours=4, corrects=wrong, reason="entry-error")
    assert certificates(session) == ["valid"]

    enters(second, "unfit", hours=20, corrects=right, reason="other-worker")
    assert certificates(session) == ["cancelled"]


def test_a_border_number_that_is_changed_doesnt_lose_the_unfit_result(
    make_request: Any, pays: Any, enters: Any, session: Any, now: datetime
) -> None:
    border = {"id_type": "border_number", "nationality": "YEM"}
    first = make_request(worker={**border, "id_number": "3000000001"}, residence_permit_until=None)
    enters(first, "unfit")
    amend.amend(
        UnitOfWork(session, DELEGATE, now + timedelta(hours=2)),
        DELEGATE.applicant(),
        first.request_id,
        {"id_number": "3000000002"},
    )

    second = make_request(
        worker={**border, "id_number": "3000000001"},
        residence_permit_until=None,
        centre="qatif-centre",
    )
    pays(second)
    enters(second, "fit")

    assert certificates(session) == []


def test_the_worker_reads_why_and_the_end_tells_him(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any
) -> None:
    first, second = make_request(), elsewhere()
    pays(second)
    enters(first, "unfit")
    enters(second, "fit")
    assert queries.result_of(session, second).result == "unfit"

    fires(session, second, "examination")

    assert end_reason_of(second) == "unfit"


def seen(outbox_rows: Any, session: Any, row: Request) -> Any:
    """What an employer, another centre and an inspector can see of a request: its state and its events with their
    moments, beside numbers and seals."""
    drawn = {
        *("request_id", "request_no", "invoice_id", "examination", "inquiry", "contacts"),
    }
    events = [
        (
            one.type,
            one.version,
            one.envelope["time"],
            {name: value for name, value in one.envelope["data"].items() if name not in drawn},
        )
        for one in outbox_rows()
        if one.aggregate_id == row.request_id
    ]
    return row.status, row.version, row.ended_at, row.fee_returned, events


def test_a_held_request_looks_like_one_whose_worker_was_never_examined(
    make_request: Any, elsewhere: Any, pays: Any, enters: Any, session: Any, outbox_rows: Any
) -> None:
    """In every state: before the payment, after it, and at the deadline; and by the same events at the same moments."""
    found: list[Any] = []
    for examination in (None, "same day", "before"):
        savepoint = session.begin_nested()
        first, second = make_request(), elsewhere()
        if examination is not None:
            enters(first, "unfit", day=1)
            enters(second, "fit", day=1 if examination == "same day" else 0)
        before = seen(outbox_rows, session, second)
        pays(second, at=second.submitted_at + 2 * DAY)
        paid = seen(outbox_rows, session, second)
        fires(session, second, "examination")
        found.append([before, paid, seen(outbox_rows, session, second)])
        savepoint.rollback()

    assert found[0] == found[1] == found[2]
    assert [one[0] for one in found[0]] == [
        *("awaiting_payment", "awaiting_examination", "not_issued"),
    ]
