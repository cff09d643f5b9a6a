"""The screen of a waiting hall: numbers and counters in both languages. It tells nothing of a person, and nobody signs
in at it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.appointments.times import list_departments
from portal.api.asking import ServiceProblem
from portal.outside.displays import Displays
from portal.outside.services import ServiceAway
from saudi.days import RIYADH

# The header reloads the page without a script. A screen that lost its service tries again in the same way.
_REFRESH = {"Refresh": "15"}
_MOST_CALLS = 6


def show_display(visit: Visit, department_id: UUID) -> flask.Response:
    """GET /appointments/display/{department}: the newest calls, and how many people wait."""
    displays: Displays = visit.process.resources.displays
    try:
        reply = displays.read(str(department_id), visit.language, visit.now)
    except ServiceAway:
        return _render(visit, department_id, None, status=503)
    if reply.is_problem:
        raise ServiceProblem(reply)
    return _render(visit, department_id, reply.document)


def _render(
    visit: Visit, department_id: UUID, display: Mapping[str, Any] | None, *, status: int = 200
) -> flask.Response:
    return visit.render(
        "appointment_display.html",
        status=status,
        headers=_REFRESH,
        department=_find_department(visit, str(department_id)),
        calls=display["called"][:_MOST_CALLS] if display else [],
        waiting=display["waiting"] if display else None,
        clock=f"{visit.now.astimezone(RIYADH):%H:%M}",
    )


def _find_department(visit: Visit, department_id: str) -> Mapping[str, Any] | None:
    """Returns the department, whose name stands on the screen; the numbers matter more, so the screen stands without
    the name too."""
    displays: Displays = visit.process.resources.displays
    try:
        found = displays.list_departments(visit.now, lambda: list_departments(visit))
    except Problem:
        return None
    return next((one for one in found if one["department_id"] == department_id), None)
