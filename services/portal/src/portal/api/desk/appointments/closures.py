"""The times at which a department or a branch is closed: whom a closure affects is shown before anything is closed."""

import hmac
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_or_problem, ask, post
from portal.api.saved_forms import FormPage
from portal.domain.counter import (
    PATH,
    closure_body,
    has_same_closure,
    read_closure,
)
from portal.outside.services import ServiceAway, TokenRefused

CLOSURES = f"{PATH}/closures"
_SERVICE = "/v1/closures"
_INPUTS = {
    "municipality": "municipality",
    "department_id": "department",
    "starts_at": "from",
    "ends_at": "until",
    "reason": "reason_ar",
    "reason.en": "reason_en",
}


def show_closures(visit: Visit) -> flask.Response:
    """GET /desk/appointments/closures: what is closed, and the form that closes a time."""
    kept = saved_forms.restore(visit)
    typed = read_closure(kept or {"municipality": visit.query.get("municipality", "")})
    return _show(visit, typed, was_kept=kept is not None)


def submit_closure(visit: Visit) -> flask.Response:
    """POST /desk/appointments/closures: names the appointments that can't be kept, then closes the time. What was
    changed since then is named anew: nobody closes a time whose appointments the person hasn't seen."""
    typed = read_closure(visit.form)
    body, unread = closure_body(typed)
    page = FormPage(
        address=CLOSURES,
        show=partial(_show_again, visit),
        input_of=by_field(_INPUTS),
        missing=(),
    )

    def steps() -> flask.Response:
        if unread:
            named = [FieldFault(one, visit.text(f"counter_unread_{one}")) for one in unread]
            return _show(visit, typed, faults=Faults(named), status=400)
        is_preview = not _is_confirmed(visit, body)
        if not is_preview and _is_closed_already(visit, body):
            return _lead_to_closures(visit, typed["municipality"], "close")
        reply = post(visit, _SERVICE, {**body, "preview": is_preview})
        if reply.is_problem:
            return saved_forms.show_refusal(visit, page, typed, reply)
        if is_preview:
            affected = reply.document["affected"]
            return _show(visit, typed, affected=affected, previewed=_digest_of(visit, body))
        return _lead_to_closures(visit, typed["municipality"], "close")

    return saved_forms.run_steps(visit, page, typed, steps)


def _is_confirmed(visit: Visit, body: Mapping[str, Any]) -> bool:
    """Returns whether the person closes the time whose appointments the page has shown. Another time, department or
    reason is shown first."""
    shown = visit.form.get("previewed", "")
    is_same = hmac.compare_digest(shown.encode(), _digest_of(visit, body).encode())
    return visit.form.get("action") == "close" and is_same


def _digest_of(visit: Visit, body: Mapping[str, Any]) -> str:
    secret = visit.visitor.secret if visit.visitor else ""
    written = json.dumps(body, sort_keys=True)
    return hmac.new(secret.encode(), written.encode(), "sha256").hexdigest()


def _is_closed_already(visit: Visit, body: Mapping[str, Any]) -> bool:
    found = ask(visit, _SERVICE, {"municipality": body["municipality"]})
    return not found.is_problem and has_same_closure(body, found.document["items"])


def _lead_to_closures(visit: Visit, municipality: str, done: str) -> flask.Response:
    return visit.see_other(f"{CLOSURES}?{urlencode({'municipality': municipality, 'done': done})}")


def lift_closure(visit: Visit, closure_id: UUID) -> flask.Response:
    """POST /desk/appointments/closures/{id}: ends a closure."""
    municipality = visit.form.get("municipality", "")
    typed = read_closure({"municipality": municipality})
    if saved_forms.is_token_worn_out(visit):
        return saved_forms.save_and_renew(visit, CLOSURES, typed)
    try:
        reply = post(visit, f"{_SERVICE}/{closure_id}/lift", {})
    except TokenRefused:
        return saved_forms.save_and_renew(visit, CLOSURES, typed)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return _lead_to_closures(visit, municipality, "lift")


def _show_again(
    visit: Visit, typed: Mapping[str, str], *, is_away: bool = False, **notices: Any
) -> flask.Response:
    """Shows the page again. While the service is away the form stands alone. Raises TokenRefused and ServiceAway."""
    if is_away:
        return _render(visit, typed, (), None, is_away=True, **notices)
    return _show(visit, typed, **notices)


def _show(
    visit: Visit,
    typed: Mapping[str, str],
    **notices: Any,
) -> flask.Response:
    """Renders the page with the departments within reach and the closures of the municipality. Raises TokenRefused."""
    departments = answer_or_problem(visit, "/v1/departments")["items"]
    if not typed["municipality"] and departments:
        typed = {**typed, "municipality": departments[0]["municipality"]}
    closures = None
    if typed["municipality"]:
        found = ask(visit, _SERVICE, {"municipality": typed["municipality"]})
        closures = None if found.is_problem else found.document["items"]
    return _render(visit, typed, departments, closures, **notices)


def _render(
    visit: Visit,
    typed: Mapping[str, str],
    departments: Sequence[Mapping[str, Any]],
    closures: Sequence[Mapping[str, Any]] | None,
    *,
    faults: Faults = NO_FAULTS,
    affected: Sequence[Mapping[str, Any]] | None = None,
    previewed: str = "",
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    language = visit.language
    municipalities = {
        one["municipality"]: one["municipality_title"][language] for one in departments
    }
    named = {one["department_id"]: one["title"][language] for one in departments}
    done = visit.query.get("done", "")
    return visit.render(
        "counter_closures.html",
        status=status,
        faults=faults,
        typed=typed,
        municipalities=list(municipalities.items()),
        departments=[
            (one["department_id"], one["title"][language])
            for one in departments
            if one["municipality"] == typed["municipality"]
        ],
        closures=[{**one, "department": named.get(one["department_id"])} for one in closures or ()],
        has_closures=closures is not None,
        affected=affected,
        previewed=previewed,
        **{"is_away": False, "was_kept": False, **notices},
        done=done if done in ("close", "lift") else None,
    )
