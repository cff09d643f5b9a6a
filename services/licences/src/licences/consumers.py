"""What licences does with other services' events: building permits and health certificates that are facts, applications
that municipalities submit through the partner gateway, and what became of bills and money."""

import json
from datetime import datetime
from typing import Any

from chassis.core.actors import SystemActor
from chassis.core.cloudevents import Received
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.service import Handler, Topics
from licences.commands.bill import (
    expire_bill,
    note_bill_number,
    receive_payment,
    receive_refund,
    replace_cancelled_bill,
    return_refused_bill,
)
from licences.commands.correct import correct_from_partner
from licences.commands.end import SYSTEM
from licences.commands.redecide import (
    note_certificate,
    note_permit,
    redecide_for_certificate,
    redecide_for_fine,
    redecide_for_permit,
)
from licences.commands.submit import PARTNER, Submission, submit_from_partner
from licences.commands.violations.pay import (
    end_fine_bill,
    note_fine_bill,
    receive_fine_payment,
    receive_fine_refund,
)
from licences.context import Context
from licences.domain.requests import CANCEL, ISSUE, RENEW


def permit_changed(context: Context, event: Received) -> None:
    """The newest state of each building permit; applications that name it are decided anew."""
    permit_id = note_permit(context.session, event, now=context.now)
    if permit_id is not None:
        redecide_for_permit(context.session, permit_id, now=context.now)


def health_certificate_changed(context: Context, event: Received) -> None:
    """The newest state of each worker's certificate; applications of its place are decided anew."""
    places = note_certificate(context.session, event)
    redecide_for_certificate(context.session, places, now=context.now)


def _submitted(request: str) -> Handler:
    def take(context: Context, event: Received) -> None:
        submission = _submission(context, event, request)
        actor = _sender(event.data)
        asks = context.resources.asks
        submit_from_partner(context.session, actor, submission, asks=asks, now=context.now)

    return take


def corrected(context: Context, event: Received) -> None:
    """A returned or waiting application, sent again. One that has been decided meanwhile stays as it is: its state was
    published, and the municipality sees it."""
    correct_from_partner(
        context.session,
        _sender(event.data),
        event.data["application_id"],
        _body(context, event),
        municipality=event.data["municipality"],
        asks=context.resources.asks,
        now=context.now,
    )


def bill_registered(context: Context, event: Received) -> None:
    """The bill system knows an invoice: its bill says how it's paid."""
    invoice_id = event.data["invoice_id"]
    note_bill_number(
        context.session,
        invoice_id,
        biller_code=event.data["biller_code"],
        bill_number=event.data["bill_number"],
    )
    note_fine_bill(context.session, invoice_id, event.data, now=context.now)


def bill_settled(_context: Context, _event: Received) -> None:
    """The payment's own event says so, and when."""


def bill_ended(context: Context, event: Received) -> None:
    """A bill expired, was refused or cancelled: of an application or of a fine."""
    session, invoice_id, now = context.session, event.data["invoice_id"], context.now
    match event.data["status"]:
        case "refused":
            return_refused_bill(session, invoice_id, SYSTEM, now=now)
        case "expired":
            expire_bill(session, invoice_id, SYSTEM, now=now)
        case "cancelled":
            replace_cancelled_bill(session, invoice_id, SYSTEM, now=now)
    refused = event.data["status"] == "refused"
    end_fine_bill(session, invoice_id, refused=refused, now=now)


def paid(context: Context, event: Received) -> None:
    """An invoice was paid, whole and once: of an application, or of a fine, whose offender may have waited for it."""
    invoice_id = event.data["invoice_id"]
    if invoice_id is None or event.data["service"] != OWN:
        return
    session, now = context.session, context.now
    paid_at = datetime.fromisoformat(event.data["paid_at"])
    receive_payment(session, invoice_id, SYSTEM, paid_at=paid_at, now=now)
    receive_fine_payment(session, invoice_id, paid_at=paid_at, now=now)
    redecide_for_fine(session, invoice_id, now=now)


def goes_back(context: Context, event: Received) -> None:
    """Money that had settled an invoice is to go back, or went: of an application, or of a fine, which holds up its
    offender's applications again."""
    invoice_id, was_ours = event.data["invoice_id"], event.data["settled_at"] is not None
    if invoice_id is None or not was_ours or event.data["service"] != OWN:
        return
    session, gone, now = context.session, event.data["status"] == "refunded", context.now
    receive_refund(session, invoice_id, SYSTEM, gone=gone, now=now)
    receive_fine_refund(session, invoice_id, gone=gone, now=now)
    redecide_for_fine(session, invoice_id, now=now)


def money_elsewhere(_context: Context, _event: Received) -> None:
    """Money that settles nothing is a clerk's of payments; here nothing follows from it."""


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
    """Raises CannotUnseal."""
    sealer = Sealer(keys_of(context.session).ring("submission_key"))
    place = f"submission/{event.data['application_id']}"
    return json.loads(sealer.unseal_text(event.data["sealed"], place))


def _sender(data: Any) -> SystemActor:
    """Who sent it, as the journal keeps it."""
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
        f"sa.gov.qatif.permits.permit.{happened}.v1": permit_changed for happened in _PERMIT
    },
    "health-certs.certificate": {
        f"{_CERTIFICATE}.{happened}.v1": health_certificate_changed
        for happened in ("issued", "cancelled", "revoked", "replaced", "transferred", "emptied")
    },
    "payments.bill": {
        "sa.gov.qatif.payments.bill.registered.v1": bill_registered,
        "sa.gov.qatif.payments.bill.settled.v1": bill_settled,
        **{
            f"sa.gov.qatif.payments.bill.{how}.v1": bill_ended
            for how in ("refused", "cancelled", "expired")
        },
    },
    "payments.payment": {
        "sa.gov.qatif.payments.payment.settled.v1": paid,
        "sa.gov.qatif.payments.payment.suspended.v1": money_elsewhere,
        "sa.gov.qatif.payments.payment.refunding.v1": goes_back,
        "sa.gov.qatif.payments.payment.refunded.v1": goes_back,
        "sa.gov.qatif.payments.payment.dismissed.v1": money_elsewhere,
    },
    "partner-gateway.licence-application": {
        f"{_SENT}.submitted.v1": _submitted(ISSUE),
        f"{_SENT}.renewal_requested.v1": _submitted(RENEW),
        f"{_SENT}.cancellation_requested.v1": _submitted(CANCEL),
        f"{_SENT}.corrected.v1": corrected,
    },
}
