"""What payments does with the events of others: invoices, whose topic every service has under the same name."""

from datetime import timedelta

from chassis.core.cloudevents import Received
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Topics
from payments.commands import invoices
from payments.commands.recording import INVOICES
from payments.context import Context

# Who sends invoices. A service that comes later is a word here.
INVOICING = ("health-certs", "licences", "permits")
HAPPENED = ("requested", "withdrawn", "refund_requested")


def invoice_changed(context: Context, event: Received) -> None:
    grace = timedelta(hours=context.settings.expiry_grace_hours)
    invoices.take(UnitOfWork.of(context, INVOICES), event, grace=grace)


HANDLERS: Topics = {
    f"{service}.invoice": {
        f"sa.gov.qatif.{service}.invoice.{verb}.v1": invoice_changed for verb in HAPPENED
    }
    for service in INVOICING
}
