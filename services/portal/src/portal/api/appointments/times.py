"""The free times of a service, by day: to book one, or to move an appointment to one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api.asking import ServiceProblem
from portal.api.public.asking import public_document, read_publicly, render_step
from portal.domain.booking_form import ChosenService
from portal.domain.inputs import is_id
from portal.outside.services import Reply, ServiceAway
from saudi.days import legal_day

SERVICE = "appointments"
_SLOTS = "/v1/public/appointment-slots"
_DEPARTMENTS = "/v1/public/appointment-departments"


def list_departments(visit: Visit, **which: str) -> Sequence[Mapping[str, Any]]:
    """Returns the departments that serve by appointment, with their services. `which`: what chooses among them. Raises
    Problem."""
    document = public_document(visit, SERVICE, _DEPARTMENTS, which)
    found: Sequence[Mapping[str, Any]] = document["items"]
    return found


def require_service(visit: Visit, chosen: ChosenService) -> Mapping[str, Any]:
    """Returns the department of a service, and the service beneath `chosen`. Raises Problem."""
    if not is_id(chosen.department_id):
        raise Problem("not-found")
    for department in list_departments(visit, department_id=chosen.department_id):
        for service in department["services"]:
            if (department["department_id"], service["service"]) == (
                chosen.department_id,
                chosen.service,
            ):
                return {**department, "chosen": service}
    raise Problem("not-found")


def show_times(
    visit: Visit,
    chosen: ChosenService,
    path: str,
    *,
    refusal: Reply | None = None,
    was_away: bool = False,
    **context: Any,
) -> flask.Response:
    """Renders the free times. `refusal`: why the time that was chosen isn't taken."""
    slots, faults, status = _ask_for_slots(visit, chosen)
    if refusal is not None:
        status = refusal.status
        faults = place_faults(refusal.document, by_field())
    before, behind = chosen.days_around(visit.now)
    by_day = _by_day([_with_finality(one, visit.now) for one in slots or ()])
    day = chosen.day if chosen.day in by_day else next(iter(by_day), "")
    return render_step(
        visit,
        "appointment_times.html",
        _address(path, chosen),
        status=503 if was_away else status,
        faults=faults,
        is_away=was_away or slots is None,
        chosen=chosen,
        path=path,
        days={one: _address(path, replace(chosen, day=one)) for one in by_day},
        shown_day=day,
        slots=by_day.get(day, ()),
        has_answer=slots is not None,
        is_past=chosen.begins_in_past(visit.now),
        before=_address(path, replace(chosen, from_day=before.isoformat(), day=""))
        if before
        else None,
        behind=_address(path, replace(chosen, from_day=behind.isoformat(), day="")),
        **context,
    )


def find_slot(visit: Visit, chosen: ChosenService, starts_at: str) -> Mapping[str, Any] | None:
    """Returns the slot that begins then, or None where it isn't free any more or the service is away."""
    begins = datetime.fromisoformat(starts_at)
    on_day = replace(chosen, from_day=legal_day(begins).isoformat())
    slots, _, _ = _ask_for_slots(visit, on_day)
    for one in slots or ():
        if datetime.fromisoformat(one["starts_at"]) == begins:
            return _with_finality(one, visit.now)
    return None


def _with_finality(slot: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """Returns the slot with `is_final`: an appointment then is neither changed nor cancelled any more."""
    return {**slot, "is_final": datetime.fromisoformat(slot["change_until"]) < now}


def _ask_for_slots(
    visit: Visit, chosen: ChosenService
) -> tuple[Sequence[Mapping[str, Any]] | None, Faults, int]:
    """Returns the slots, the faults of the search and the status of the page; no slots while the service is away."""
    try:
        reply = read_publicly(visit, SERVICE, _SLOTS, chosen.query())
    except ServiceAway:
        return None, NO_FAULTS, 503
    if reply.status == 404:
        raise ServiceProblem(reply)
    if reply.is_problem:
        return (), place_faults(reply.document, by_field({"from_day": "from"})), reply.status
    return reply.document["items"], NO_FAULTS, 200


def _address(path: str, chosen: ChosenService) -> str:
    return f"{path}?{urlencode(chosen.address())}"


def _by_day(slots: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    return {day: list(found) for day, found in groupby(slots, lambda slot: str(slot["day"]))}
