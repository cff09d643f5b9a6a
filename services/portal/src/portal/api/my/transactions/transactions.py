"""A citizen's transactions: the list, one of them with its history, and its withdrawal."""

from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, by_field, place_faults
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_or_problem, post
from portal.api.listing import done_of, page_links, page_query
from portal.api.transaction_tones import tone_of_status
from portal.domain.transaction_forms import asked_of
from portal.outside.services import Reply, ServiceAway, TokenRefused

PATH, SERVICE = "/my/transactions", "/v1/my/transactions"
_ROWS = 20
_WITHDRAWABLE = ("with_department", "returned")
_WITHDRAWN = "withdrawn"
_DONE = ("entered", "answered", _WITHDRAWN)


def show_transactions(visit: Visit) -> flask.Response:
    """GET /my/transactions: newest first."""
    page = answer_or_problem(visit, SERVICE, page_query(visit, _ROWS))
    return visit.render(
        "my_transactions.html",
        transactions=page["items"],
        tone=tone_of_status,
        **page_links(visit, page),
    )


def show_transaction(visit: Visit, transaction_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}."""
    return _show(visit, transaction_id)


def withdraw_transaction(visit: Visit, transaction_id: UUID) -> flask.Response:
    """POST /my/transactions/{id}: withdraws the transaction. One that is withdrawn already is shown as it is."""
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{PATH}/{transaction_id}")
    path = f"{SERVICE}/{transaction_id}/withdraw"
    try:
        reply = post(visit, path, {})
        if reply.status == 404:
            raise ServiceProblem(reply)
        if reply.is_problem:
            return _show(visit, transaction_id, refusal=reply)
    except TokenRefused:
        return visit.see_other(f"{PATH}/{transaction_id}")
    except ServiceAway:
        raise Problem("service-away") from None
    return visit.see_other(f"{PATH}/{transaction_id}?done={_WITHDRAWN}")


def _show(visit: Visit, transaction_id: UUID, *, refusal: Reply | None = None) -> flask.Response:
    transaction = answer_or_problem(visit, f"{SERVICE}/{transaction_id}")
    if refusal and transaction["status"] == _WITHDRAWN:
        return visit.see_other(f"{PATH}/{transaction_id}?done={_WITHDRAWN}")
    return visit.render(
        "my_transaction.html",
        status=refusal.status if refusal else 200,
        faults=place_faults(refusal.document, by_field()) if refusal else NO_FAULTS,
        transaction=transaction,
        own=f"{PATH}/{transaction_id}",
        tone=tone_of_status(transaction["status"]),
        municipality=catalogue.branch_name(transaction["municipality"], visit.language),
        asked=asked_of(transaction),
        can_withdraw=transaction["status"] in _WITHDRAWABLE,
        done=done_of(visit, _DONE),
    )
