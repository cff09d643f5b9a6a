"""The inbox of transactions, one transaction with its history, and who waits for whom."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal import catalogue
from portal.api.asking import answer_or_problem, ask
from portal.api.desk.transactions.views import (
    KINDS,
    facts_of,
    history_of,
    kinds_if_there,
    row_of,
)
from portal.api.files import send_file_of
from portal.api.listing import NO_LINKS, done_of, page_links
from portal.api.transaction_tones import tone_of_status
from portal.domain.tasks import ENTER_TRANSACTIONS
from portal.domain.transaction_desk import (
    ACTIONS,
    FILTERS,
    PATH,
    VIEWS,
    address_of,
    filters_of,
    inbox_query,
    list_offered_actions,
    told_of,
    transaction_number,
    view_of,
)
from portal.outside.services import ServiceAway


def show_inbox(visit: Visit) -> flask.Response:
    """GET /desk/transactions: what the person's departments have now; all others by view and filter."""
    try:
        reply = ask(visit, "/v1/transactions", inbox_query(visit.query))
        kinds = ask(visit, KINDS).document
    except ServiceAway:
        return _show_inbox(visit, {}, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(FILTERS))
        return _show_inbox(visit, kinds, faults=faults, status=reply.status)
    return _show_inbox(visit, kinds, page=reply.document)


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/transactions: looks for a number. Anything else stands in no address: people type identity numbers
    into any field."""
    typed = visit.form.get("number", "")
    number = transaction_number(typed)
    if number is None:
        faults = Faults([FieldFault("number", visit.text("transactions_no_number"))])
        return _show_inbox(visit, kinds_if_there(visit), faults=faults, status=400)
    return visit.see_other(f"{PATH}?number={number}")


def _show_inbox(
    visit: Visit,
    kinds: Mapping[str, Any],
    *,
    page: Mapping[str, Any] | None = None,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    language, chosen = visit.language, filters_of(visit.query)
    counts = page.get("counts", {}) if page else {}
    return visit.render(
        "transactions_inbox.html",
        status=status,
        faults=faults,
        is_away=is_away,
        view=view_of(visit.query),
        views=[(name, address_of(name, chosen), counts.get(name)) for name in VIEWS],
        number=transaction_number(visit.query.get("number", "")),
        chosen={name: chosen.get(name, "") for name in FILTERS},
        lists={
            "department": _choices(kinds.get("departments", ()), language),
            "kind": _choices(kinds.get("items", ()), language),
            "municipality": catalogue.branch_choices(language),
        },
        rows=[row_of(one, language) for one in page["items"]] if page else None,
        was_referred="done" in visit.query,
        may_enter=ENTER_TRANSACTIONS in visit.known.scopes,
        **(page_links(visit, page) if page else NO_LINKS),
    )


def _choices(coded: Any, language: str) -> list[tuple[str, str]]:
    return [(one["code"], one[language]) for one in coded]


def show_transaction(visit: Visit, transaction_id: UUID) -> flask.Response:
    """GET /desk/transactions/{id}."""
    transaction = answer_or_problem(visit, f"/v1/transactions/{transaction_id}")
    done = done_of(visit, (*ACTIONS, "entry"))
    return visit.render(
        "transactions_one.html",
        transaction=transaction,
        own=f"{PATH}/{transaction_id}",
        facts=facts_of(visit, transaction),
        history=history_of(visit, transaction["history"]),
        tone=tone_of_status(transaction["status"]),
        municipality=catalogue.branch_name(transaction["municipality"], visit.language),
        actions=list_offered_actions(
            transaction["status"],
            visit.known.scopes,
            in_charge=transaction["in_charge"],
            is_from_portal=transaction["channel"] == "web",
        ),
        is_registry=ENTER_TRANSACTIONS in visit.known.scopes,
        done=done,
        told=told_of(done, transaction),
    )


def show_workload(visit: Visit) -> flask.Response:
    """GET /desk/transactions/workload: what each department has, what is late, and who waits for whom."""
    workload = answer_or_problem(visit, "/v1/workload")
    return visit.render("transactions_workload.html", workload=workload)


def send_document(visit: Visit, transaction_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /desk/transactions/{id}/documents/{id}: a file of the transaction."""
    path = f"/v1/transactions/{transaction_id}/attachments/{attachment_id}"
    return send_file_of(visit, path, f"document-{attachment_id}")


def send_letter(visit: Visit, transaction_id: UUID, letter_id: UUID) -> flask.Response:
    """GET /desk/transactions/{id}/letters/{id}: a signed letter."""
    path = f"/v1/transactions/{transaction_id}/letters/{letter_id}/document"
    return send_file_of(visit, path, f"letter-{letter_id}")
