"""The applications of a municipality: a list, one application, its withdrawal."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from portal.api.affiliated import views
from portal.api.asking import answer_or_problem, post
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.listing import NO_LINKS, done_of, page_links, page_query
from portal.api.my.licences.asking import names_of_activities
from portal.domain import municipality_form, tasks
from portal.domain.inputs import read_input
from saudi.text import fold_digits

LIST, ONE = "/affiliated/applications", "/affiliated/applications/<uuid:application_id>"
SERVICE_LIST = "/v1/licence-applications"
_ROWS = 50
_SHORTEST, _LONGEST = 12, 15  # digits of the number of an application or a licence
_DONE = ("submitted", "corrected", "withdrawal", "renewal", "cancellation")


def show_applications(visit: Visit) -> flask.Response:
    """GET /affiliated/applications: those of a number or of a state, newest first."""
    number, status = visit.query.get("number", ""), visit.query.get("status", "")
    chosen = status if status in views.titles_of("ApplicationStatus") else ""
    if number:
        page = _find_by_number(visit, number)
    else:
        filters = {"status": chosen} if chosen else {}
        page = answer_or_problem(visit, SERVICE_LIST, page_query(visit, _ROWS, filters))
    return _render_list(visit, number, chosen, page=page)


def _find_by_number(visit: Visit, number: str) -> Mapping[str, Any]:
    """Returns the applications of a number of their own, or of the number of a licence."""
    for name in ("application_no", "licence_no"):
        page: Mapping[str, Any] = answer_or_problem(
            visit, SERVICE_LIST, page_query(visit, _ROWS, {name: number})
        )
        if page["items"]:
            break
    return page


def submit_search(visit: Visit) -> flask.Response:
    """POST /affiliated/applications: leads to the applications of a number. People type identity numbers into any
    field, so only what can be the number of an application or a licence comes into an address."""
    number = fold_digits(read_input(visit.form, "number"))
    if not (number.isdecimal() and _SHORTEST <= len(number) <= _LONGEST):
        faults = Faults([FieldFault("number", visit.text("aff_number_wrong"))])
        return _render_list(visit, number, "", faults=faults, status=400)
    return visit.see_other(f"{LIST}?{urlencode({'number': number})}")


def _render_list(
    visit: Visit,
    number: str,
    chosen: str,
    *,
    page: Mapping[str, Any] | None = None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
) -> flask.Response:
    rows = [views.application_row(one, visit) for one in page["items"]] if page else None
    return visit.render(
        "affiliated_applications.html",
        status=status,
        faults=faults,
        number=number,
        chosen=chosen,
        statuses=[
            (code, words[visit.language])
            for code, words in views.titles_of("ApplicationStatus").items()
        ],
        rows=rows,
        **(page_links(visit, page) if page else NO_LINKS),
    )


def show_application(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /affiliated/applications/{id}: whose turn it is, what is missing, the bill, and the decision."""
    application = answer_or_problem(visit, f"{SERVICE_LIST}/{application_id}")
    may_submit = tasks.SUBMIT_LICENCES in visit.known.caller.scopes
    return visit.render(
        "affiliated_application.html",
        application=application,
        details=views.details_of(application),
        row=views.application_row(application, visit),
        waited=views.waited_conditions(application, visit.language),
        bill=views.bill_view(application["bill"], visit),
        activities=names_of_activities(visit),
        can_correct=may_submit and municipality_form.is_correctable(application),
        can_withdraw=may_submit and municipality_form.is_withdrawable(application),
        is_withdrawn_elsewhere=may_submit
        and municipality_form.obstacle_to_withdrawal(application) == "elsewhere",
        done=done_of(visit, _DONE),
        address=f"{LIST}/{application_id}",
    )


def show_withdrawal(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /affiliated/applications/{id}/withdrawal: asks why."""
    return show_form(visit, _withdrawal(visit, application_id))


def submit_withdrawal(visit: Visit, application_id: UUID) -> flask.Response:
    """POST /affiliated/applications/{id}/withdrawal."""
    return submit_form(visit, _withdrawal(visit, application_id))


def _withdrawal(visit: Visit, application_id: UUID) -> EntryForm:
    page, path = f"{LIST}/{application_id}", f"{SERVICE_LIST}/{application_id}"

    def look() -> Surroundings:
        application = answer_or_problem(visit, path)
        obstacle = municipality_form.obstacle_to_withdrawal(application)
        return Surroundings(
            facts=views.facts_of(application, visit),
            warning=f"aff_withdrawn_{obstacle}" if obstacle else "",
            is_closed=bool(obstacle),
        )

    return EntryForm(
        name="aff_withdrawal",
        address=f"{page}/withdrawal",
        back=page,
        fields=municipality_form.REASON,
        look=look,
        send=lambda typed: post(
            visit, f"{path}/withdrawals", municipality_form.reason_body(typed), once=typed[KEY]
        ),
        target=lambda _: f"{page}?done=withdrawal",
    )
