"""The guard of public forms: a browser without a session gets a secret in a cookie, to which its forms are bound."""

import flask

from pages.site import Visit, Visitor
from portal import limits
from portal.api.areas import person_in
from portal.api.cookies import FORM_COOKIE, set_cookie
from portal.commands.report_drafts import Browser
from portal.commands.sessions import new_secret
from portal.domain.areas import MY


def admit(visit: Visit) -> Visitor:
    """Returns the visitor with the cookie's secret. A page without a cookie gets a new secret; a form gets none, and is
    refused."""
    secret = visit.cookies.get(FORM_COOKIE, "")
    if not 40 <= len(secret) <= 60:
        is_form = flask.request.method == "POST"
        secret = "" if is_form else new_secret()
    return Visitor(secret=secret, known=None)


def admit_reporter(visit: Visit) -> Visitor:
    """Returns the visitor of a page whose forms keep a draft, as those of a report. A form is charged to its address
    before it's read, because photos may arrive slowly."""
    visitor = admit(visit)
    if flask.request.method == "POST" and visitor.secret:
        demand = limits.of_report_step(visit.source, visit.process.settings)
        visit.process.quotas.charge([demand], now=visit.now.timestamp())
    return visitor


def keep_cookie(visit: Visit, response: flask.Response) -> flask.Response:
    """Gives the browser the secret of its forms."""
    set_cookie(response, FORM_COOKIE, secret_of(visit))
    return response


def secret_of(visit: Visit) -> str:
    """Returns the secret of the browser. Raises LookupError on a page without the guard."""
    if visit.visitor is None:
        raise LookupError(f"{visit.page.name} has no visitor")
    return visit.visitor.secret


def browser_of(visit: Visit) -> Browser:
    """Returns the browser of a visit, with the citizen who is signed in there. Raises LookupError as `secret_of`."""
    return Browser(secret_of(visit), person_in(visit, MY))
