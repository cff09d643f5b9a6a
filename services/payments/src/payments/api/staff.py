"""Operations of the municipality's staff: bills, counter payments, decisions about money, reconciliations."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import history
from payments import queries
from payments.api import views
from payments.api.views import View
from payments.commands import decisions, reconcile, settle
from payments.commands.decisions import Proposal
from payments.context import Call
from payments.domain.decisions import Kind
from payments.domain.settlement import CELLS, HEADING, Unreadable, read_csv
from payments.models import Decision, Reconciliation
from payments.queries import BillSearch, PaymentSearch

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


def search_bills(call: Call, body: Body) -> View:
    page = queries.search_bills(
        call.session,
        call.actor,
        body["number"],
        page_of(call, body.get("limit", queries.USUAL), body.get("cursor")),
    )
    for row in page.rows:
        call.work.record_action(row, "find")
    return {"items": [views.bill(row) for row in page.rows], "next_cursor": page.next_cursor}


def get_bill(call: Call, bill_id: str) -> View:
    row = queries.get_bill(call.session, call.actor, bill_id)
    call.work.record_action(row, "look")
    return views.bill_details(
        row,
        queries.attempts_of(call.session, bill_id),
        queries.payments_of(call.session, bill_id),
        history(call.session, (row.aggregate_type, bill_id)),
        language=call.language,
    )


def enter_counter_payment(call: Call, bill_id: str, body: Body) -> View:
    row = settle.enter_counter_payment(
        call.work,
        bill_id,
        receipt=body["receipt"],
        method=body["method"],
        amount_halalas=body["amount"],
    )
    return views.payment(row, call.language)


def list_payments(
    call: Call,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    refund_wanted: bool | None = None,
) -> View:
    search = PaymentSearch(status=status, refund_wanted=refund_wanted)
    page = queries.list_payments(call.session, call.actor, search, page_of(call, limit, cursor))
    rows = [views.payment(row, call.language) for row in page.rows]
    return {"items": rows, "next_cursor": page.next_cursor}


def get_payment(call: Call, payment_id: str) -> View:
    row = queries.get_payment(call.session, call.actor, payment_id)
    rows = queries.decisions_of(call.session, payment_id)
    entries = history(call.session, (row.aggregate_type, payment_id))
    return {
        **views.payment(row, call.language),
        "decisions": [views.decision(one, row) for one in rows],
        "history": views.history(entries),
    }


def propose_decision(call: Call, payment_id: str, body: Body) -> tuple[View, int]:
    proposal = Proposal(**{**body, "kind": Kind(body["kind"])})
    row = decisions.propose_decision(call.work, payment_id, proposal)
    return _decision(call, row), 201


def pay_out(call: Call, payment_id: str, body: Body) -> View:
    row = decisions.pay_out_refund(
        call.work, payment_id, transfer=body["transfer"], decision_id=body.get("decision_id")
    )
    return views.payment(row, call.language)


def return_transfer(call: Call, payment_id: str, body: Body) -> View:
    row = decisions.return_transfer(
        call.work, payment_id, transfer=body["transfer"], reason=body["reason"]
    )
    return views.payment(row, call.language)


def list_decisions(
    call: Call, limit: int, cursor: str | None = None, status: str | None = None
) -> View:
    page = queries.list_decisions(call.session, call.actor, status, page_of(call, limit, cursor))
    money = queries.payments_by_id(call.session, [row.payment_id for row in page.rows])
    rows = [views.decision(row, money[row.payment_id]) for row in page.rows]
    return {"items": rows, "next_cursor": page.next_cursor}


def get_decision(call: Call, decision_id: str) -> View:
    row, payment = queries.get_decision(call.session, call.actor, decision_id)
    if row.iban is not None:
        call.work.record_action(payment, "look-iban")
    return views.decision(row, payment, whole=True)


def approve_decision(call: Call, decision_id: str, body: Body) -> View:
    return _decide(call, decision_id, body, agrees=True)


def reject_decision(call: Call, decision_id: str, body: Body) -> View:
    return _decide(call, decision_id, body, agrees=False)


def _decide(call: Call, decision_id: str, body: Body, *, agrees: bool) -> View:
    row = decisions.decide(call.work, decision_id, agrees=agrees, note=body["note"])
    return _decision(call, row)


def _decision(call: Call, row: Decision) -> View:
    return views.decision(row, queries.get_payment(call.session, call.actor, row.payment_id))


def list_reconciliations(
    call: Call, limit: int, cursor: str | None = None, source: str | None = None
) -> View:
    page = queries.list_reconciliations(call.session, source, page_of(call, limit, cursor))
    rows = [views.reconciliation(row) for row in page.rows]
    return {"items": rows, "next_cursor": page.next_cursor}


def get_reconciliation(call: Call, source: str, day: date) -> View:
    return _reconciliation_details(call, queries.get_reconciliation(call.session, source, day))


def export_differences(call: Call, source: str, day: date) -> tuple[bytes, int, dict[str, str]]:
    queries.get_reconciliation(call.session, source, day)
    text = queries.differences_csv(queries.differences_of(call.session, source, day))
    name = f"differences-{source}-{day}.csv"
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return text.encode(), 200, headers


def settle_counter_day(call: Call, day: date, body: Body) -> View:
    try:
        lines = read_csv(body["file"].content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidFields.of("file", "settlement-text") from None
    except Unreadable as error:
        if error.field == HEADING:
            raise InvalidFields.of("file", "settlement-heading") from None
        if error.field == CELLS:
            raise InvalidFields.of("file", "settlement-cells", line=error.line) from None
        raise InvalidFields.of(
            "file", "settlement-line", line=error.line, field=error.field
        ) from None
    row = reconcile.settle_counter_day(call.work, day, lines)
    return _reconciliation_details(call, row)


def _reconciliation_details(call: Call, row: Reconciliation) -> View:
    differences = queries.differences_of(
        call.session, row.source, row.day, most=queries.MOST_DIFFERENCES
    )
    entries = history(call.session, (row.aggregate_type, row.aggregate_id))
    return views.reconciliation_details(row, differences, entries, language=call.language)
