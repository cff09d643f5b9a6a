"""The lists of tenders and of leases, by state and municipality, and an offering by its number."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from portal import catalogue
from portal.api.asking import answer_or_problem
from portal.api.desk.tenders.views import row_of
from portal.api.desk.work_lists import show_work_list
from portal.api.listing import NO_LINKS, chosen_view, page_query
from portal.domain.offerings import is_offering_number
from portal.domain.permit_queues import branch_of
from portal.domain.tasks import PREPARE_TENDERS
from portal.domain.tender_desk import (
    ALL,
    DESK_KINDS,
    PAGE_ROWS,
    TENDER_DESK,
    DeskKind,
    typed_number,
)


def show_list(visit: Visit, kind: DeskKind) -> flask.Response:
    """GET /desk/tenders, GET /desk/leases."""
    view, branch = chosen_view(visit.query, kind.views), branch_of(visit.query)
    filters = {} if view == ALL else {"status": view}
    return show_work_list(
        visit,
        kind.service_path,
        page_query(visit, PAGE_ROWS, filters | ({"municipality": branch} if branch else {})),
        partial(_render, visit, kind, view, branch),
        row_of=partial(row_of, visit, kind),
        inputs=("municipality",),
    )


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/tenders: leads to the tender or lease of a number. Anything else stands in no address: people type
    identity numbers into any field."""
    number = typed_number(visit.form.get("number", ""))
    if not is_offering_number(number):
        return _show_fault(visit, "tender_number_wrong")
    for kind in DESK_KINDS.values():
        found = answer_or_problem(visit, kind.service_path, {"number": number})["items"]
        if found:
            return visit.see_other(f"{kind.path}/{found[0][kind.id_field]}")
    return _show_fault(visit, "tender_number_unknown")


def _show_fault(visit: Visit, text: str) -> flask.Response:
    faults = Faults([FieldFault("find", visit.text(text))])
    view = chosen_view({}, TENDER_DESK.views)
    return _render(visit, TENDER_DESK, view, "", faults=faults, status=400)


def _render(
    visit: Visit,
    kind: DeskKind,
    view: str,
    branch: str,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    filters = {"municipality": branch} if branch else {}
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "desk_offerings.html",
        status=status,
        faults=faults,
        kind=kind,
        view=view,
        branch=branch,
        tabs=[
            (
                name,
                visit.text(f"desk_tender_view_{name}"),
                f"{kind.path}?{urlencode({'view': name, **filters})}",
            )
            for name in kind.views
        ],
        branches=catalogue.branch_choices(visit.language),
        may_draft=PREPARE_TENDERS in visit.known.scopes,
        **{**empty, **page},
    )
