"""Events of other services take effect once, repeated or late."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.aggregates import history
from chassis.data.sealed import keys_of
from chassis.data.sealing import CannotUnseal, Sealer
from licences.consumers import HANDLERS
from licences.models import Application, Invoice, KnownPermit, Licence
from licences.outside import set_bodies_configured

PERMITS, SENT = "permits.permit", "partner-gateway.licence-application"
KEY = "0195ff10-4d00-7b22-9d3f-0000000000aa"


def deliver(context: Any, topic: str, happened: str, data: Any, sequence: int = 1) -> None:
    kind = next(one for one in HANDLERS[topic] if one.split(".")[-2] == happened)
    event = Received(
        id=new_id(),
        type=kind,
        subject=data[contracts.topics()[topic]["key"]],
        sequence=sequence,
        time=datetime.now(UTC),
        data=data,
    )
    HANDLERS[topic][kind](context, event)


def permit(happened: str) -> Any:
    return contracts.event_example(f"sa.gov.qatif.permits.permit.{happened}.v1", "minimal")


def test_the_newest_state_of_a_permit_stays_though_an_older_event_comes_later(context: Any) -> None:
    deliver(context, PERMITS, "issued", permit("issued"), 1)
    deliver(context, PERMITS, "cancelled", permit("cancelled"), 3)
    deliver(context, PERMITS, "suspended", permit("suspended"), 2)

    (known,) = context.session.query(KnownPermit).all()
    assert (known.version, known.status) == (3, "cancelled")


@pytest.fixture
def submit(context: Any, rules: None, savepoints: Any) -> Any:
    """Delivers what the gateway took, where nobody outside is asked: `submit(body, "corrected")`."""
    set_bodies_configured(savepoints, configured=False)

    def send(body: Any, happened: str = "submitted", *, key: str = KEY, **changes: Any) -> None:
        sealer = Sealer(keys_of(context.session).ring("submission_key"))
        data = {
            "application_id": key,
            "municipality": "saihat",
            "licence_no": None,
            "submitted_at": "2026-11-25T08:00:00Z",
            "submitted_by": {"kind": "machine", "client_id": "saihat-system", "subject": "s"},
            "sealed": sealer.seal_text(json.dumps(body), f"submission/{key}"),
            **changes,
        }
        deliver(context, SENT, happened, data)

    return send


def test_what_a_municipality_submits_becomes_its_application(
    submit: Any, shop: Any, session: Any, event_names: Any
) -> None:
    submit(shop())
    submit(shop())

    row = session.get(Application, KEY)
    assert (row.municipality, row.channel, row.status) == ("saihat", "partner", "waiting")
    assert event_names("application") == ["submitted", "waiting"]


def test_what_breaks_a_rule_is_returned_with_the_fields_and_not_lost(
    submit: Any, shop: Any, session: Any
) -> None:
    submit(shop(activities=[{"code": "960111", "main": False}]))

    row = session.get(Application, KEY)
    assert (row.status, row.reason_code) == ("returned", "invalid")
    assert "activities (one-main)" in row.reasons[0]["en"]


def test_a_returned_application_is_corrected(submit: Any, shop: Any, session: Any) -> None:
    submit(shop(activities=[{"code": "960111", "main": False}]))

    submit(shop(), "corrected")

    assert session.get(Application, KEY).status == "waiting"


def test_a_correction_that_breaks_a_rule_is_returned_again(
    submit: Any, shop: Any, session: Any
) -> None:
    submit(shop())

    submit(shop(activities=[{"code": "960111", "main": False}]), "corrected")

    assert session.get(Application, KEY).status == "returned"


def test_a_municipality_withdraws_its_application_and_a_late_withdrawal_changes_nothing(
    submit: Any, shop: Any, session: Any, event_names: Any
) -> None:
    submit(shop())

    submit({"reason": "عدل عنه"}, "withdrawal_requested")
    submit({"reason": "عدل عنه"}, "withdrawal_requested")

    row = session.get(Application, KEY)
    assert (row.status, row.reason_code) == ("withdrawn", "by-applicant")
    assert event_names("application") == ["submitted", "waiting", "withdrawn"]
    actions = [one.action for one in history(session, ("application", KEY))]
    assert actions[-1] == "withdrawal-too-late"


@pytest.mark.parametrize("reason", ["--", "  "])
def test_a_withdrawal_with_a_reason_that_says_nothing_withdraws_without_it(
    submit: Any, shop: Any, session: Any, reason: str
) -> None:
    """The gateway accepted such a reason once: its event may still be on the way."""
    submit(shop())

    submit({"reason": reason}, "withdrawal_requested")

    row = session.get(Application, KEY)
    assert (row.status, row.reason_code) == ("withdrawn", "by-applicant")
    assert reason not in [one["ar"] for one in row.reasons]


def test_another_municipality_or_channel_withdraws_nothing(
    submit: Any, shop: Any, session: Any
) -> None:
    submit(shop())

    submit({"reason": "عدل عنه"}, "withdrawal_requested", municipality="tarout")
    session.get(Application, KEY).channel = "citizen"
    submit({"reason": "عدل عنه"}, "withdrawal_requested")

    assert session.get(Application, KEY).status == "waiting"


def test_another_municipality_corrects_nothing(submit: Any, shop: Any, session: Any) -> None:
    submit(shop())

    submit(shop(workers=9), "corrected", municipality="tarout")

    assert session.get(Application, KEY).workers == 2


def test_a_correction_that_comes_too_late_is_journaled_and_changes_nothing(
    submit: Any, professional: Any, session: Any, event_names: Any
) -> None:
    """The gateway has answered that the correction was accepted: its history says that nothing came of it."""
    submit(professional())
    row = session.get(Application, KEY)
    row.status = "withdrawn"
    session.flush()

    with capture_logs() as logs:
        submit(professional(years=2), "corrected")

    assert (row.status, row.years) == ("withdrawn", 1)
    entry = history(session, ("application", KEY))[-1]
    assert (entry.action, entry.details) == ("correction-too-late", {"status": "withdrawn"})
    assert entry.client_id == "saihat-system"
    assert [(one["event"], one["reason"]) for one in logs] == [("correction.ignored", "withdrawn")]


def test_a_correction_of_an_application_that_is_not_the_municipality_s_is_logged(
    submit: Any, shop: Any, session: Any
) -> None:
    submit(shop())

    with capture_logs() as logs:
        submit(shop(workers=9), "corrected", municipality="tarout")
        submit(shop(), "corrected", key=new_id())

    assert [one["reason"] for one in logs if one["event"] == "correction.ignored"] == [
        "unknown"
    ] * 2
    assert "correction-too-late" not in [
        one.action for one in history(session, ("application", KEY))
    ]


def test_the_renewal_of_an_unknown_licence_is_refused_and_told(
    submit: Any, session: Any, event_names: Any
) -> None:
    submit({"years": 1}, "renewal_requested", licence_no="144804000099")

    row = session.get(Application, KEY)
    assert (row.status, row.reason_code) == ("refused", "licence-unknown")
    assert event_names("application") == ["submitted", "refused"]


def test_a_body_that_was_sealed_for_another_application_does_not_open(
    submit: Any, context: Any, shop: Any
) -> None:
    sealer = Sealer(keys_of(context.session).ring("submission_key"))

    with pytest.raises(CannotUnseal):
        submit(shop(), sealed=sealer.seal_text(json.dumps(shop()), "submission/another"))


def bill(invoice: Invoice, happened: str, **changes: Any) -> Any:
    example = contracts.event_example(f"sa.gov.qatif.payments.bill.{happened}.v1")
    return {**example, "invoice_id": invoice.invoice_id, "service": "licences", **changes}


def payment(invoice_id: str | None, happened: str = "settled", **changes: Any) -> Any:
    example = contracts.event_example(f"sa.gov.qatif.payments.payment.{happened}.v1")
    return {**example, "invoice_id": invoice_id, "service": "licences", **changes}


def test_the_bill_s_number_is_noted_and_the_money_issues(
    context: Any, submit_and_decide: Any, shop: Any, session: Any
) -> None:
    row = submit_and_decide(shop())
    invoice = session.get(Invoice, row.invoice_id)

    deliver(context, "payments.bill", "registered", bill(invoice, "registered"))
    deliver(context, "payments.payment", "settled", payment(invoice.invoice_id))
    deliver(context, "payments.bill", "settled", bill(invoice, "settled"))

    assert invoice.bill_number
    assert (invoice.status, row.status) == ("paid", "issued")
    assert session.scalar(select(Licence)) is not None


def test_the_money_of_another_service_issues_nothing(
    context: Any, submit_and_decide: Any, shop: Any, session: Any
) -> None:
    row = submit_and_decide(shop())

    deliver(context, "payments.payment", "settled", payment(row.invoice_id, service="other"))
    deliver(context, "payments.payment", "settled", payment(new_id()))

    assert row.status == "awaiting_payment"


@pytest.mark.parametrize(
    ("happened", "status"),
    [("expired", "withdrawn"), ("refused", "returned"), ("cancelled", "awaiting_payment")],
)
def test_what_becomes_of_a_bill_leads_on(
    context: Any, submit_and_decide: Any, shop: Any, session: Any, happened: str, status: str
) -> None:
    row = submit_and_decide(shop())
    invoice = session.get(Invoice, row.invoice_id)

    deliver(context, "payments.bill", happened, bill(invoice, happened))

    assert row.status == status


@pytest.fixture
def goes_back(context: Any) -> Any:
    """Delivers a refund that payments has agreed to, or has paid out: `goes_back(invoice_id)`."""

    def send(invoice_id: str, happened: str = "refunding", **changes: Any) -> None:
        settled = {"settled_at": "2026-11-26T09:30:00Z", **changes}
        deliver(context, "payments.payment", happened, payment(invoice_id, happened, **settled))

    return send


def actions(session: Any, row: Any) -> list[str]:
    session.flush()
    return [one.action for one in history(session, (row.aggregate_type, row.aggregate_id))]


@pytest.mark.parametrize("heard", [("refunding", "refunded"), ("refunded", "refunding")])
def test_a_licence_whose_fee_goes_back_stays_and_its_officer_sees_it(
    context: Any, submit_and_decide: Any, shop: Any, session: Any, goes_back: Any, heard: Any
) -> None:
    row = submit_and_decide(shop())
    deliver(context, "payments.payment", "settled", payment(row.invoice_id))

    for one in heard:
        goes_back(row.invoice_id, one)

    licence = session.scalar(select(Licence))
    assert (row.status, licence.status) == ("issued", "valid")
    assert session.get(Invoice, row.invoice_id).status == "refunded"
    for one in (row, licence):
        assert actions(session, one).count("refund-after-issue") == 1


def test_what_was_issued_and_whose_fee_went_back_is_found(
    context: Any,
    submit_and_decide: Any,
    branch: Any,
    session: Any,
    goes_back: Any,
    client: Any,
    token: Any,
) -> None:
    issued, waiting, paid = (submit_and_decide(branch(years=years)) for years in (1, 2, 3))
    for row in (issued, paid):
        deliver(context, "payments.payment", "settled", payment(row.invoice_id))
    goes_back(issued.invoice_id)
    goes_back(waiting.invoice_id)  # it gets another bill
    header = token("licence-applications.read", municipality="saihat")

    def seen(path: str, key: str, asked: str) -> set[str]:
        session.flush()
        answer = client.get(f"/v1/{path}?fee_returned={asked}", headers=header)
        return {one[key] for one in answer.json()["items"]}

    assert seen("licence-applications", "application_id", "true") == {issued.application_id}
    assert seen("licences", "licence_no", "true") == {issued.licence_no}
    assert seen("licences", "licence_no", "false") == {paid.licence_no}
    assert seen("licence-applications", "application_id", "false") == {
        waiting.application_id,
        paid.application_id,
    }
    tarout = token("licence-applications.read", municipality="tarout")
    assert client.get("/v1/licences?fee_returned=true", headers=tarout).json()["items"] == []


def test_no_licence_for_money_whose_refund_is_known_first(
    context: Any, submit_and_decide: Any, shop: Any, session: Any, goes_back: Any, event_names: Any
) -> None:
    row = submit_and_decide(shop())
    first = row.invoice_id

    goes_back(first)
    deliver(context, "payments.payment", "settled", payment(first))

    assert row.status == "awaiting_payment"
    assert row.invoice_id != first
    assert session.scalar(select(Licence)) is None
    assert event_names("invoice") == ["requested", "requested"]
    deliver(context, "payments.payment", "settled", payment(row.invoice_id))
    assert row.status == "issued"


@pytest.mark.parametrize("changes", [{"settled_at": None}, {"service": "permits"}])
def test_a_refund_of_what_settled_nothing_of_ours_changes_nothing(
    submit_and_decide: Any, shop: Any, session: Any, goes_back: Any, changes: Any
) -> None:
    row = submit_and_decide(shop())

    goes_back(row.invoice_id, **changes)

    assert session.get(Invoice, row.invoice_id).status == "requested"
