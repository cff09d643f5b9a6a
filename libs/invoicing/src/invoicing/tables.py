"""The columns of an invoice. A service's table extends them by the key of the owner: the request, application or
violation for which somebody pays."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Documents, Halalas, Key


class InvoiceTable(Aggregate):
    """An invoice, whose amount never changes: a wrong invoice is withdrawn, and another invoice is requested.
    `reason`: why the invoice was withdrawn or ended, or why its money goes back."""

    aggregate_type: ClassVar[str] = "invoice"

    invoice_id: Mapped[Key]
    municipality: Mapped[str]
    status: Mapped[str]
    amount_halalas: Mapped[Halalas]
    lines: Mapped[Documents]
    due_on: Mapped[date]
    requested_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    def set_bill_number(self, biller_code: str | None, bill_number: str | None) -> None:
        """Keeps the numbers under which people pay, once."""
        raise NotImplementedError

    def record(self) -> dict[str, Any]:
        """Returns the columns that the event of an invoice carries."""
        names = ("invoice_id", "municipality", "status", "amount_halalas", "lines", "due_on")
        return {name: getattr(self, name) for name in (*names, "reason", "version")}


class NumberedInvoiceTable(InvoiceTable):
    """An invoice with the numbers under which people pay; None until the bill system has given them."""

    biller_code: Mapped[str | None]
    bill_number: Mapped[str | None]

    def set_bill_number(self, biller_code: str | None, bill_number: str | None) -> None:
        """Keeps the numbers under which people pay, once."""
        if self.bill_number is None:
            self.biller_code, self.bill_number = biller_code, bill_number
