"""The table of pages. A page that isn't a row here doesn't exist.

A row says who may see the page: `public`, `inquirer` and `reporter` for public forms, or the people of an area with a
scope.
"""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
from pages import marks
from pages.site import PUBLIC, Guard, Page, Site, Visit
from portal.api import (
    access_log,
    areas,
    desk_actions,
    desk_calls,
    desk_inbox,
    desk_report,
    desk_statistics,
    exports,
    grant,
    home,
    inquiry,
    inspections,
    permits,
    public_forms,
    public_reports,
    releases,
    report_filing,
)
from portal.commands.sessions import SignedIn
from portal.context import Process
from portal.domain import tasks
from portal.domain.areas import AREAS, DESK, SEC, Area

PERMITS, OWN_GRANT, ACCESS_LOG = "permits", "own-grant", "access-log"
INSPECT, INQUIRER, REPORTER = "inspect", "inquirer", "reporter"
DESK_REPORTS, CALLS, STATISTICS = "desk-reports", "desk-calls", "desk-statistics"
_INSPECTION = "/sec/permits/<uuid:permit_id>/inspection"
_PHOTO = "/desk/reports/<uuid:report_id>/photos/<uuid:attachment_id>"
_ACTION = "/desk/reports/<uuid:report_id>/actions/<action>"


def _entrance_of(area: Area) -> tuple[Page, ...]:
    """Returns the pages by which people enter and leave an area."""
    name, path = area.name, area.path
    leave = f"{path}/sign-out"
    return (
        Page(name, path, PUBLIC, partial(areas.show_tasks, area=area)),
        Page(
            f"{name}_sign_in",
            f"{path}/sign-in/<task>",
            PUBLIC,
            partial(areas.begin_sign_in, area=area),
        ),
        Page(f"{name}_signed_in", area.callback, PUBLIC, partial(areas.finish_sign_in, area=area)),
        Page(f"{name}_sign_out", leave, name, areas.sign_out, methods=("POST",)),
    )


TABLE = (
    Page("home", "/", PUBLIC, home.show_home),
    Page("inquiry", "/inquiry", INQUIRER, inquiry.show_inquiry),
    Page("inquiry_answer", "/inquiry", INQUIRER, inquiry.submit_inquiry, methods=("POST",)),
    Page("report", report_filing.PHOTOS, REPORTER, report_filing.show_photos),
    Page(
        "report_photos",
        report_filing.PHOTOS,
        REPORTER,
        report_filing.submit_photos,
        methods=("POST",),
    ),
    Page("report_kind", report_filing.KINDS, REPORTER, report_filing.show_kinds),
    Page(
        "report_kind_choice",
        report_filing.KINDS,
        REPORTER,
        report_filing.submit_kind,
        methods=("POST",),
    ),
    Page("report_details", report_filing.DETAILS, REPORTER, report_filing.show_details),
    Page(
        "report_details_entry",
        report_filing.DETAILS,
        REPORTER,
        report_filing.submit_details,
        methods=("POST",),
    ),
    Page("report_similar", report_filing.SIMILAR, REPORTER, report_filing.show_similar),
    Page("report_review", report_filing.REVIEW, REPORTER, report_filing.show_review),
    Page(
        "report_sending",
        report_filing.REVIEW,
        REPORTER,
        report_filing.submit_report,
        methods=("POST",),
    ),
    Page("report_filed", report_filing.FILED, REPORTER, report_filing.show_filed),
    Page("reports", "/reports", PUBLIC, public_reports.show_list),
    Page("public_report", "/reports/<number>", PUBLIC, public_reports.show_report),
    Page("public_photo", "/reports/photos/<uuid:photo_id>", PUBLIC, public_reports.show_photo),
    *_entrance_of(SEC),
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
    *_entrance_of(DESK),
    Page("desk_reports", "/desk/reports", DESK_REPORTS, desk_inbox.show_inbox),
    Page("desk_search", "/desk/search", DESK_REPORTS, desk_inbox.show_search),
    Page(
        "desk_search_entry",
        "/desk/search",
        DESK_REPORTS,
        desk_inbox.submit_search,
        methods=("POST",),
    ),
    Page(
        "desk_treatment",
        "/desk/treatments",
        DESK_REPORTS,
        desk_actions.submit_treatment,
        methods=("POST",),
    ),
    Page("desk_call", "/desk/calls", CALLS, desk_calls.show_form),
    Page("desk_call_entry", "/desk/calls", CALLS, desk_calls.submit_form, methods=("POST",)),
    Page("desk_statistics", "/desk/statistics", STATISTICS, desk_statistics.show_month),
    Page(
        "desk_statistics_csv",
        "/desk/statistics.csv",
        STATISTICS,
        desk_statistics.send_month,
        is_download=True,
    ),
    Page("desk_report", "/desk/reports/<uuid:report_id>", DESK_REPORTS, desk_report.show_report),
    Page("desk_photo", _PHOTO, DESK_REPORTS, desk_report.show_photo, is_download=True),
    Page("desk_action", _ACTION, DESK_REPORTS, desk_actions.show_action),
    Page("desk_action_entry", _ACTION, DESK_REPORTS, desk_actions.submit_action, methods=("POST",)),
)
_GUARDS: Mapping[str, Guard] = {
    INQUIRER: public_forms.admit,
    REPORTER: public_forms.admit_reporter,
    **{name: partial(areas.admit, area=area, scope=None) for name, area in AREAS.items()},
    PERMITS: partial(areas.admit, area=SEC, scope=tasks.READ),
    INSPECT: partial(areas.admit, area=SEC, scope=tasks.INSPECT),
    OWN_GRANT: partial(areas.admit, area=SEC, scope=tasks.STATUS),
    ACCESS_LOG: partial(areas.admit, area=SEC, scope=tasks.LOG),
    DESK_REPORTS: partial(areas.admit, area=DESK, scope=tasks.READ_REPORTS),
    CALLS: partial(areas.admit, area=DESK, scope=tasks.FILE),
    STATISTICS: partial(areas.admit, area=DESK, scope=tasks.COUNT_REPORTS),
}
# Area → its navigation: page, the scope that it needs or none, its address and the text of its link.
_NAVIGATION: Mapping[str, Sequence[tuple[str, str, str, str]]] = {
    SEC.name: (
        ("sec_permits", tasks.READ, "/sec/permits", "nav_permits"),
        ("sec_releases", tasks.READ, "/sec/releases", "nav_releases"),
        ("sec_access_log", tasks.LOG, "/sec/access-log", "nav_access_log"),
        ("sec_grant", tasks.STATUS, "/sec/grant", "nav_grant"),
    ),
    DESK.name: (
        ("desk_reports", tasks.READ_REPORTS, "/desk/reports", "nav_reports"),
        ("desk_search", tasks.READ_REPORTS, "/desk/search", "nav_search"),
        ("desk_call", tasks.FILE, "/desk/calls", "nav_calls"),
        ("desk_statistics", tasks.COUNT_REPORTS, "/desk/statistics", "nav_statistics"),
        ("desk", "", "/desk?tasks=all", "nav_tasks"),
    ),
}


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
    folder = Path(__file__).parent / "templates"
    return [folder / "texts.json", folder / "desk_texts.json"]


def _frame(visit: Visit) -> Mapping[str, Any]:
    """Returns what the pages of an area show around their content."""
    area = AREAS.get(visit.path.split("/")[1])
    if area is None:
        return {}
    title = visit.text(f"{area.name}_area")
    if visit.visitor is None:
        return {"area": title}
    signed_in: SignedIn = visit.known
    held = signed_in.caller.scopes
    return {
        "area": title,
        "person": _named_person(visit, signed_in),
        "sign_out": f"{area.path}/sign-out",
        "nav": [
            {"page": page, "address": address, "text": visit.text(text)}
            for page, scope, address, text in _NAVIGATION[area.name]
            if not scope or scope in held
        ],
        "find": _find_of(visit) if area is DESK and tasks.READ_REPORTS in held else None,
    }


def _find_of(visit: Visit) -> Mapping[str, str]:
    """Returns the search by number, which stands on every page of the desk."""
    return {
        "address": "/desk/search",
        "text": visit.text("desk_find"),
        "button": visit.text("desk_find_button"),
    }


def _named_person(visit: Visit, signed_in: SignedIn) -> str:
    """Returns the name of the person with the organisation, for a shared desk: nobody works under a colleague's name
    by mistake."""
    person = signed_in.person
    if person is None:
        return visit.text(f"{signed_in.area.name}_staff")
    organisation = person["organisation"][visit.language]
    return visit.text("person_of", name=marks.arabic(person["name"]), organisation=organisation)
