"""The pages by which people enter and leave an area: the choice of a task, the sign-in, the sign-out."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import flask
import structlog

from chassis.access.auth import InvalidToken
from chassis.access.quotas import Policy
from chassis.http.problems import Problem
from pages.origins import is_from_elsewhere, is_navigation, local_path
from pages.site import Visit
from portal.api.areas import charge_address, is_void, offered_tasks, resume, visitor_of
from portal.api.cookies import forget_cookie, forget_forms, set_cookie
from portal.api.identity_redirects import send_to_identity, sign_in_away, sign_out_page
from portal.api.service_tokens import access_of
from portal.commands import sessions
from portal.commands.sessions import SignedIn
from portal.domain.areas import Area
from portal.domain.tasks import Task
from portal.outside.issuer import IssuerAway, SignInRefused

# Each sign-in that begins costs a row and a request to identity. The people of an office share an address.
_SIGN_INS = Policy("sign-ins", 300, 60)
_MOST_UNGROUPED = 10  # tasks of an area that are listed without headings
# The description that identity's contract promises for the denial of a person who cancelled.
_CANCELLED = "The person cancelled the sign-in."
_SHIFT_SECONDS = 10 * 60 * 60

log = structlog.get_logger(__name__)


def show_tasks(visit: Visit, area: Area) -> flask.Response:
    """GET /<area>: what people come for. Leads a signed-in person to the page of `?to`, else to the first page of the
    task, unless `?tasks` asks to choose another task: the page then stands within the person's session.
    `?tasks=<scope>`: one that has the scope."""
    return_to = local_path(visit.query.get("to", ""), area.path)
    signed_in = resume(visit, area)
    if signed_in is not None and not is_void(visit, signed_in):
        if "tasks" not in visit.query:
            return visit.see_other(return_to or signed_in.task.first_page)
        if is_from_elsewhere(flask.request.headers):
            return visit.reopen()
        visit.visitor = visitor_of(visit, signed_in)
    else:
        signed_in = None
    ending = f"?{urlencode({'to': return_to})}" if return_to else ""
    return visit.render(
        "area_tasks.html",
        entered_area=area,
        groups=_groups_of(area, signed_in, visit.query.get("tasks", "")),
        ending=ending,
        was_away=bool(return_to),
        was_unsent="unsent" in visit.query,
        has_signed_out="signed-out" in visit.query,
    )


def _groups_of(area: Area, signed_in: SignedIn | None, scope: str) -> Mapping[str, Sequence[Task]]:
    """Returns the area's tasks that have a scope, or all where none has it; many of them under the names of their
    services, a few without a heading. A signed-in person reads the tasks that the person may begin."""
    tasks = offered_tasks(signed_in, area.tasks_with(scope) or area.tasks.values())
    if len(tasks) <= _MOST_UNGROUPED:
        return {"": tasks}
    groups: dict[str, list[Task]] = {}
    for one in tasks:
        groups.setdefault(one.service, []).append(one)
    return groups


def begin_sign_in(visit: Visit, area: Area, task: str) -> flask.Response:
    """GET /<area>/sign-in/{task}: sends the browser to identity. A link of another site changes no open session: it
    leads to the choice of a task. What another site's page loads without its visitor begins and counts nothing. The
    start page, which asks all services of a citizen, leads here by itself and counts as the citizen's own wish."""
    if task not in area.tasks or not is_navigation(flask.request.headers):
        raise Problem("not-found")
    if is_from_elsewhere(flask.request.headers) and resume(visit, area) is not None:
        return visit.see_other(f"{area.path}?tasks")
    charge_address(visit, _SIGN_INS)
    chosen = area.tasks[task]
    return_to = local_path(visit.query.get("to", ""), area.path) or chosen.first_page
    return send_to_identity(visit, area, chosen, return_to)


def finish_sign_in(visit: Visit, area: Area) -> flask.Response:
    """GET /<area>/signed-in: identity sent the browser back with a code, or without."""
    browser = visit.cookies.get(area.sign_in_cookie, "")
    with visit.process.database.transaction() as session:
        begun = sessions.take_sign_in(
            session, area=area, state=visit.query.get("state", ""), browser=browser, now=visit.now
        )
    if visit.query.get("error") == "access_denied":
        has_cancelled = visit.query.get("error_description") == _CANCELLED
        return _show_denial(visit, area, "sign-in-cancelled" if has_cancelled else "task-not-held")
    access = access_of(visit, area)
    task = area.tasks[begun["task"]]
    try:
        issued = access.issuer.complete(flask.request.url, begun["secrets"])
        caller = access.verifiers[task.service].verify(issued.token)
    except IssuerAway as error:
        raise sign_in_away(error) from None
    except (SignInRefused, InvalidToken) as error:
        log.info("sign_in.refused", reason=str(error))
        raise Problem("sign-in-failed") from None
    signed_in = resume(visit, area)
    response = visit.see_other(begun["return_to"])
    with visit.process.database.transaction() as session:
        if signed_in is not None:
            is_renewed = signed_in.task == task and sessions.renew_token(
                session, signed_in, caller=caller, issued=issued, now=visit.now
            )
            if is_renewed:
                return response
        secret = sessions.begin_session(
            session, area=area, caller=caller, issued=issued, task=task, now=visit.now
        )
        older = visit.cookies.get(area.cookie, "")
        may_be_another = sessions.replace_session(session, area, older, by=secret, now=visit.now)
    set_cookie(response, area.cookie, secret, seconds=_SHIFT_SECONDS)
    if may_be_another:
        forget_forms(response)
    return response


def _show_denial(visit: Visit, area: Area, problem_name: str) -> flask.Response:
    """Says why identity let nobody in, and leads to the choice of another task."""
    problem = Problem(problem_name)
    return visit.render(
        "not_signed_in.html",
        status=problem.status,
        entered_area=area,
        problem=problem.document(visit.language),
    )


def sign_out(visit: Visit) -> flask.Response:
    """POST /<area>/sign-out: ends the portal's session and the session at identity, with all its tokens. Where identity
    is away, or had no session to end by the token, the browser goes to identity's own page, which ends it there. A
    report that was begun isn't shown to who comes next."""
    area: Area = visit.known.area
    with visit.process.database.transaction() as session:
        sessions.end(session, visit.known.session_id)
    try:
        has_ended = access_of(visit, area).issuer.end_session(visit.known.first_token)
    except IssuerAway as error:
        log.warning("sign_out.issuer_away", area=area.name, reason=str(error))
        has_ended = False
    response = visit.see_other(f"{area.path}?signed-out" if has_ended else sign_out_page(visit))
    forget_cookie(response, area.cookie)
    forget_forms(response)
    return response
