"""The addresses that a municipality has told of changes: a list, a new one, a proof, a test delivery, an end."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.affiliated import views
from portal.api.asking import ServiceProblem, answer_or_problem, post
from portal.api.listing import done_of, page_links, page_query
from portal.api.saved_forms import FormPage
from portal.domain import municipality_form
from portal.domain.entry_form import read_entry
from portal.outside.services import ServiceAway

LIST, ONE = "/affiliated/addresses", "/affiliated/addresses/<uuid:webhook_id>"
_SERVICE = "/v1/webhooks"
_ROWS = 20
# What is done with an address by a button.
_ACTIONS = ("challenge", "test", "secret", "remove")
_DONE = ("challenge", "test", "remove", "again")


def show_addresses(visit: Visit) -> flask.Response:
    """GET /affiliated/addresses: the addresses, and the form for another one."""
    kept = saved_forms.restore(visit)
    typed = read_entry(municipality_form.ADDRESS, kept or {})
    return _show_list(visit, typed, was_kept=kept is not None)


def _show_list(
    visit: Visit,
    typed: Mapping[str, Any],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    is_away: bool = False,
    was_kept: bool = False,
) -> flask.Response:
    """Renders the list; while the gateway is away the form stands alone."""
    items = None if is_away else answer_or_problem(visit, _SERVICE)["items"]
    return visit.render(
        "affiliated_addresses.html",
        status=status,
        faults=faults,
        typed=typed,
        rows=None if items is None else [views.webhook_row(one, visit) for one in items],
        done=done_of(visit, _DONE),
        is_away=is_away,
        was_kept=was_kept,
    )


def submit_address(visit: Visit) -> flask.Response:
    """POST /affiliated/addresses: registers an address. The answer shows its secret, which nobody shows again."""
    typed = read_entry(municipality_form.ADDRESS, visit.form)
    page = FormPage(
        address=LIST,
        show=partial(_show_list, visit),
        input_of=by_field(("url",)),
    )
    answer = saved_forms.send(visit, page, typed, lambda: post(visit, _SERVICE, typed))
    return answer if isinstance(answer, flask.Response) else _show_secret(visit, answer)


def _show_secret(visit: Visit, answer: Mapping[str, Any]) -> flask.Response:
    webhook = answer["webhook"]
    return visit.render(
        "affiliated_secret.html",
        secret=answer["secret"],
        row=views.webhook_row(webhook, visit),
    )


def show_address(visit: Visit, webhook_id: UUID) -> flask.Response:
    """GET /affiliated/addresses/{id}: the state of an address, and what was delivered to it."""
    return _show_address(visit, webhook_id)


def _show_address(
    visit: Visit, webhook_id: UUID, *, conflict: str | None = None, status: int = 200
) -> flask.Response:
    path = f"{_SERVICE}/{webhook_id}"
    webhook = answer_or_problem(visit, path)
    page = answer_or_problem(visit, f"{path}/deliveries", page_query(visit, _ROWS))
    return visit.render(
        "affiliated_address.html",
        status=status,
        webhook=webhook,
        row=views.webhook_row(webhook, visit),
        deliveries=[views.delivery_row(one, visit) for one in page["items"]],
        conflict=conflict,
        done=done_of(visit, _DONE),
        address=f"{LIST}/{webhook_id}",
        **page_links(visit, page),
    )


def submit_action(visit: Visit, webhook_id: UUID, action: str) -> flask.Response:
    """POST /affiliated/addresses/{id}/{action}: has the address prove itself, tests it, changes its secret or ends it.
    Raises Problem for another word."""
    if action not in _ACTIONS:
        raise Problem("not-found")
    page = f"{LIST}/{webhook_id}"
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{page}?done=again")
    try:
        reply = post(visit, f"{_SERVICE}/{webhook_id}/{action}", {})
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    if reply.is_problem:
        return _show_address(
            visit, webhook_id, conflict=saved_forms.words_of(reply), status=reply.status
        )
    if action == "secret":
        return _show_secret(visit, reply.document)
    return visit.see_other(f"{LIST if action == 'remove' else page}?done={action}")
