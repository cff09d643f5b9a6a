"""An invoice as its debtor sees the bill."""

from typing import Any

from chassis.core.times import rfc3339
from invoicing.tables import NumberedInvoiceTable
from saudi.formats import with_hijri
from saudi.money import riyals


def bill_view(row: NumberedInvoiceTable) -> dict[str, Any]:
    """Returns the bill of an invoice. The number under which people pay is None until the bill system has given one."""
    names = ("code", "ar", "en", "because")
    view = {
        "status": row.status,
        "amount": riyals(row.amount_halalas),
        "lines": [
            {**{name: one[name] for name in names}, "amount": riyals(one["amount_halalas"])}
            for one in row.lines
        ],
        "due_on": row.due_on.isoformat(),
        "biller_code": row.biller_code,
        "bill_number": row.bill_number,
        "paid_at": rfc3339(row.paid_at) if row.paid_at else None,
    }
    return with_hijri(view, frozenset(("due_on",)))
