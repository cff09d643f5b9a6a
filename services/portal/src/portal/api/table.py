"""The table of pages. A page that isn't a row here doesn't exist.

Each part of the portal has its rows in a `table` of its own. A row says who may see the page: `public`, a guard of
public forms, or the people of an area with a scope (`areas.needs`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from chassis.access.persons import acts_for
from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
from pages import marks
from pages.site import PUBLIC, Page, Site, Visit
from portal.api import sign_in_pages
from portal.api.affiliated import table as affiliated
from portal.api.appointments import table as appointments
from portal.api.areas import NavigationRow, ends_with_token, guards_of, needs, sign_out_of
from portal.api.centre import table as centre
from portal.api.desk.administration import affiliated_table as affiliated_administration
from portal.api.desk.administration import centre_table as centre_administration
from portal.api.desk.administration import company_table as company_administration
from portal.api.desk.administration import table as administration
from portal.api.desk.appointments import table as desk_appointments
from portal.api.desk.health import table as desk_health
from portal.api.desk.inspections import table as inspections
from portal.api.desk.licences import table as desk_licences
from portal.api.desk.payments import table as desk_payments
from portal.api.desk.permits import table as desk_permits
from portal.api.desk.reports import table as desk_reports
from portal.api.desk.tenders import table as desk_tenders
from portal.api.desk.texts import table as desk_texts
from portal.api.desk.transactions import table as desk_transactions
from portal.api.desk.work_orders import table as desk_work_orders
from portal.api.my import table as my
from portal.api.my.delegations import table as my_delegations
from portal.api.my.health import table as my_health
from portal.api.my.licences import table as my_licences
from portal.api.my.transactions import table as my_transactions
from portal.api.places import place_of, place_of_lease
from portal.api.public import table as public
from portal.api.sec import table as sec
from portal.api.tenders import table as tenders
from portal.commands.sessions import SignedIn
from portal.context import Process
from portal.domain import tasks
from portal.domain.administration import unsaved_inputs
from portal.domain.areas import AFFILIATED, AREAS, CENTRE, DESK, MY, SEC, Area
from portal.domain.licence_rules import joined_differences

# The tables of the parts, in the order of the navigation. A new part is a line here.
_PUBLIC_PARTS: Sequence[ModuleType] = (public, appointments, tenders)
_PARTS: Sequence[tuple[Area, Sequence[ModuleType]]] = (
    (SEC, (sec, company_administration)),
    (
        DESK,
        (
            desk_reports,
            desk_work_orders,
            desk_appointments,
            desk_permits,
            inspections,
            desk_licences,
            desk_transactions,
            desk_tenders,
            desk_payments,
            desk_health,
            administration,
            desk_texts,
        ),
    ),
    (MY, (my, my_licences, my_transactions, my_health, my_delegations)),
    (CENTRE, (centre, centre_administration)),
    (AFFILIATED, (affiliated, affiliated_administration)),
)


def _pages_of(area: Area, parts: Sequence[ModuleType]) -> Iterator[Page]:
    """Yields the pages by which people enter and leave an area, and the pages of its parts."""
    name, path = area.name, area.path
    sign_in, leave = f"{path}/sign-in/<task>", f"{path}/sign-out"
    yield Page(name, path, PUBLIC, partial(sign_in_pages.show_tasks, area=area))
    yield Page(f"{name}_sign_in", sign_in, PUBLIC, partial(sign_in_pages.begin_sign_in, area=area))
    finish = partial(sign_in_pages.finish_sign_in, area=area)
    yield Page(f"{name}_signed_in", area.callback, PUBLIC, finish)
    sign_out = sign_in_pages.sign_out
    yield Page(sign_out_of(area), leave, needs(area), sign_out, methods=("POST",))
    for part in parts:
        yield from map(ends_with_token, part.PAGES)


def _navigation_of(area: Area, parts: Sequence[ModuleType]) -> Sequence[NavigationRow]:
    """Returns the navigation of an area. A person sees the rows whose scope the session holds. The company's people
    don't change their task."""
    rows = [row for part in parts for row in part.NAVIGATION]
    tasks_row = NavigationRow(area.name, "", f"{area.path}?tasks=all", f"nav_{area.name}_tasks")
    return rows if area is SEC else [*rows, tasks_row]


TABLE: Sequence[Page] = (
    *(page for part in _PUBLIC_PARTS for page in part.PAGES),
    *(page for area, parts in _PARTS for page in _pages_of(area, parts)),
)
_GUARDS = {**public.GUARDS, **guards_of(TABLE)}
_NAVIGATION = {area.name: _navigation_of(area, parts) for area, parts in _PARTS}


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
        unsaved=unsaved_inputs(),
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
    return sorted((Path(__file__).parent / "templates").glob("*texts.json"))


def _frame(visit: Visit) -> Mapping[str, Any]:
    """Returns what templates know of every page, and what the pages of an area show around their content."""
    return {
        "place_of": lambda thing: place_of(thing, visit.language),
        "rule_lines": joined_differences,
        "place_of_lease": lambda lease: place_of_lease(lease, visit.language),
        **_area_frame(visit),
    }


def _area_frame(visit: Visit) -> Mapping[str, Any]:
    area = AREAS.get(visit.path.split("/")[1])
    if area is None:
        return {}
    title = visit.text(f"{area.name}_area")
    if visit.visitor is None:
        return {"area": title}
    signed_in: SignedIn = visit.known
    held = signed_in.scopes
    return {
        "area": title,
        "person": _named_person(visit, signed_in),
        "asked_service": signed_in.service,
        "sign_out": f"{area.path}/sign-out",
        "nav": [
            {"page": row.page, "address": row.address, "text": visit.text(row.text)}
            for row in _NAVIGATION[area.name]
            if not row.scope or row.scope in held
        ],
        "find": _find_of(visit, held) if area is DESK else None,
    }


# The scope of a search by number → its address, and the name of its texts.
_FINDS = (
    (tasks.READ_REPORTS, "/desk/search", "desk_find"),
    (tasks.READ_PERMITS, "/desk/permits", "permit_find"),
    (tasks.READ_LICENCES, "/desk/licences", "licence_find"),
    (tasks.READ_TENDERS, "/desk/tenders", "tender_find"),
)


def _find_of(visit: Visit, held: Collection[str]) -> Mapping[str, str] | None:
    """Returns the search by number, which stands on every page of the desk: for reports or for permits, as the person
    signed in."""
    for scope, address, name in _FINDS:
        if scope in held:
            text, button = visit.text(name), visit.text(f"{name}_button")
            return {"address": address, "text": text, "button": button}
    return None


def _named_person(visit: Visit, signed_in: SignedIn) -> str:
    """Returns the name of the person with the organisation, for a shared desk: nobody works under a colleague's name
    by mistake. A citizen's name stands with the establishments for which the citizen acts."""
    person = signed_in.person
    if person is None:
        return visit.text(f"{signed_in.area.name}_staff")
    if "organisation" not in person:
        establishments = sorted(acts_for(signed_in.newest_caller))
        if not establishments:
            return marks.arabic(person["name"])
        numbers = marks.code(" ".join(establishments))
        return visit.text("my_acting_for", name=marks.arabic(person["name"]), numbers=numbers)
    organisation = person["organisation"][visit.language]
    return visit.text("person_of", name=marks.arabic(person["name"]), organisation=organisation)
