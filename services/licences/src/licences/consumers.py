"""What licences does with other services' events: building permits and health certificates that are facts, applications
that municipalities submit through the partner gateway, and what became of bills and money."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.core.actors import SystemActor
from chassis.core.cloudevents import Received
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import BatchHandler, Handler, Topics
from licences.commands.bill import (
    expire_bill,
    note_bill_number,
    receive_payment,
    receive_refund,
    replace_cancelled_bill,
    return_refused_bill,
)
from licences.commands.correct import correct_from_partner, withdraw_from_partner
from licences.commands.recording import SYSTEM
from licences.commands.redecide import (
    note_certificate,
    note_permits,
    redecide_for_certificate,
    redecide_for_fine,
    redecide_for_permits,
)
from licences.commands.revive import revive_paid_in_time
from licences.commands.submit import Submission, submit_from_partner
from licences.commands.violations.pay import (
    end_fine_bill,
    note_fine_bill,
    receive_fine_payment,
    receive_fine_refund,
)
from licences.context import Context
from licences.domain.applications import PARTNER
from licences.domain.declarations import CANCEL, ISSUE, RENEW
from licences.models import Invoice

# Few of a permit's changes concern an application, and a decision holds locks until the last one is made.
MOST_PERMITS = 50


def _take_permits(context: Context, events: Sequence[Received]) -> None:
    """Keeps the newest states of building permits, and decides the applications anew that name one of them."""
    work = UnitOfWork.of(context, SYSTEM)
    if changed := note_permits(work, events):
        redecide_for_permits(work, changed)


take_permits = BatchHandler(prepare=lambda _, event: event, write=_take_permits, most=MOST_PERMITS)


def take_health_certificate(context: Context, event: Received) -> None:
    """Keeps the newest state of a worker's certificate, and decides the applications of the workplace anew."""
    workplaces = note_certificate(context.session, event)
    redecide_for_certificate(UnitOfWork.of(context, SYSTEM), workplaces)


def _take_submission(request: str) -> Handler:
    def take(context: Context, event: Received) -> None:
        submission = _submission(context, event, request)
        submit_from_partner(UnitOfWork.of(context, _sender(event.data)), submission)

    return take


def take_correction(context: Context, event: Received) -> None:
    """Takes a returned or waiting application again."""
    data = event.data
    work, body = UnitOfWork.of(context, _sender(data)), _body(context, event)
    correct_from_partner(work, data["application_id"], body, municipality=data["municipality"])


def take_withdrawal(context: Context, event: Received) -> None:
    """Withdraws an application that its municipality doesn't want any more."""
    data = event.data
    work, body = UnitOfWork.of(context, _sender(data)), _body(context, event)
    application_id, municipality = data["application_id"], data["municipality"]
    withdraw_from_partner(work, application_id, reason=body["reason"], municipality=municipality)


def take_bill_numbers(context: Context, event: Received) -> None:
    """Keeps the numbers by which a registered bill is paid."""
    work, data = UnitOfWork.of(context, SYSTEM), event.data
    numbers = {name: data[name] for name in ("biller_code", "bill_number")}
    note_bill_number(work, data["invoice_id"], **numbers)
    note_fine_bill(work, data["invoice_id"], data)


def ignore_settled_bill(_context: Context, _event: Received) -> None:
    """Does nothing: the payment's own event says that the bill was paid, and when."""


def take_end_of_bill(context: Context, event: Received) -> None:
    """Carries out what follows when the bill of an application or a fine expired, was refused or cancelled."""
    work = UnitOfWork.of(context, SYSTEM)
    invoice_id, how = event.data["invoice_id"], event.data["status"]
    match how:
        case "refused":
            return_refused_bill(work, invoice_id)
        case "expired":
            expire_bill(work, invoice_id)
        case "cancelled":
            replace_cancelled_bill(work, invoice_id)
    end_fine_bill(work, invoice_id, how)


def take_payment(context: Context, event: Received) -> None:
    """Carries out what follows when an invoice was paid, whole and once: of an application, or of a fine, for which the
    offender's applications may have waited."""
    invoice_id = event.data["invoice_id"]
    if invoice_id is None or event.data["service"] != OWN:
        return
    work = UnitOfWork.of(context, SYSTEM)
    paid_at = datetime.fromisoformat(event.data["paid_at"])
    invoice = work.session.get(Invoice, invoice_id)
    if invoice is not None:
        revive_paid_in_time(work, invoice_id, paid_at=paid_at)
        receive_payment(work, invoice_id, paid_at=paid_at)
    else:
        receive_fine_payment(work, invoice_id, paid_at=paid_at)
        redecide_for_fine(work, invoice_id)


def take_refund(context: Context, event: Received) -> None:
    """Carries out what follows when money that had settled an invoice goes back: of an application, or of a fine, which
    holds up the offender's applications again."""
    invoice_id, was_ours = event.data["invoice_id"], event.data["settled_at"] is not None
    if invoice_id is None or not was_ours or event.data["service"] != OWN:
        return
    work, gone = UnitOfWork.of(context, SYSTEM), event.data["status"] == "refunded"
    receive_refund(work, invoice_id, gone=gone)
    receive_fine_refund(work, invoice_id, gone=gone)
    redecide_for_fine(work, invoice_id)


def ignore_money_elsewhere(_context: Context, _event: Received) -> None:
    """Does nothing: payments deals with money that settles no invoice, and with the account of a payer whose money goes
    back."""


def _submission(context: Context, event: Received, request: str) -> Submission:
    data = event.data
    return Submission(
        application_id=data["application_id"],
        request=request,
        municipality=data["municipality"],
        channel=PARTNER,
        body=_body(context, event),
        submitted_by=data["submitted_by"],
        submitted_at=datetime.fromisoformat(data["submitted_at"]),
        licence_no=data["licence_no"],
    )


def _body(context: Context, event: Received) -> Any:
    """Unseals the body. Raises CannotUnseal."""
    sealer = Sealer(keys_of(context.session).ring("submission_key"))
    place = f"submission/{event.data['application_id']}"
    return json.loads(sealer.unseal_text(event.data["sealed"], place))


def _sender(data: Any) -> SystemActor:
    """Returns the sender, as the journal keeps an actor."""
    by = data["submitted_by"]
    return SystemActor(by["subject"], by["client_id"], organisation=data["municipality"])


_PERMIT = (
    *("issued", "amended", "suspended", "reinstated", "cancelled", "renewed"),
    *("superseded", "completed", "entered"),
)
OWN = "licences"
_CERTIFICATE = "sa.gov.qatif.health-certs.certificate"
_SENT = "sa.gov.qatif.partner-gateway.licence-application"
HANDLERS: Topics = {
    "permits.permit": {
        f"sa.gov.qatif.permits.permit.{happened}.v1": take_permits for happened in _PERMIT
    },
    "health-certs.certificate": {
        f"{_CERTIFICATE}.{happened}.v1": take_health_certificate
        for happened in ("issued", "cancelled", "revoked", "replaced", "transferred", "emptied")
    },
    "payments.bill": {
        "sa.gov.qatif.payments.bill.registered.v1": take_bill_numbers,
        "sa.gov.qatif.payments.bill.settled.v1": ignore_settled_bill,
        **{
            f"sa.gov.qatif.payments.bill.{how}.v1": take_end_of_bill
            for how in ("refused", "cancelled", "expired")
        },
    },
    "payments.payment": {
        "sa.gov.qatif.payments.payment.settled.v1": take_payment,
        "sa.gov.qatif.payments.payment.suspended.v1": ignore_money_elsewhere,
        "sa.gov.qatif.payments.payment.refund_wanted.v1": ignore_money_elsewhere,
        "sa.gov.qatif.payments.payment.account_wanted.v1": ignore_money_elsewhere,
        "sa.gov.qatif.payments.payment.refunding.v1": take_refund,
        "sa.gov.qatif.payments.payment.refunded.v1": take_refund,
        "sa.gov.qatif.payments.payment.dismissed.v1": ignore_money_elsewhere,
    },
    "partner-gateway.licence-application": {
        f"{_SENT}.submitted.v1": _take_submission(ISSUE),
        f"{_SENT}.renewal_requested.v1": _take_submission(RENEW),
        f"{_SENT}.cancellation_requested.v1": _take_submission(CANCEL),
        f"{_SENT}.corrected.v1": take_correction,
        f"{_SENT}.withdrawal_requested.v1": take_withdrawal,
    },
}
