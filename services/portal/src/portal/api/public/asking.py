"""How a page without a session asks a service, and where it keeps what was typed between its steps."""

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, InputOf, place_faults
from pages.site import Visit
from portal.api.asking import ServiceProblem
from portal.api.public.forms import keep_cookie, secret_of
from portal.commands import public_forms
from portal.domain.codes import has_code
from portal.outside.public_services import PageVisitor, PublicService
from portal.outside.services import Reply, ServiceAway

_CODE_NOT_RIGHT = "code-not-right"
_MOMENT = 0.2


def visitor_of(visit: Visit) -> PageVisitor:
    """Returns for whom the page asks."""
    return PageVisitor(visit.source, visit.language)


def public_service(visit: Visit, name: str) -> PublicService:
    """Returns a service that everybody may ask."""
    found: PublicService = visit.process.resources.public_services[name]
    return found


def read_publicly(
    visit: Visit, service: str, path: str, query: Mapping[str, Any] | None = None
) -> Reply:
    """Asks a service by GET. Raises ServiceAway."""
    return public_service(visit, service).get(visitor_of(visit), path, query)


def send_publicly(
    visit: Visit, service: str, path: str, body: Mapping[str, Any], *, once: str | None = None
) -> Reply:
    """Asks a service by POST; the texts that it sends are in the page's language. Raises ServiceAway."""
    return public_service(visit, service).post(visitor_of(visit), path, body, once=once)


def send_once(visit: Visit, service: str, path: str, body: Mapping[str, Any]) -> Reply:
    """Asks as `send_publicly`, and once, however often the button is pressed: the key is made of what is sent and of
    the browser's secret, which nobody guesses. Raises ServiceAway."""
    sent = json.dumps([secret_of(visit), service, path, body], sort_keys=True)
    return send_publicly(visit, service, path, body, once=sha256(sent.encode()).hexdigest())


def public_document(
    visit: Visit, service: str, path: str, query: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Returns the answer's document, for a page that can't do without. Raises Problem."""
    try:
        reply = read_publicly(visit, service, path, query)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return reply.document


def faults_of_refusal(refusal: Reply | None, input_of: InputOf) -> Faults:
    """Returns the faults of a refusal, each at its input; none without a refusal. A wrong code stands at the input
    `code`, although the service names no field."""
    if refusal is None:
        return NO_FAULTS
    if refusal.problem_name == _CODE_NOT_RIGHT:
        return Faults([FieldFault("code", str(refusal.document.get("detail", "")))])
    return place_faults(refusal.document, input_of)


def open_form(visit: Visit, name: str) -> dict[str, Any]:
    """Returns what this browser has typed into the form of that name."""
    with visit.process.database.transaction() as session:
        return public_forms.open_form(session, secret_of(visit), name, visit.now)


def keep_form(visit: Visit, name: str, content: Mapping[str, Any]) -> None:
    """Keeps what this browser has typed, in a transaction of its own."""
    with visit.process.database.transaction() as session:
        public_forms.keep_form(session, secret_of(visit), name, content, visit.now)


def forget_form(visit: Visit, name: str) -> None:
    """Forgets what this browser has typed."""
    with visit.process.database.transaction() as session:
        public_forms.forget_form(session, secret_of(visit), name)


def asks_for_another_code(visit: Visit, kept: Mapping[str, Any], name: str) -> bool:
    """Returns whether the person asks on the page of the code, which doesn't send the input `name` of the first step.
    The person stays there if it's too early for another code."""
    return bool(kept.get("sent")) and name not in visit.form


def keep_first_step(
    visit: Visit, name: str, kept: Mapping[str, Any], typed: Mapping[str, str]
) -> Mapping[str, Any]:
    """Keeps the first step of a form, and returns the form. `kept`: the form so far. A form whose first step had the
    same stays as it is, because another press of the button may be noting its code."""
    if typed.items() <= kept.items():
        return kept
    keep_form(visit, name, typed)
    return typed


def send_code(
    visit: Visit,
    name: str,
    *,
    form: Mapping[str, Any],
    about: Mapping[str, str],
    to: tuple[str, str],
    body: Mapping[str, Any],
    is_another: bool = False,
) -> Reply | None:
    """Sends a code and notes it in the browser's form of that name. Returns None once a code is on its way, also when
    another press of the button sent it, else the refusal. `about`: what was typed and the code is for. `to`: the
    service and the path. `is_another`: the person asked for another code. Raises ServiceAway."""
    if not is_another and has_code(form, about, visit.now):
        return None
    reply = send_publicly(visit, *to, body)
    if not reply.is_problem:
        keep_form(visit, name, {**form, "sent": {**reply.document, **about}})
        return None
    if is_another or reply.status != HTTPStatus.TOO_MANY_REQUESTS:
        return reply
    time.sleep(_MOMENT)  # the other press notes the code after the service's answer
    return None if has_code(open_form(visit, name), about, visit.now) else reply


def render_step(visit: Visit, template: str, address: str, **context: Any) -> flask.Response:
    """Renders a step of a form. The link to the other language leads to the step's own page, which has what was typed,
    so the link works from an error too."""
    toggle = (
        f"{address}{'&' if '?' in address else '?'}lang={'en' if visit.language == 'ar' else 'ar'}"
    )
    return keep_cookie(visit, visit.render(template, toggle=toggle, **context))
