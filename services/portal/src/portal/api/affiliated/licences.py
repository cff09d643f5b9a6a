"""The licences of a municipality: a list, one licence, all as a file; a renewal and an end are asked for."""

from collections.abc import Mapping
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.affiliated import views
from portal.api.affiliated.applications import LIST as APPLICATIONS
from portal.api.asking import answer_or_problem, post
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.files import send_csv_of
from portal.api.listing import page_links, page_query
from portal.api.my.licences.asking import require_licence_number
from portal.domain import municipality_form, tasks
from saudi.days import legal_day

LIST, ONE = "/affiliated/licences", "/affiliated/licences/<licence_no>"
_SERVICE, _EXPORTS = "/v1/licences", "/v1/licence-exports"
_ROWS = 50
# A request about a licence → its path at the gateway, its fields, its body.
_REQUESTS: Mapping[str, Any] = {
    "renewal": ("renewals", municipality_form.RENEWAL, municipality_form.renewal_body),
    "cancellation": ("cancellations", municipality_form.REASON, municipality_form.reason_body),
}


def show_licences(visit: Visit) -> flask.Response:
    """GET /affiliated/licences: newest first, of a state or of all."""
    chosen = _chosen_status(visit)
    filters = {"status": chosen} if chosen else {}
    page = answer_or_problem(visit, _SERVICE, page_query(visit, _ROWS, filters))
    states = views.titles_of("LicenceStatus")
    return visit.render(
        "affiliated_licences.html",
        rows=[views.licence_row(one, visit) for one in page["items"]],
        tabs=[("", visit.text("all"), LIST)]
        + [
            (code, words[visit.language], f"{LIST}?status={code}") for code, words in states.items()
        ],
        chosen=chosen,
        file_address=f"{LIST}.csv" + (f"?status={chosen}" if chosen else ""),
        may_export=tasks.EXPORT_LICENCES in visit.known.caller.scopes,
        **page_links(visit, page),
    )


def send_licences(visit: Visit) -> flask.Response:
    """GET /affiliated/licences.csv: the gateway's own file."""
    chosen = _chosen_status(visit)
    asked = {"format": "csv", **({"status": chosen} if chosen else {})}
    return send_csv_of(visit, _EXPORTS, f"licences-{legal_day(visit.now)}", asked)


def _chosen_status(visit: Visit) -> str:
    named = visit.query.get("status", "")
    return named if named in views.titles_of("LicenceStatus") else ""


def show_licence(visit: Visit, licence_no: str) -> flask.Response:
    """GET /affiliated/licences/{number}."""
    licence = answer_or_problem(visit, _path_of(licence_no))
    may_submit = tasks.SUBMIT_LICENCES in visit.known.caller.scopes
    return visit.render(
        "affiliated_licence.html",
        licence=licence,
        details=views.details_of(licence),
        row=views.licence_row(licence, visit),
        can_ask=may_submit and municipality_form.is_in_life(licence),
        application=f"{APPLICATIONS}/{licence['application_id']}",
        address=f"{LIST}/{licence['licence_no']}",
    )


def show_request(visit: Visit, licence_no: str, change: str) -> flask.Response:
    """GET /affiliated/licences/{number}/{change}: the form of a renewal or an end."""
    return show_form(visit, _request_form(visit, licence_no, change))


def submit_request(visit: Visit, licence_no: str, change: str) -> flask.Response:
    """POST /affiliated/licences/{number}/{change}: leads to the application that it makes."""
    return submit_form(visit, _request_form(visit, licence_no, change))


def _request_form(visit: Visit, licence_no: str, change: str) -> EntryForm:
    """Returns the form of a request about a licence. Raises Problem for another word."""
    if change not in _REQUESTS:
        raise Problem("not-found")
    ending, fields, body_of = _REQUESTS[change]
    path = _path_of(licence_no)

    def look() -> Surroundings:
        licence = answer_or_problem(visit, path)
        blank = {"years": str(licence["years"])}
        return Surroundings(facts=views.licence_facts(licence, visit), blank=blank)

    return EntryForm(
        name=f"aff_{change}",
        address=f"{LIST}/{licence_no}/{change}",
        back=f"{LIST}/{licence_no}",
        fields=fields,
        look=look,
        send=lambda typed: post(visit, f"{path}/{ending}", body_of(typed), once=typed[KEY]),
        target=lambda answer: f"{APPLICATIONS}/{answer['application_id']}?done={change}",
    )


def _path_of(licence_no: str) -> str:
    return f"{_SERVICE}/{require_licence_number(licence_no)}"
