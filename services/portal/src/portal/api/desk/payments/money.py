"""Money that waits for people, one payment with its decisions, and the decisions of two people."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.marks import code
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.desk.payments import bills, views
from portal.api.listing import chosen_view, done_of, page_links, page_query
from portal.domain.tasks import APPROVE_MONEY, DECIDE_MONEY

WAITING, PAYMENT = "/desk/payments/waiting", "/desk/payments/money"
DECISIONS = "/desk/payments/decisions"
PAYMENTS, _DECISIONS = "/v1/payments", "/v1/decisions"
_ROWS = 50
# The lists of payments: money that fits no bill, money that its owner wants to go back, refunds on their way.
_LISTS: dict[str, dict[str, Any]] = {
    "suspended": {"status": "suspended"},
    "wanted": {"refund_wanted": "true", "status": "settled"},
    "refunding": {"status": "refunding"},
    "refunded": {"status": "refunded"},
    "dismissed": {"status": "dismissed"},
    "all": {},
}
_DECISION_STATES = ("proposed", "approved", "rejected", "replaced")
# The state of a payment → what may be proposed for it.
_PROPOSALS: Mapping[str, tuple[str, ...]] = {
    "suspended": ("apply", "refund", "dismiss"),
    "settled": ("refund",),
    "dismissed": ("apply", "refund"),
    "refunding": ("refund",),
}
# For money whose transfer the bank has returned. Other money that went back has no proposals.
_PROPOSALS_AFTER_RETURN = ("refund",)
# The forms behind which the page of a payment says what was done.
_DONE = (
    *("money_counter", "money_apply", "money_refund", "money_dismiss"),
    *("money_pay-out", "money_transfer-return", "money_approve", "money_reject"),
)


def show_waiting(visit: Visit) -> flask.Response:
    """GET /desk/payments/waiting: the list that the address names."""
    chosen = chosen_view(visit.query, _LISTS, name="list")
    page = answer_or_problem(visit, PAYMENTS, page_query(visit, _ROWS, _LISTS[chosen]))
    return visit.render(
        "desk_money.html",
        rows=[views.payment_row(one, visit) for one in page["items"]],
        tabs=[
            (one, visit.text(f"money_list_{one}"), f"{WAITING}?{urlencode({'list': one})}")
            for one in _LISTS
        ],
        chosen=chosen,
        **page_links(visit, page),
    )


def show_payment(visit: Visit, payment_id: UUID) -> flask.Response:
    """GET /desk/payments/money/{id}: the payment, which prints as a receipt, and what may be done about it."""
    payment = answer_or_problem(visit, f"{PAYMENTS}/{payment_id}")
    scopes = visit.known.caller.scopes
    decisions = [views.decision_row(one, visit) for one in payment["decisions"]]
    is_open = any(one["is_open"] for one in decisions)
    may_decide = DECIDE_MONEY in scopes and not is_open
    bill = _bill_if_shown(payment, visit)
    return visit.render(
        "desk_payment.html",
        payment=payment,
        title=views.payment_title(payment, visit),
        heading=views.payment_title(payment, visit, mark=code),
        row=views.payment_row(payment, visit),
        facts=views.receipt_facts(payment, bill, visit),
        bill=bill,
        decisions=decisions,
        history=views.history_of(payment["history"], visit),
        proposals=_proposals_for(payment) if may_decide else (),
        may_pay_out=may_decide and payment["status"] == "refunding",
        may_return=may_decide and payment["status"] == "refunded" and not _is_returned(payment),
        may_approve=APPROVE_MONEY in scopes,
        sees_accounts=DECIDE_MONEY in scopes,
        done=done_of(visit, _DONE),
        printed_at=visit.now,
    )


def bill_of(payment: Mapping[str, Any], visit: Visit) -> Any | None:
    """Returns the bill that the money came for; None for money of no known bill. Raises Problem and TokenRefused."""
    if not payment["bill_id"]:
        return None
    return answer_or_problem(visit, f"{bills.BILLS}/{payment['bill_id']}")


def _bill_if_shown(payment: Mapping[str, Any], visit: Visit) -> Any | None:
    """Returns the bill of a receipt, which names payer and purpose; None also where the reader doesn't see the bill,
    and where payments went away behind its first answer. Raises TokenRefused."""
    try:
        return bill_of(payment, visit)
    except Problem:
        return None


def _proposals_for(payment: Mapping[str, Any]) -> tuple[str, ...]:
    if payment["status"] == "refunded" and _is_returned(payment):
        return _PROPOSALS_AFTER_RETURN
    return _PROPOSALS.get(payment["status"], ())


def _is_returned(payment: Mapping[str, Any]) -> bool:
    return payment["transfer_returned_at"] is not None


def show_decisions(visit: Visit) -> flask.Response:
    """GET /desk/payments/decisions: the proposals that wait for a second person, or decisions of another state."""
    chosen = chosen_view(visit.query, _DECISION_STATES, name="status")
    page = answer_or_problem(visit, _DECISIONS, page_query(visit, _ROWS, {"status": chosen}))
    return visit.render(
        "desk_decisions.html",
        rows=[views.decision_row(one, visit) for one in page["items"]],
        tabs=[
            (one, visit.text(f"decision_status_{one}"), f"{DECISIONS}?{urlencode({'status': one})}")
            for one in _DECISION_STATES
        ],
        chosen=chosen,
        **page_links(visit, page),
    )


def show_decision(visit: Visit, decision_id: UUID) -> flask.Response:
    """GET /desk/payments/decisions/{id}: the whole IBAN, for the person who transfers the refund. The service journals
    each look."""
    decision = answer_or_problem(visit, f"{_DECISIONS}/{decision_id}")
    return visit.render("desk_decision.html", row=views.decision_row(decision, visit))
