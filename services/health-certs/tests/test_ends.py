"""A request that comes to nothing: whatever it ends for, it looks alike, and its money goes back."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import amend, decide
from health_certs.domain.examinations import CORRECTABLE_FOR
from health_certs.domain.requests import EndReason
from health_certs.models import Invoice, Request

from .conftest import COOK, certificates, fires
from .doing import end_reason_of
from .people import DELEGATE


def test_unfit_ends_when_the_time_of_the_examination_is_over_and_not_before(
    make_request: Any, pays: Any, enters: Any, session: Any, event_names: Any
) -> None:
    row = make_request()
    pays(row)
    enters(row, "unfit")
    assert (row.status, row.ended_at) == ("awaiting_examination", None)

    fires(session, row, "examination")

    assert (row.status, row.ended_at) == ("not_issued", row.examined_until + CORRECTABLE_FOR)
    assert end_reason_of(row) is EndReason.UNFIT
    assert event_names("request") == ["submitted", "moved", "ended"]
    assert event_names("invoice") == ["requested", "refund_requested"]
    assert certificates(session) == []


def test_a_fit_worker_has_time_until_all_is_there(
    make_request: Any, enters: Any, pays: Any, session: Any
) -> None:
    row = make_request()
    enters(row, "fit")

    fires(session, row, "examination")
    assert row.ended_at is None
    fires(session, row, "completion")

    assert (row.status, end_reason_of(row)) == ("not_issued", EndReason.NOT_COMPLETED)


def states(outbox_rows: Any, row: Request) -> list[Any]:
    """What the topics tell of a request, without ids, keys and what is sealed."""
    hidden = {
        *("request_id", "request_no", "invoice_id", "examination", "inquiry", "contacts"),
        *("payer", "subject"),
    }
    return [
        (one.type, {k: v for k, v in one.envelope["data"].items() if k not in hidden})
        for one in outbox_rows()
        if one.envelope["data"].get("request_id") == row.request_id
        or one.envelope["data"].get("subject", {}).get("id") == row.request_id
    ]


def test_unfit_not_examined_and_withdrawn_in_time_tell_the_same(
    make_request: Any, pays: Any, enters: Any, session: Any, outbox_rows: Any
) -> None:
    ends: list[Any] = []
    for number in ("2000000006", "2000000014", "2000000022"):
        row = make_request(worker={"id_number": number})
        pays(row)
        if number == "2000000006":
            enters(row, "unfit")
        if number == "2000000022":
            at = row.examined_until + CORRECTABLE_FOR
            amend.withdraw(UnitOfWork(session, DELEGATE, at), DELEGATE.applicant(), row.request_id)
        else:
            fires(session, row, "examination")
        ends.append((row.status, row.version, row.ended_at, states(outbox_rows, row)))

    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0] == "not_issued"


def test_sealed_reasons_are_as_long(make_request: Any, session: Any) -> None:
    lengths = set()
    for number, reason in zip(("2000000006", "2000000014", "2000000022"), EndReason, strict=False):
        row = make_request(worker={"id_number": number})
        decide.end(UnitOfWork(session, DELEGATE, row.examined_until), row, reason)
        lengths.add(len(row.end_reason))

    assert len(lengths) == 1


def test_money_that_comes_after_the_end_goes_back(
    make_request: Any, pays: Any, session: Any, event_names: Any
) -> None:
    row = make_request()
    session.get(Invoice, row.invoice_id).status = "ended"
    fires(session, row, "examination")

    pays(row)

    assert event_names("invoice") == ["requested", "refund_requested"]
    assert row.payment is None


def test_what_has_ended_takes_nothing_more(
    make_request: Any, session: Any, educates: Any, enters: Any, event_names: Any
) -> None:
    row = make_request(**COOK)
    own = DELEGATE.applicant()
    amend.withdraw(UnitOfWork(session, DELEGATE, row.submitted_at), own, row.request_id)

    with pytest.raises(IllegalTransition):
        amend.withdraw(UnitOfWork(session, DELEGATE, row.submitted_at), own, row.request_id)
    with pytest.raises(IllegalTransition):
        educates(row)
    enters(row, "fit")
    fires(session, row, "completion")
    assert event_names("request") == ["submitted", "ended"]


def test_what_is_entered_at_the_last_moment_may_be_corrected_before_the_request_ends(
    make_request: Any, session: Any
) -> None:
    row = make_request()

    due_at = pending(session, Request.aggregate_type, row.request_id)["examination"]

    assert due_at == row.examined_until + CORRECTABLE_FOR


def test_a_correction_to_unfit_while_the_fee_is_open_is_not_told_by_the_payment(
    make_request: Any, pays: Any, enters: Any, session: Any, outbox_rows: Any
) -> None:
    """Beside a worker who never went to the centre, whose fee is paid as late."""
    told = []
    for number, results in (("2000000006", ("fit", "unfit")), ("2000000014", ())):
        row = make_request(worker={"id_number": number})
        last = row.examined_until
        first = None
        for hours, result in enumerate(results):
            at = last + timedelta(hours=hours)
            first = enters(row, result, at=at, corrects=first and first.examination_id)
        pays(row, at=last + timedelta(hours=2))
        fires(session, row, "examination")
        told.append((row.status, states(outbox_rows, row)))

    assert told[0] == told[1]
    assert told[0][0] == "not_issued"
