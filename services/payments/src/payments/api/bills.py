"""Bills, and money that a cashier takes for one."""

from collections.abc import Mapping
from typing import Any

from chassis.call import page_of
from chassis.data.aggregates import history, record_action
from payments import queries
from payments.api import views
from payments.api.views import View
from payments.commands import counter
from payments.context import Call
from payments.queries import BillSearch

Body = Mapping[str, Any]


def list_bills(
    call: Call,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    bill_number: str | None = None,
    invoice_id: str | None = None,
) -> View:
    search = BillSearch(status=status, bill_number=bill_number, invoice_id=invoice_id)
    page = queries.list_bills(call.session, call.actor, search, page_of(call, limit, cursor))
    return {"items": [views.bill(row) for row in page.rows], "next_cursor": page.next_cursor}


def get_bill(call: Call, bill_id: str) -> View:
    row = queries.get_bill(call.session, call.actor, bill_id)
    record_action(call.session, row, call.actor, "look", now=call.now)
    return views.bill_details(
        row,
        queries.attempts_of(call.session, bill_id),
        queries.payments_of(call.session, bill_id),
        history(call.session, (row.aggregate_type, bill_id)),
        language=call.language,
    )


def enter_counter_payment(call: Call, bill_id: str, body: Body) -> View:
    row = counter.enter(
        call.work,
        bill_id,
        receipt=body["receipt"],
        method=body["method"],
        amount_halalas=body["amount"],
    )
    return views.payment(row, call.language)
