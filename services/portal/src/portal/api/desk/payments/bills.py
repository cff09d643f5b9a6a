"""Bills: found by any number, listed by state, and one with its parts and its money."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from chassis.core.times import rfc3339
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, ask, post
from portal.api.desk.payments import views
from portal.api.listing import NO_LINKS, page_links, page_query
from portal.domain.inputs import read_inputs
from portal.domain.tasks import TAKE_MONEY
from portal.outside.services import Reply, ServiceAway

PATH, BILL = "/desk/payments", "/desk/payments/bills"
BILLS, _SEARCHES = "/v1/bills", "/v1/bill-searches"
_STATES = ("registered", "requested", "settled", "refused", "cancelled", "expired")
_ROWS = 50
# Beside the number that was typed: the bills that were found, and when.
_FOUND, _FOUND_AT = "found", "found_at"


def show_bills(visit: Visit) -> flask.Response:
    """GET /desk/payments: the search, and the newest bills; or the bills that a search found. The service journals
    each search, so a form is searched once."""
    kept = saved_forms.read(visit, PATH) or {}
    number = str(kept.get("number", ""))
    try:
        if _FOUND in kept:
            return _show_found(visit, number, kept)
        if number:
            return _search(visit, number)
        return _list(visit)
    except ServiceAway:
        return _render(visit, number, is_away=True, status=503)


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/payments: keeps the number, and leads to a page whose address doesn't have it."""
    key = saved_forms.save(visit, PATH, read_inputs(visit.form, ("number",)))
    return visit.see_other(f"{PATH}?form={key}")


def _search(visit: Visit, number: str) -> flask.Response:
    body = {"number": number, "limit": _ROWS}
    reply = post(visit, _SEARCHES, body)
    if reply.is_problem:
        return _render_faults(visit, number, reply)
    found = {_FOUND: reply.document["items"], _FOUND_AT: rfc3339(visit.now)}
    saved_forms.add_found(visit, found)
    if len(found[_FOUND]) == 1:
        return visit.see_other(f"{BILL}/{found[_FOUND][0]['bill_id']}")
    return _show_found(visit, number, found)


def _show_found(visit: Visit, number: str, found: Mapping[str, Any]) -> flask.Response:
    rows = [views.bill_row(one, visit) for one in found[_FOUND]]
    return _render(visit, number, rows=rows, found_at=found[_FOUND_AT])


def _list(visit: Visit) -> flask.Response:
    status = visit.query.get("status", "")
    filters = {"status": status} if status else {}
    reply = ask(visit, BILLS, page_query(visit, _ROWS, filters))
    if reply.is_problem:
        return _render_faults(visit, "", reply)
    return _render(
        visit,
        "",
        rows=[views.bill_row(one, visit) for one in reply.document["items"]],
        **page_links(visit, reply.document),
    )


def _render_faults(visit: Visit, number: str, reply: Reply) -> flask.Response:
    faults = place_faults(reply.document, by_field(("number",)))
    return _render(visit, number, faults=faults, status=reply.status)


def _render(
    visit: Visit, number: str, *, faults: Faults = NO_FAULTS, status: int = 200, **page: Any
) -> flask.Response:
    empty = {"rows": None, "found_at": None, "is_away": False}
    chosen = visit.query.get("status", "")
    tabs = [("", visit.text("all"), PATH)] + [
        (one, visit.text(f"bill_status_{one}"), f"{PATH}?{urlencode({'status': one})}")
        for one in _STATES
    ]
    return visit.render(
        "desk_bills.html",
        status=status,
        faults=faults,
        number=number,
        tabs=tabs,
        chosen=chosen,
        **{**empty, **NO_LINKS, **page},
    )


def show_bill(visit: Visit, bill_id: UUID) -> flask.Response:
    """GET /desk/payments/bills/{id}."""
    bill = answer_or_problem(visit, f"{BILLS}/{bill_id}")
    takes_money = bill["status"] in ("requested", "registered") and not bill["being_cancelled"]
    return visit.render(
        "desk_bill.html",
        bill=bill,
        row=views.bill_row(bill, visit),
        facts=views.bill_facts(bill, visit),
        payments=[views.payment_row(one, visit) for one in bill["payments"]],
        history=views.history_of(bill["history"], visit),
        may_take=takes_money and TAKE_MONEY in visit.known.caller.scopes,
        printed_at=visit.now,
    )
