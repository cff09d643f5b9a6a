"""The guard of the pages of areas: who is let in, and where everybody else is led."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import flask
import structlog

from chassis.access.auth import KeysUnknown
from chassis.access.quotas import Demand, Policy
from chassis.core import contracts
from chassis.http.problems import Problem
from pages.origins import is_from_elsewhere, local_path, path_of
from pages.site import PUBLIC, Guard, Page, Visit, Visitor
from pages.unsent_forms import has_files, may_be_small
from portal.api.cookies import forget_cookie, forget_forms
from portal.api.identity_redirects import send_to_identity, sign_out_page
from portal.api.service_tokens import access_of, fetch_token
from portal.commands import sessions
from portal.commands.sessions import SignedIn
from portal.domain.areas import AREAS, Area
from portal.domain.tasks import Task
from portal.outside.issuer import IssuerAway, SignInRefused
from portal.outside.services import NewSignInNeeded, TokenRefused

# To read a form takes time, and one with files may take long to arrive.
_FORMS_WITHOUT_SESSION = Policy("forms-without-session", 300, 60)
_FILES_WITHOUT_SESSION = Policy("files-without-session", 60, 60 * 60)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NavigationRow:
    """A link of an area's navigation: the page, the scope that it needs or none, its address and the text's name."""

    page: str
    scope: str
    address: str
    text: str


def needs(area: Area, scope: str = "") -> str:
    """Returns the name of the guard that admits the people of an area who hold the scope."""
    return f"{area.name} {scope}"


def sign_out_of(area: Area) -> str:
    """Returns the name of the page that signs the people of an area out."""
    return f"{area.name}_sign_out"


def guards_of(table: Sequence[Page]) -> dict[str, Guard]:
    """Returns the guards of areas that the rows name."""
    named = {row.guard: row.guard.split(" ") for row in table if " " in row.guard}
    return {
        name: partial(admit, area=AREAS[area], scope=scope or None)
        for name, (area, scope) in named.items()
    }


def ends_with_token(page: Page) -> Page:
    """Returns the page of an area's table, at which a token that a service refuses ends the session: the person signs
    in anew, and comes back. What was typed stays on the page of the form, or is saved for that sign-in. Where a service
    only wants a younger or stronger sign-in, the session goes on."""

    def show(visit: Visit, **parts: Any) -> flask.Response:
        try:
            return page.show(visit, **parts)
        except NewSignInNeeded as needed:
            is_form = flask.request.method == "POST"
            return_to = visit.known.task.first_page if is_form else visit.address
            return sign_in_anew(visit, needed.wishes, return_to)
        except TokenRefused:
            signed_in: SignedIn = visit.known
            with visit.process.database.transaction() as session:
                sessions.close(session, signed_in.session_id)
            visit.visitor = None
            sign_in = signed_in.area.sign_in_for(signed_in.task)
            return _lead_to_sign_in(visit, signed_in.area, sign_in, is_read=True)

    return page if page.guard == PUBLIC else replace(page, show=show)


def session_in(visit: Visit, area: Area, scope: str) -> SignedIn | None:
    """Returns the person's session in an area, for a page outside of the area; None without a session that holds the
    scope, and for a person who was revoked."""
    signed_in = resume(visit, area)
    if signed_in is None or scope not in signed_in.scopes:
        return None
    try:
        if is_void(visit, signed_in):
            return None
    except Problem:  # a page for everybody stands without the person's session
        return None
    return replace(signed_in, service=signed_in.task.service_of(scope))


def person_in(visit: Visit, area: Area) -> str:
    """Returns the subject of who is signed in in an area, or nothing."""
    signed_in = resume(visit, area)
    return signed_in.newest_caller.subject if signed_in else ""


@contextmanager
def acting_as(visit: Visit, signed_in: SignedIn) -> Iterator[None]:
    """Lets a page outside of the area ask a service with the person's token."""
    visitor = visit.visitor
    visit.visitor = Visitor(secret="", known=signed_in)
    try:
        yield
    finally:
        visit.visitor = visitor


def offered_tasks(signed_in: SignedIn | None, tasks: Iterable[Task]) -> list[Task]:
    """Returns those of the tasks that the person may begin, or all of them where the session knows of none, because
    identity may have given the person a further right since."""
    tasks = list(tasks)
    return [one for one in tasks if _may_begin(signed_in, one)] or tasks


def _may_begin(signed_in: SignedIn | None, task: Task) -> bool:
    """Returns whether the person may sign in for the task, as far as identity has said so."""
    person = (signed_in.person if signed_in else None) or {}
    return "scopes" not in person or task.is_held_with(person["scopes"])


def charge_address(visit: Visit, policy: Policy) -> None:
    """Counts a request for its address. Raises the refusal of an address that has had too many."""
    visit.process.quotas.charge([Demand(policy, visit.source)], now=visit.now.timestamp())


def admit(visit: Visit, area: Area, scope: str | None) -> Visitor | flask.Response:
    """The guard of an area's pages: who has no session chooses a task first, and comes back here.

    A page asks the service to which its scope belongs, unless the page names another service. A token lives five
    minutes and a session up to ten hours. A worn-out token is renewed by exchange. Where no exchange is possible, a
    page goes by way of identity, which sees that the person is still signed in and sends the browser back at once.
    A page to which another site led, identity too, is opened once more: last of all, because from then on it counts as
    the visitor's own wish.
    """
    signed_in = resume(visit, area)
    if signed_in is not None and is_void(visit, signed_in):
        with visit.process.database.transaction() as session:
            sessions.close(session, signed_in.session_id)
        signed_in = None
    is_form = flask.request.method == "POST"
    if signed_in is None:
        return _lead_to_sign_in(visit, area, _sign_in_address(area, scope or ""))
    signed_in = replace(signed_in, service=signed_in.task.service_of(scope))
    visit.visitor = visitor_of(visit, signed_in)
    if scope is not None and scope not in signed_in.scopes:
        return _lead_to_other_task(visit, area, scope)
    if not _has_token(visit, signed_in) and not is_form:
        return send_to_identity(visit, area, signed_in.task, visit.address)
    return visit.reopen() if is_from_elsewhere(flask.request.headers) else visit.visitor


def _lead_to_other_task(visit: Visit, area: Area, scope: str) -> flask.Response:
    """Leads somebody whose sign-in was for another task to the sign-in that has the scope; what the same person typed
    stays on the page of a form. Where roles differ, the person chooses among the tasks that have the scope."""
    if flask.request.method == "POST":
        page = None
        if area.tasks_with(scope) and visit.has_form_of_visitor():
            page = visit.show_unsent_form(sign_in=_sign_in_address(area, scope))
        return page or show_other_tasks(visit, area, [scope])
    task = area.other_task(scope)
    if is_from_elsewhere(flask.request.headers):
        return visit.see_other(f"{area.path}?tasks") if task else visit.reopen()
    if task is None:
        return show_other_tasks(visit, area, [scope])
    return send_to_identity(visit, area, task, visit.address)


def _sign_in_address(area: Area, scope: str) -> str:
    """Returns the address of the sign-in for the task with the scope, or of the choice where several have it and roles
    differ."""
    tasks = area.tasks_with(scope)
    task = tasks[0] if len(tasks) == 1 else area.other_task(scope)
    return area.sign_in_for(task) if task else f"{area.path}?{urlencode({'tasks': scope})}"


def show_other_tasks(visit: Visit, area: Area, scopes: Sequence[str]) -> flask.Response:
    """Says that the task of the sign-in doesn't have the page, and leads to the tasks that have one of the scopes and
    then back to the page. Raises Problem where no task has the scopes."""
    tasks = {task.name: task for scope in scopes for task in area.tasks_with(scope)}
    if not tasks:
        titles = [contracts.scope_title(scope) for scope in scopes]
        raise Problem("forbidden", params={"scopes": titles})
    is_form = flask.request.method == "POST"
    return visit.render(
        "other_tasks.html",
        status=403,
        entered_area=area,
        tasks=offered_tasks(visit.known, tasks.values()),
        current_task=visit.known.task,
        is_form=is_form,
        ending="" if is_form else f"?{urlencode({'to': visit.address})}",
    )


def _has_token(visit: Visit, signed_in: SignedIn) -> bool:
    """Returns whether the page has a token for its service, by exchange if need be."""
    if signed_in.has_token(signed_in.service, visit.now):
        return True
    try:
        fetch_token(visit, signed_in.service)
    except (IssuerAway, SignInRefused) as error:
        log.info("token.not_exchanged", area=signed_in.area.name, reason=str(error))
        return False
    renewed: SignedIn = visit.known
    return renewed.has_token(renewed.service, visit.now)


def sign_in_anew(visit: Visit, wishes: Mapping[str, str], return_to: str) -> flask.Response:
    """Sends the person to a younger or stronger sign-in (RFC 9470). The session stays, and with it the saved forms: the
    page at `return_to` fills one in again."""
    signed_in: SignedIn = visit.known
    return send_to_identity(visit, signed_in.area, signed_in.task, return_to, wishes)


def _lead_to_sign_in(
    visit: Visit, area: Area, sign_in: str, *, is_read: bool = False
) -> flask.Response:
    """Leads to the choice of a task and then back to the page. What was typed stays on the page of a form until the
    person has signed in at the address `sign_in`, in another window. A form that can't stay is lost, and the choice of
    a task says so. A sign-out goes on at identity, whose session may stand when that of the portal is gone. `is_read`:
    somebody with a session sent the form, and it has been read."""
    if flask.request.method != "POST":
        return visit.see_other(f"{area.path}?{urlencode({'to': visit.address})}")
    if visit.page.name == sign_out_of(area):
        response = visit.see_other(sign_out_page(visit))
        forget_cookie(response, area.cookie)
        forget_forms(response)
        return response
    may_read = is_read or _may_read_form(visit, area)
    if may_read and (page := visit.show_unsent_form(sign_in=sign_in)):
        return page
    return_to = local_path(path_of(flask.request.referrer or ""), area.path)
    back = {"to": return_to} if return_to else {}
    return visit.see_other(f"{area.path}?{urlencode({'unsent': 'yes', **back})}")


def _may_read_form(visit: Visit, area: Area) -> bool:
    """Returns whether the form of somebody without a session is read: a small one, or one with files from a browser
    that sends a cookie of a session; each only so often from one address. Raises the refusal of an address at its
    limit."""
    if has_files(flask.request):
        if area.cookie not in visit.cookies:
            return False
        charge_address(visit, _FILES_WITHOUT_SESSION)
        return True
    if not may_be_small(flask.request):
        return False
    charge_address(visit, _FORMS_WITHOUT_SESSION)
    return True


def visitor_of(visit: Visit, signed_in: SignedIn) -> Visitor:
    """Returns the visitor of a session, by the secret of the browser's cookie."""
    secret = visit.cookies[signed_in.area.cookie]
    return Visitor(secret=secret, known=signed_in, person=signed_in.newest_caller.subject)


def resume(visit: Visit, area: Area) -> SignedIn | None:
    """Returns the session of the browser's cookie in an area; None without one that stands."""
    cookie = visit.cookies.get(area.cookie, "")
    if not cookie:
        return None
    with visit.process.database.separate_statements() as session:
        return sessions.resume(session, area, cookie, visit.now)


def is_void(visit: Visit, signed_in: SignedIn) -> bool:
    """Returns whether the person, the session or the client was revoked since the token was issued."""
    try:
        verifier = access_of(visit, signed_in.area).verifiers[signed_in.task.service]
        return verifier.is_void(signed_in.newest_caller)
    except KeysUnknown:
        raise Problem("unavailable") from None
