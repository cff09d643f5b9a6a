"""The invoices of one service and one kind of owner: the use cases request an invoice and give it up, the consumers
pass on what payments publishes.

The functions for payments' events return the locked owner and invoice if something follows for the owner, else None.
The use case draws the consequences: issues, ends, bills anew. Every function ignores another service's invoice.

Locks run from the owner to its invoice: a command that has locked the owner may go on to its invoice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from chassis.events.invoices import Invoice as InvoiceFacts
from chassis.events.invoices import invoices_of
from chassis.events.outbox import publish
from invoicing import rules
from invoicing.rules import Status
from invoicing.tables import InvoiceTable

OwnerT = TypeVar("OwnerT")
InvoiceT = TypeVar("InvoiceT", bound=InvoiceTable)


@dataclass(frozen=True)
class Debtor:
    """The payer of an invoice. `subject`: type, id and number of what is paid for; `payer`: name, id_type and
    id_number, None once the payer's data are emptied; `contacts` get messages about the bill."""

    subject: Mapping[str, str | None]
    payer: Mapping[str, str] | None = field(repr=False)
    contacts: Iterable[Contact] = field(default=(), repr=False)


@dataclass(frozen=True)
class Billed(Generic[OwnerT, InvoiceT]):
    """A locked owner and its locked invoice."""

    owner: OwnerT
    invoice: InvoiceT


@dataclass(frozen=True, kw_only=True)
class Invoicing(Generic[OwnerT, InvoiceT]):
    """The invoices of one table.

    `service`: whose topic `<service>.invoice` tells of the invoices. `owners` has a column `invoice_id`, the present
    invoice. `owner_id`: returns the key of an invoice's owner. `debtor`: returns who pays an invoice.
    `waits_for_money`: whether the owner waits for the money of its present invoice. `not_owed`: the reason of a refund
    when it doesn't. `takes_ended`: whether the money of an ended invoice counts; otherwise the money is ignored.
    """

    service: str
    owners: type[OwnerT]
    invoices: type[InvoiceT]
    owner_id: Callable[[InvoiceT], str]
    debtor: Callable[[OwnerT, InvoiceT], Debtor]
    waits_for_money: Callable[[OwnerT], bool]
    not_owed: str = "not-owed"
    takes_ended: bool = False

    def draft(
        self,
        work: UnitOfWork,
        *,
        municipality: str,
        lines: Sequence[Mapping[str, Any]],
        due_on: date,
        **columns: Any,
    ) -> InvoiceT:
        """Returns a new invoice, which nothing has published yet. The owner's row takes its id before `request`."""
        new: Callable[..., InvoiceT] = self.invoices
        return new(
            invoice_id=new_id(),
            municipality=municipality,
            status=Status.REQUESTED.value,
            amount_halalas=sum(line["amount_halalas"] for line in lines),
            lines=[dict(line) for line in lines],
            due_on=due_on,
            requested_at=work.now,
            **columns,
        )

    def request(self, work: UnitOfWork, owner: OwnerT, invoice: InvoiceT) -> InvoiceT:
        """Asks payments for a bill. Publishes `requested`."""
        work.session.add(invoice)
        self._publish(work, owner, invoice)
        return invoice

    def withdraw(self, work: UnitOfWork, owner: OwnerT, reason: str) -> InvoiceT | None:
        """Takes back the locked owner's invoice unless it's paid. Publishes `withdrawn`. Returns the changed
        invoice."""
        return self._advance(work, owner, reason, rules.after_withdrawal)

    def give_up(self, work: UnitOfWork, owner: OwnerT, reason: str) -> InvoiceT | None:
        """Takes back the locked owner's unpaid invoice, or sends its money back. Publishes `withdrawn` or
        `refund_requested`. Returns the changed invoice."""
        return self._advance(work, owner, reason, rules.after_giving_up)

    def expire(self, work: UnitOfWork, owner: OwnerT) -> InvoiceT | None:
        """Ends the locked owner's unpaid invoice. Call it after the bill's last day, when the news of the bill's end
        is still missing. Publishes nothing: payments gives up the bill by itself. Returns the changed invoice."""
        invoice = self._present(work, owner)
        if invoice is None or rules.after_bill_end(invoice.status) is None:
            return None
        invoice.status, invoice.reason = Status.ENDED.value, rules.EXPIRED
        return invoice

    def hold(self, work: UnitOfWork, owner: OwnerT, reason: str) -> InvoiceT | None:
        """Takes back the unpaid invoice of a locked owner that is returned for correction, or holds its money.
        Publishes `withdrawn`; held money concerns nobody else. Returns the changed invoice."""
        return self._advance(work, owner, reason, rules.after_return)

    def is_open(self, work: UnitOfWork, owner: OwnerT) -> bool:
        """Returns whether the locked owner's present invoice can be paid, or soon can be."""
        invoice = self._present(work, owner)
        return invoice is not None and invoice.status == Status.REQUESTED

    def is_over(self, work: UnitOfWork, owner: OwnerT) -> bool:
        """Returns whether another invoice may follow the locked owner's present invoice."""
        invoice = self._present(work, owner)
        return invoice is None or invoice.status in rules.OVER

    def note_registered(
        self, work: UnitOfWork, invoice_id: str, *, biller_code: str | None, bill_number: str | None
    ) -> Billed[OwnerT, InvoiceT] | None:
        """Keeps the numbers under which people pay. Returns the owner of a present invoice that can be paid."""
        billed = self._lock(work, invoice_id)
        if billed is None:
            return None
        billed.invoice.set_bill_number(biller_code, bill_number)
        return billed if self._is_present(billed, Status.REQUESTED) else None

    def take_payment(
        self, work: UnitOfWork, invoice_id: str, *, paid_at: datetime, **columns: Any
    ) -> Billed[OwnerT, InvoiceT] | None:
        """Takes the money of an invoice, once. Returns the owner if the owner waits for the money of this invoice.
        Other money goes back: publishes `refund_requested`. Ignores the money of an ended invoice unless the service
        `takes_ended`. `columns` are set with the payment."""
        billed = self._lock(work, invoice_id)
        if billed is None:
            return None
        owner, invoice = billed.owner, billed.invoice
        waited_for = self._is_present(billed) and self.waits_for_money(owner)
        after = rules.after_payment(
            invoice.status, waited_for=waited_for, takes_ended=self.takes_ended
        )
        if after is None:
            return None
        invoice.status, invoice.paid_at = after.value, paid_at
        for name, value in columns.items():
            setattr(invoice, name, value)
        if after is Status.PAID:
            return billed
        invoice.reason = self.not_owed
        self._publish(work, owner, invoice)
        return None

    def note_bill_end(
        self, work: UnitOfWork, invoice_id: str, how: str
    ) -> Billed[OwnerT, InvoiceT] | None:
        """Notes that an open bill expired, was refused or was cancelled at the bill system. Returns the owner if the
        owner waits for the money of this invoice."""
        billed = self._lock(work, invoice_id)
        if billed is None or rules.after_bill_end(billed.invoice.status) is None:
            return None
        billed.invoice.status, billed.invoice.reason = Status.ENDED.value, how
        waits = self._is_present(billed) and self.waits_for_money(billed.owner)
        return billed if waits else None

    def note_refund(
        self, work: UnitOfWork, invoice_id: str, *, sent: bool
    ) -> Billed[OwnerT, InvoiceT] | None:
        """Notes that payments has agreed to send back the money of an invoice, or (`sent`) has sent it. Journals the
        new state. Returns the owner if the money was the owner's present payment, and the service didn't ask for the
        refund."""
        billed = self._lock(work, invoice_id)
        if billed is None:
            return None
        before = billed.invoice.status
        after = rules.after_refund(before, sent=sent)
        if after is None:
            return None
        billed.invoice.status = after.value
        work.record_action(billed.invoice, after.value)
        lacks_money = self._is_present(billed) and rules.lacks_money_after_refund(before)
        return billed if lacks_money else None

    def _advance(
        self, work: UnitOfWork, owner: OwnerT, reason: str, rule: Callable[[str], Status | None]
    ) -> InvoiceT | None:
        invoice = self._present(work, owner)
        after = rule(invoice.status) if invoice is not None else None
        if invoice is None or after is None:
            return None
        invoice.status = after.value
        if after is not Status.HELD:
            invoice.reason = reason
            self._publish(work, owner, invoice)
        return invoice

    def _lock(self, work: UnitOfWork, invoice_id: str) -> Billed[OwnerT, InvoiceT] | None:
        known = work.session.get(self.invoices, invoice_id)
        if known is None:
            return None
        owner = work.lock(self.owners, self.owner_id(known))
        return Billed(owner, work.lock(self.invoices, invoice_id))

    def _present(self, work: UnitOfWork, owner: OwnerT) -> InvoiceT | None:
        """Locks the present invoice of the locked owner."""
        invoice_id = _invoice_id(owner)
        return None if invoice_id is None else work.lock(self.invoices, invoice_id)

    def _is_present(self, billed: Billed[OwnerT, InvoiceT], status: Status | None = None) -> bool:
        invoice = billed.invoice
        return _invoice_id(billed.owner) == invoice.invoice_id and status in (
            None,
            invoice.status,
        )

    def _publish(self, work: UnitOfWork, owner: OwnerT, invoice: InvoiceT) -> None:
        """Counts and journals the change, with its reason, and publishes the invoice. The state says what happened."""
        work.record_change(invoice, invoice.status, note=invoice.reason)
        work.session.flush()
        debtor = self.debtor(owner, invoice)
        facts = InvoiceFacts(
            **invoice.record(), subject=debtor.subject, payer=debtor.payer, told=debtor.contacts
        )
        publish(work.session, invoices_of(work.session).event(self.service, facts, work.now))


def _invoice_id(owner: Any) -> str | None:
    invoice_id: str | None = owner.invoice_id
    return invoice_id
