"""What a citizen has at `licences`: drafts, applications, licences, violations; one application."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from pages import marks
from pages.forms import NO_FAULTS, Faults
from pages.site import Visit
from portal import catalogue
from portal.api import listing
from portal.api.asking import ServiceProblem, answer_or_problem, ask
from portal.api.files import send_file_of
from portal.api.listing import page_links, page_query
from portal.api.my.licences.asking import (
    APPLICATIONS,
    names_of_activities,
)
from portal.domain import licence_applications as rules
from portal.domain import licence_form
from portal.outside.services import ServiceAway

_ROWS = 10
_MINE = "/v1/my/licence-applications"
# What a page says was done; any other word in the address says nothing.
DONE = frozenset(
    (
        *("sent", "corrected", "withdrawn", "attached", "kept", "dropped", "gone", "objected"),
        *("lost", "removed", "not_done", "point"),
    )
)
_WITHDRAWN_BY = ("owner", "delegate", "municipality", "system")


def show_overview(visit: Visit) -> flask.Response:
    """GET /my/licences: what the citizen does now and until when, then licences, violations, drafts."""
    applications = _page_of(visit, _MINE, "applications")
    licences = _page_of(visit, "/v1/my/licences", "licences")
    violations = _page_of(visit, "/v1/my/violations", "violations")
    drafts = answer_or_problem(visit, "/v1/my/licence-drafts")["items"]
    return visit.render(
        "my_licences.html",
        done=done_at_licences(visit),
        applications=applications,
        licences=licences,
        violations=violations,
        activity_names=names_of_activities(visit) if applications["items"] else {},
        drafts=[(one, licence_form.read_draft(one["form"])) for one in drafts],
        rules=rules,
        branches=catalogue.branches(),
    )


def _page_of(visit: Visit, path: str, name: str) -> Mapping[str, Any]:
    """Returns a page of a list, with the address of the next page. The address has a cursor for each list."""
    page = answer_or_problem(visit, path, page_query(visit, _ROWS, name=name))
    links = page_links(visit, page, name=name)
    return {"items": page["items"], "next": links["next_address"], "first": links["first_address"]}


def done_at_licences(visit: Visit) -> str | None:
    """Returns what was done just before, as the address says."""
    return listing.done_of(visit, DONE)


def show_application(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /my/licences/applications/{id}."""
    return render_application(visit, application_id)


def render_application(
    visit: Visit, application_id: UUID, *, faults: Faults = NO_FAULTS, status: int = 200
) -> flask.Response:
    """Renders what the applicant does now and until when, who else is awaited, the bill, the decision and the files.
    Raises Problem and TokenRefused."""
    path = f"{_MINE}/{application_id}"
    application = answer_or_problem(visit, path)
    return visit.render(
        "my_licence_application.html",
        status=status,
        faults=faults,
        done=_done_of(visit, application),
        application=application,
        ended=_ended_words(visit, application),
        rules=rules,
        bill=_bill_of(visit, path),
        decision=answer_or_problem(visit, f"{path}/decision"),
        files=answer_or_problem(visit, f"{path}/files")["items"],
        activities=names_of_activities(visit),
        address=f"{APPLICATIONS}/{application_id}",
    )


def _done_of(visit: Visit, application: Mapping[str, Any]) -> str | None:
    """Returns what was done just before. The notice of a sent application promises news, so it's left out once the
    application was decided."""
    done = done_at_licences(visit)
    is_old = rules.who_acts(application) == rules.NOBODY
    return None if is_old and done in ("sent", "corrected") else done


def _ended_words(visit: Visit, application: Mapping[str, Any]) -> Any:
    """Returns how an application ended: for a withdrawn one, who withdrew it and when."""
    withdrawn = application.get("withdrawn")
    if application["status"] != "withdrawn" or withdrawn is None:
        return visit.words_of("my_licence_ended", application["status"])
    by = withdrawn["by"]
    name = by if by in _WITHDRAWN_BY else "unknown"
    at = marks.moment(withdrawn["at"], visit.language)
    return visit.text(f"my_licence_withdrawn_by_{name}", at=at)


def _bill_of(visit: Visit, path: str) -> Mapping[str, Any] | None:
    """Returns the bill; None where there is none. Raises Problem and TokenRefused."""
    try:
        reply = ask(visit, f"{path}/bill")
    except ServiceAway:
        return None
    if reply.status == 404:
        return None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return reply.document


def show_application_file(
    visit: Visit, application_id: UUID, attachment_id: UUID
) -> flask.Response:
    """GET /my/licences/applications/{id}/files/{id}: a file, fetched with the person's own token."""
    path = f"{_MINE}/{application_id}/files/{attachment_id}"
    return send_file_of(visit, path, f"file-{attachment_id}")
