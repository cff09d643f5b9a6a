"""The activities that the municipality licenses: papers, fees, where and up to which area, before an application."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal import catalogue
from portal.api.public.asking import read_publicly
from portal.domain.inputs import read_inputs
from portal.domain.offerings import has_personal_number
from portal.outside.services import Reply, ServiceAway

ACTIVITIES = "/activities"
GUIDE, FEE = "/v1/public/licence-activities", "/v1/public/licence-fee"
_CODE = re.compile("[0-9]{6}")
_FILTERS = ("name", "kind", "town")
_TERMS = ("immediate", "immediate_up_to_m2", "max_area_m2", "years_max")
_PLAN = ("town", "area_m2", "years", "kind", "sign_m2")
KINDS = ("shop", "professional", "engineering_office")


def show_list(visit: Visit) -> flask.Response:
    """GET /activities: the activities by words of their name, kind of licence and town."""
    typed = read_inputs(visit.query, _FILTERS)
    if has_personal_number(typed["name"]):
        fault = FieldFault("name", visit.text("activities_number"))
        return _render_list(visit, {**typed, "name": ""}, None, Faults([fault]), status=400)
    reply = _ask(visit, {name: text for name, text in typed.items() if text})
    is_refused = reply is not None and reply.is_problem
    faults = (
        place_faults(reply.document, by_field(_FILTERS))
        if reply is not None and is_refused
        else NO_FAULTS
    )
    items = None if reply is None or is_refused else reply.document["items"]
    return _render_list(visit, typed, items, faults, status=503 if reply is None else reply.status)


def _render_list(
    visit: Visit, typed: Mapping[str, str], items: Any, faults: Faults, *, status: int
) -> flask.Response:
    return visit.render(
        "activities.html",
        status=status,
        typed=typed,
        faults=faults,
        is_away=status == 503,
        items=items,
        towns=_towns(visit),
        kinds=KINDS,
    )


def show_activity(visit: Visit, code: str) -> flask.Response:
    """GET /activities/{code}: one activity, and what a licence costs for a plan that stands in the address."""
    if not _CODE.fullmatch(code):
        raise Problem("not-found")
    reply = _ask(visit, {})
    if reply is None or reply.is_problem:
        raise Problem("service-away")
    activity = next((one for one in reply.document["items"] if one["code"] == code), None)
    if activity is None:
        raise Problem("not-found")
    plan = read_inputs(visit.query, _PLAN)
    estimate, faults = _estimate(visit, code, plan)
    return visit.render(
        "activity.html",
        status=400 if faults else 200,
        activity=activity,
        terms=_terms(visit, activity["municipalities"]),
        plan=plan,
        estimate=estimate,
        faults=faults,
        towns=_towns(visit),
    )


def _terms(visit: Visit, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the terms of an activity, each with the municipalities that have them: as a rule all have the same."""
    by_terms: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        terms = tuple(row[name] for name in _TERMS)
        by_terms.setdefault(terms, []).append(row["municipality_title"][visit.language])
    is_same = len(by_terms) == 1 and len(rows) == len(catalogue.branches())
    every = [visit.text("activity_everywhere")]
    return [
        {**dict(zip(_TERMS, terms, strict=True)), "where": every if is_same else names}
        for terms, names in by_terms.items()
    ]


def _estimate(
    visit: Visit, code: str, plan: Mapping[str, str]
) -> tuple[Mapping[str, Any] | None, Faults]:
    """Returns the estimate for a plan, or what is wrong with the plan. An empty plan asks nothing."""
    filled = {name: text for name, text in plan.items() if text}
    if not filled:
        return None, NO_FAULTS
    try:
        reply = read_publicly(visit, "licences", FEE, {"activity": code, **filled})
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        return None, place_faults(reply.document, by_field(_PLAN))
    return reply.document, NO_FAULTS


def _ask(visit: Visit, query: Mapping[str, str]) -> Reply | None:
    """Returns the answer of `licences`; None while `licences` is away."""
    try:
        return read_publicly(visit, "licences", GUIDE, query)
    except ServiceAway:
        return None


def _towns(visit: Visit) -> list[tuple[str, str]]:
    return [(town.ar, town.in_language(visit.language)) for town, _ in catalogue.places()]
