"""The visits of inspectors: those that are due today, one with its address, and its result."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import flask
from markupsafe import escape

from pages import marks
from pages.forms import NO_FAULTS, Faults
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.desk.action_forms import ActedThing, Thing
from portal.api.desk.licences import views
from portal.api.desk.licences.views import Facts
from portal.api.desk.work_lists import show_work_list
from portal.api.listing import NO_LINKS, chosen_view, done_of, page_query
from portal.api.my.licences.asking import names_of_activities
from portal.api.places import place_of
from portal.domain.licence_desk import HELD, PAGE_ROWS
from portal.domain.licence_desk_actions import VISIT_ACTIONS
from portal.domain.tasks import INSPECT_SHOPS, RECORD_VIOLATIONS
from saudi.days import legal_day

PATH, _SERVICE = "/desk/inspections", "/v1/licence-inspections"
VISITS, NEW_VIOLATION = f"{PATH}/visits", f"{PATH}/violations/new"
_VIEWS = ("today", "due", "passed", "failed")


def show_visits(visit: Visit) -> flask.Response:
    """GET /desk/inspections: what is due by today, all that is due, or what was found."""
    view = chosen_view(visit.query, _VIEWS)
    return show_work_list(
        visit,
        _SERVICE,
        page_query(visit, PAGE_ROWS, _filters_of(visit, view)),
        partial(_render, visit, view),
        row_of=partial(_row_of, visit),
    )


def _filters_of(visit: Visit, view: str) -> dict[str, str]:
    if view == "today":
        return {"due_until": legal_day(visit.now).isoformat()}
    return {"result": view}


def _row_of(visit: Visit, one: Thing) -> dict[str, Any]:
    """Returns a visit as the list shows it: where to go comes first."""
    return {
        "address": f"{VISITS}/{one['inspection_id']}",
        "name": _name_of(one) or marks.code(one["application_no"] or ""),
        "place": _address_of(visit, one),
        "map": map_address(one["place"]),
        "due_on": one["due_on"],
        "is_overdue": one["result"] is None and one["due_on"] < legal_day(visit.now).isoformat(),
        "stage": one["stage"],
        "result": one["result"],
    }


def _name_of(one: Thing) -> Any:
    return marks.arabic(one["trade_name"]["ar"]) if one["trade_name"] else None


def _address_of(visit: Visit, one: Thing) -> Any:
    """Returns the address in one line; None once the personal data were emptied."""
    place = one["place"]
    if place is None:
        return None
    numbered = {
        name: visit.text(f"visit_{name}", number=place[name])
        for name in ("plan", "plot")
        if place[name]
    }
    street = marks.arabic(place["street"]) if place["street"] else None
    numbers = map(marks.sentence, numbered.values())
    parts = (street, place_of(place, visit.language), *numbers)
    return escape(f"{visit.text('comma')} ").join(part for part in parts if part)


def map_address(place: Mapping[str, Any] | None) -> str | None:
    """Returns the link by which a telephone opens the point in its map. No other site learns of the visit."""
    if place is None or place.get("latitude") is None:
        return None
    point = f"{place['latitude']},{place['longitude']}"
    return f"geo:{point}?q={point}"


def _render(
    visit: Visit, view: str, *, faults: Faults = NO_FAULTS, status: int = 200, **page: Any
) -> flask.Response:
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "inspection_visits.html",
        status=status,
        faults=faults,
        view=view,
        tabs=[(one, visit.text(f"visit_view_{one}"), f"{PATH}?view={one}") for one in _VIEWS],
        **{**empty, **page},
    )


def show_visit(visit: Visit, inspection_id: UUID) -> flask.Response:
    """GET /desk/inspections/visits/{id}: where to go, whom to call, and what is to be seen."""
    one = answer_or_problem(visit, f"{_SERVICE}/{inspection_id}")
    names = names_of_activities(visit)
    scopes = visit.known.scopes
    licence_no = one["licence_no"]
    return visit.render(
        "inspection_visit.html",
        inspection=one,
        name=_name_of(one),
        facts=_facts_of(visit, one),
        map=map_address(one["place"]),
        activities=[f"{one['code']} {names.get(one['code'], '')}" for one in one["activities"]],
        address=f"{VISITS}/{inspection_id}",
        licence=f"{HELD}/{licence_no}" if licence_no else None,
        may_record=one["result"] is None and INSPECT_SHOPS in scopes,
        violation=f"{NEW_VIOLATION}?visit={inspection_id}" if RECORD_VIOLATIONS in scopes else None,
        back=visit.known.last_search or PATH,
        done=done_of(visit, VISIT_ACTIONS),
    )


def _facts_of(visit: Visit, one: Thing) -> Facts:
    """Returns what the form and the page show of a visit."""
    return [
        (visit.text("licence_name"), _name_of(one)),
        (visit.text("column_place"), _address_of(visit, one)),
        (visit.text("visit_stage"), visit.words_of("visit_stage", one["stage"])),
        (visit.text("visit_due_on"), marks.day(one["due_on"], visit.language)),
        (
            visit.text("my_licence_number"),
            marks.code(one["licence_no"]) if one["licence_no"] else None,
        ),
        (visit.text("visit_area"), marks.code(one["area_m2"]) if one["area_m2"] else None),
    ]


def _begin(visit: Visit) -> Mapping[str, str]:
    """Fills in today: most results are recorded on the spot."""
    return {"inspected_on": legal_day(visit.now).isoformat()}


VISIT = ActedThing(
    VISITS, _SERVICE, "desk_visit", VISIT_ACTIONS, _facts_of, views.lists_of, begins_with=_begin
)
