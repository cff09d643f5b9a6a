"""Money that came, and what two people decide about it."""

from collections.abc import Mapping
from typing import Any

from chassis.call import page_of
from chassis.data.aggregates import history, record_action
from payments import queries
from payments.api import views
from payments.api.views import View
from payments.commands import decisions
from payments.commands.decisions import Proposal
from payments.context import Call
from payments.domain.decisions import Kind
from payments.queries import PaymentSearch

Body = Mapping[str, Any]


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
    made = queries.decisions_of(call.session, payment_id)
    entries = history(call.session, (row.aggregate_type, payment_id))
    return {
        **views.payment(row, call.language),
        "decisions": [views.decision(one) for one in made],
        "history": views.history(entries),
    }


def propose_decision(call: Call, payment_id: str, body: Body) -> tuple[View, int]:
    proposal = Proposal(**{**body, "kind": Kind(body["kind"])})
    row = decisions.propose(call.work, payment_id, proposal)
    return views.decision(row), 201


def pay_out(call: Call, payment_id: str, body: Body) -> View:
    transfer = body["transfer"]
    row = decisions.pay_out(call.work, payment_id, transfer=transfer)
    return views.payment(row, call.language)


def list_decisions(
    call: Call, limit: int, cursor: str | None = None, status: str | None = None
) -> View:
    page = queries.list_decisions(call.session, call.actor, status, page_of(call, limit, cursor))
    return {"items": [views.decision(row) for row in page.rows], "next_cursor": page.next_cursor}


def get_decision(call: Call, decision_id: str) -> View:
    row, payment = queries.get_decision(call.session, call.actor, decision_id)
    if row.iban is not None:
        record_action(call.session, payment, call.actor, "look-iban", now=call.now)
    return views.decision(row, whole=True)


def approve_decision(call: Call, decision_id: str, body: Body) -> View:
    return _decide(call, decision_id, body, agrees=True)


def reject_decision(call: Call, decision_id: str, body: Body) -> View:
    return _decide(call, decision_id, body, agrees=False)


def _decide(call: Call, decision_id: str, body: Body, *, agrees: bool) -> View:
    row = decisions.decide(call.work, decision_id, agrees=agrees, note=body["note"])
    return views.decision(row)
