"""The table of pages. A page that isn't a row here doesn't exist.

A row says who may see the page: `public`, `inquirer` for a public form, or the electricity company's staff with a
scope.
"""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
from pages import marks
from pages.site import PUBLIC, Guard, Page, Site, Visit
from portal.api import (
    access_log,
    company,
    exports,
    grant,
    home,
    inquiry,
    inspections,
    permits,
    releases,
)
from portal.commands.sessions import SignedIn
from portal.context import Process
from portal.domain import tasks

PERMITS, OWN_GRANT, ACCESS_LOG = "permits", "own-grant", "access-log"
INSPECT, SIGNED_IN = "inspect", "signed-in"
INQUIRER = "inquirer"
_INSPECTION = "/sec/permits/<uuid:permit_id>/inspection"

TABLE = (
    Page("home", "/", PUBLIC, home.show_home),
    Page("inquiry", "/inquiry", INQUIRER, inquiry.show_inquiry),
    Page("inquiry_answer", "/inquiry", INQUIRER, inquiry.submit_inquiry, methods=("POST",)),
    Page("sec", "/sec", PUBLIC, company.show_tasks),
    Page("sec_sign_in", "/sec/sign-in/<task>", PUBLIC, company.begin_sign_in),
    Page("sec_signed_in", "/sec/signed-in", PUBLIC, company.finish_sign_in),
    Page("sec_sign_out", "/sec/sign-out", SIGNED_IN, company.sign_out, methods=("POST",)),
    Page("sec_permits", "/sec/permits", PERMITS, permits.show_search),
    Page("sec_permit_search", "/sec/permits", PERMITS, permits.submit_search, methods=("POST",)),
    Page("sec_permit", "/sec/permits/<uuid:permit_id>", PERMITS, permits.show_permit),
    Page("sec_permits_csv", "/sec/permits.csv", PERMITS, exports.send_csv, is_download=True),
    Page("sec_permits_xlsx", "/sec/permits.xlsx", PERMITS, exports.send_xlsx, is_download=True),
    Page("sec_inspection", _INSPECTION, INSPECT, inspections.show_form),
    Page("sec_inspection_entry", _INSPECTION, INSPECT, inspections.submit_form, methods=("POST",)),
    Page("sec_entry", "/sec/entries/<uuid:entry_id>", INSPECT, inspections.show_entry),
    Page("sec_grant", "/sec/grant", OWN_GRANT, grant.show_grant),
    Page("sec_access_log", "/sec/access-log", ACCESS_LOG, access_log.show_accesses),
    Page("sec_releases", "/sec/releases", PERMITS, releases.show_waiting),
)
_GUARDS: Mapping[str, Guard] = {
    INQUIRER: inquiry.admit,
    SIGNED_IN: partial(company.admit, scope=None),
    PERMITS: partial(company.admit, scope=tasks.READ),
    INSPECT: partial(company.admit, scope=tasks.INSPECT),
    OWN_GRANT: partial(company.admit, scope=tasks.STATUS),
    ACCESS_LOG: partial(company.admit, scope=tasks.LOG),
}
# Page of the navigation → the scope that it needs, its address and the text of its link.
_NAVIGATION = (
    ("sec_permits", tasks.READ, "/sec/permits", "nav_permits"),
    ("sec_releases", tasks.READ, "/sec/releases", "nav_releases"),
    ("sec_access_log", tasks.LOG, "/sec/access-log", "nav_access_log"),
    ("sec_grant", tasks.STATUS, "/sec/grant", "nav_grant"),
)


def site_of(process: Process) -> Site:
    """Returns the site of a process."""
    settings = process.settings
    return Site(
        process=process,
        table=TABLE,
        guards=_GUARDS,
        templates="portal",
        texts=_texts(),
        public_url=settings.public_url,
        beyond=[settings.issuer],
        frame=_frame,
    )


def plain_error_page(problem: Problem, asked: ErrorRequest) -> ErrorAnswer:
    """Returns the page of an error that no page answered: nothing is known of the visitor."""
    return _plain_site().error_shape(problem, asked)


@cache
def _plain_site() -> Site:
    return Site(
        process=None, table=(), guards={}, templates="portal", texts=_texts(), public_url=""
    )


def _texts() -> list[Path]:
    return [Path(__file__).parent / "templates" / "texts.json"]


def _frame(visit: Visit) -> Mapping[str, Any]:
    """Returns what the company's pages show around their content."""
    if not visit.path.startswith("/sec"):
        return {}
    area = visit.text("company_area")
    if visit.visitor is None:
        return {"area": area}
    signed_in: SignedIn = visit.known
    held = signed_in.caller.scopes
    return {
        "area": area,
        "person": _named_person(visit, signed_in),
        "sign_out": "/sec/sign-out",
        "nav": [
            {"page": page, "address": address, "text": visit.text(text)}
            for page, scope, address, text in _NAVIGATION
            if scope in held
        ],
    }


def _named_person(visit: Visit, signed_in: SignedIn) -> str:
    """Returns the name of the person with the organisation, for a shared desk: nobody works under a colleague's name
    by mistake."""
    person = signed_in.person
    if person is None:
        return visit.text("company_staff")
    organisation = person["organisation"][visit.language]
    return visit.text("person_of", name=marks.arabic(person["name"]), organisation=organisation)
