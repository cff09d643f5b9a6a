"""The event of a service's invoices, on its topic `<service>.invoice` (contracts/events/invoice.v1.schema.json).

The shape is the same for every service, so that payments makes bills of all of them. The payer is sealed for the
invoice: the publishers and payments share PAYER_KEY, no other service has the key.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.cloudevents import Event
from chassis.data.sealed import KeyringSettings, keys_of
from chassis.data.sealing import Keyring, Sealer
from chassis.events.contacts import Contact, Contacts, contacts_of

CONTEXT = "payer/{invoice_id}"
# What happens to an invoice that others hear of, and then its published status.
PUBLISHED = ("requested", "withdrawn", "refund_requested")


@dataclass(frozen=True, kw_only=True)
class InvoiceSettings(KeyringSettings):
    """`payer_key`: the keyring that seals who pays, the same in all publishers of invoices and in payments."""

    payer_key: str

    CHECKS = {"payer_key": Keyring.parse}


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """The facts of the event. `status` is a word of PUBLISHED; `subject`: type, id and number of what is paid for;
    `payer`: name, id_type and id_number, None where that's emptied; `told` hear of the bill."""

    invoice_id: str
    version: int
    subject: Mapping[str, str | None]
    municipality: str
    status: str
    amount_halalas: int
    lines: Sequence[Mapping[str, Any]]
    due_on: date
    reason: str | None
    payer: Mapping[str, str] | None = field(repr=False)
    told: Iterable[Contact] = field(default=(), repr=False)


class Invoices:
    """Makes a service's events, and opens the payer of any."""

    def __init__(self, payers: Keyring, contacts: Contacts) -> None:
        self._payers, self._contacts = Sealer(payers), contacts

    def event(self, service: str, invoice: Invoice, now: datetime) -> Event:
        """Returns an event of the topic `<service>.invoice`; its type follows the invoice's status."""
        key = invoice.invoice_id
        names = ("invoice_id", "municipality", "status", "amount_halalas", "reason")
        return Event(
            type=f"sa.gov.qatif.{service}.invoice.{invoice.status}.v1",
            topic=f"{service}.invoice",
            aggregate_type="invoice",
            aggregate_id=key,
            version=invoice.version,
            data={
                **{name: getattr(invoice, name) for name in names},
                "service": service,
                "subject": dict(invoice.subject),
                "currency": "SAR",
                "lines": [dict(line) for line in invoice.lines],
                "due_on": invoice.due_on.isoformat(),
                "payer": self._sealed(key, invoice.payer),
                "contacts": self._contacts.seal(key, invoice.told),
            },
            time=now,
        )

    def _sealed(self, invoice_id: str, payer: Mapping[str, str] | None) -> str | None:
        if payer is None:
            return None
        text = json.dumps(dict(payer), ensure_ascii=False, separators=(",", ":"))
        return self._payers.seal_text(text, CONTEXT.format(invoice_id=invoice_id))

    def payer(self, invoice_id: str, sealed: str) -> Any:
        """Name, id_type and id_number. Raises CannotUnseal."""
        return json.loads(self._payers.unseal_text(sealed, CONTEXT.format(invoice_id=invoice_id)))


def invoices_of(session: Session) -> Invoices:
    """With the keys of the session's database. Raises LookupError for a service without InvoiceSettings."""
    return Invoices(keys_of(session).ring("payer_key"), contacts_of(session))
