"""The browser's way to identity: to the sign-in, and to the page that signs a person out."""

from collections.abc import Mapping

import flask
import structlog

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.cookies import set_cookie
from portal.api.service_tokens import access_of
from portal.commands import sessions
from portal.domain.areas import Area
from portal.domain.tasks import Task
from portal.outside.issuer import IssuerAway, SignInRefused

_SIGN_IN_SECONDS = 10 * 60

log = structlog.get_logger(__name__)


def send_to_identity(
    visit: Visit,
    area: Area,
    task: Task,
    return_to: str,
    wishes: Mapping[str, str] | None = None,
) -> flask.Response:
    """Begins a sign-in for a task, after which the browser is at `return_to`. `wishes`: a younger or stronger sign-in
    (RFC 9470)."""
    try:
        begun = access_of(visit, area).issuer.begin(task.scope, visit.language, wishes)
    except IssuerAway as error:
        raise sign_in_away(error) from None
    except SignInRefused as error:
        log.error("sign_in.client_refused", area=area.name, reason=error.reason)
        raise Problem("sign-in-failed") from None
    browser = visit.cookies.get(area.sign_in_cookie, "")
    if not 40 <= len(browser) <= 60:
        browser = sessions.new_secret()
    with visit.process.database.transaction() as session:
        sessions.keep_sign_in(
            session,
            begun,
            area=area,
            browser=browser,
            task=task,
            return_to=return_to,
            now=visit.now,
        )
    response = visit.see_other(begun.address)
    set_cookie(response, area.sign_in_cookie, browser, seconds=_SIGN_IN_SECONDS)
    return response


def sign_in_away(error: IssuerAway) -> Problem:
    """Returns what a person reads while identity is away."""
    log.warning("sign_in.issuer_away", reason=str(error))
    return Problem("service-away", code="sign-in")


def sign_out_page(visit: Visit) -> str:
    """Returns the address of identity's own page for signing out."""
    issuer = visit.process.settings.issuer.rstrip("/")
    return f"{issuer}/sign-out?lang={visit.language}"
