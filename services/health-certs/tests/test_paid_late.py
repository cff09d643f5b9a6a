"""A fee that was paid in time counts as paid in time, whenever it's heard of."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import amend, revive
from health_certs.models import Examination, Invoice, Request
from saudi.days import RIYADH, legal_day

from .conftest import COOK, certificates, fires
from .people import DELEGATE

NEWS = timedelta(days=5)


@pytest.fixture
def unpaid(make_request: Any, enters: Any, session: Any) -> Request:
    """A request of a fit worker that ended for want of the fee."""
    row: Request = make_request()
    enters(row, "fit")
    fires(session, row, "completion")
    assert row.status == "not_issued"
    return row


def withdraw_result(session: Any, row: Request) -> None:
    """Takes the fit result away that the request rests on."""
    of_request = delete(Examination).where(Examination.request_id == row.request_id)
    session.execute(of_request)


def last_evening(session: Any, row: Request) -> datetime:
    """The last minutes in which the bill may be paid."""
    due_on = session.get_one(Invoice, row.invoice_id).due_on
    return datetime.combine(due_on, time(23, 50), RIYADH)


def test_news_of_a_fee_that_was_paid_on_the_last_evening_issues_the_certificate_days_later(
    unpaid: Request, pays: Any, session: Any, event_names: Any
) -> None:
    heard_at = unpaid.completed_until + NEWS

    pays(unpaid, at=heard_at, paid_at=last_evening(session, unpaid))

    [issued] = certificates(session)
    assert (unpaid.status, unpaid.certificate_id) == ("issued", issued.certificate_id)
    assert (unpaid.ended_at, unpaid.end_reason) == (heard_at, None)
    assert pending(session, "request", unpaid.request_id) == {}
    assert event_names("request") == ["submitted", "ended", "issued"]
    assert event_names("invoice") == ["requested"]  # payments gives up the bill by itself


def test_the_same_news_twice_changes_nothing_more(
    unpaid: Request, pays: Any, session: Any, event_names: Any
) -> None:
    news = {"at": unpaid.completed_until + NEWS, "paid_at": last_evening(session, unpaid)}
    pays(unpaid, **news)

    pays(unpaid, **news)

    assert len(certificates(session)) == 1
    assert event_names("request") == ["submitted", "ended", "issued"]
    assert event_names("invoice") == ["requested"]


def test_a_fee_that_was_paid_a_moment_too_late_goes_back(
    unpaid: Request, pays: Any, session: Any, event_names: Any
) -> None:
    too_late = last_evening(session, unpaid) + timedelta(minutes=10)

    pays(unpaid, at=unpaid.completed_until + NEWS, paid_at=too_late)

    assert (unpaid.status, certificates(session)) == ("not_issued", [])
    assert event_names("invoice") == ["requested", "refund_requested"]


def test_a_fee_whose_news_is_late_goes_back_once_the_worker_has_applied_anew(
    unpaid: Request, make_request: Any, pays: Any, session: Any, event_names: Any
) -> None:
    heard_at = unpaid.completed_until + NEWS
    anew = make_request(at=heard_at)

    pays(unpaid, at=heard_at, paid_at=last_evening(session, unpaid))

    assert (unpaid.status, anew.status) == ("not_issued", "awaiting_payment")
    assert event_names("invoice") == ["requested", "requested", "refund_requested"]


@pytest.mark.parametrize("result", ["unfit", None])
def test_late_news_of_the_fee_revives_no_request_that_ended_without_a_fit_result(
    make_request: Any, enters: Any, pays: Any, session: Any, result: str | None
) -> None:
    row = make_request()
    if result is not None:
        enters(row, result)
    fires(session, row, "examination")

    pays(row, at=row.completed_until + NEWS, paid_at=last_evening(session, row))

    assert (row.status, certificates(session)) == ("not_issued", [])
    assert session.get_one(Invoice, row.invoice_id).status == "refund_requested"


def test_late_news_of_the_fee_issues_no_certificate_beside_one_in_force(
    unpaid: Request, make_request: Any, enters: Any, pays: Any, session: Any
) -> None:
    later = unpaid.completed_until + timedelta(days=1)
    anew = make_request(at=later)
    enters(anew, "fit", at=later, examined_on=legal_day(later))
    pays(anew, at=later)
    assert anew.status == "issued"

    pays(unpaid, at=later + NEWS, paid_at=last_evening(session, unpaid))

    assert len(certificates(session)) == 1
    assert session.get_one(Invoice, unpaid.invoice_id).status == "refund_requested"


def test_late_news_of_the_fee_issues_no_certificate_without_the_health_education(
    make_request: Any, enters: Any, pays: Any, session: Any
) -> None:
    row = make_request(**COOK)
    enters(row, "fit")
    fires(session, row, "completion")

    pays(row, at=row.completed_until + NEWS, paid_at=last_evening(session, row))

    assert (row.status, certificates(session)) == ("not_issued", [])
    assert session.get_one(Invoice, row.invoice_id).status == "refund_requested"


def test_a_revived_request_that_is_kept_back_after_all_ends_again_and_its_money_goes_back(
    unpaid: Request, pays: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revocation may come between the look and the payment."""
    heard_at = unpaid.completed_until + NEWS
    monkeypatch.setattr(revive, "_lacks_only_payment", lambda _: True)
    withdraw_result(session, unpaid)

    pays(unpaid, at=heard_at, paid_at=last_evening(session, unpaid))
    assert pending(session, "request", unpaid.request_id) == {"completion": heard_at}
    fires(session, unpaid, "completion")

    assert (unpaid.status, certificates(session)) == ("not_issued", [])
    assert session.get_one(Invoice, unpaid.invoice_id).status == "refund_requested"


def test_late_news_of_the_fee_revives_no_request_that_was_withdrawn(
    make_request: Any, enters: Any, pays: Any, session: Any
) -> None:
    row = make_request()
    enters(row, "fit")
    work = UnitOfWork(session, DELEGATE, row.submitted_at)
    amend.withdraw(work, DELEGATE.applicant(), row.request_id)

    pays(row, at=row.completed_until + NEWS, paid_at=last_evening(session, row))

    assert (row.status, certificates(session)) == ("not_issued", [])
    assert session.get_one(Invoice, row.invoice_id).status == "refund_requested"
