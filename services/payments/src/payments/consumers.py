"""Consumes the invoices of other services. Each service's topic is called `<service>.invoice`."""

from datetime import timedelta

from chassis.core.cloudevents import Received
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Topics
from payments.commands.bills import take_invoice_event
from payments.commands.recording import INVOICES
from payments.context import Context

# The services that send invoices. A new service adds its name.
INVOICING = ("health-certs", "licences", "permits", "tenders")
INVOICE_EVENTS = ("requested", "withdrawn", "refund_requested")


def invoice_changed(context: Context, event: Received) -> None:
    grace = timedelta(hours=context.settings.expiry_grace_hours)
    take_invoice_event(UnitOfWork.of(context, INVOICES), event, grace=grace)


HANDLERS: Topics = {
    f"{service}.invoice": {
        f"sa.gov.qatif.{service}.invoice.{verb}.v1": invoice_changed for verb in INVOICE_EVENTS
    }
    for service in INVOICING
}
