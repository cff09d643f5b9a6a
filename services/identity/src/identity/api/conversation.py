"""A valid authorization request in a browser: the pages of the sign-in, and the redirects back to the client."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import flask
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError

from identity import catalogue
from identity.api.authorization_server import AuthorizationServer, CodeGrant
from identity.api.pages import Browser, language, page
from identity.commands import sessions
from identity.commands.authorization import answer_request
from identity.context import Call
from identity.domain.authorization import is_young_enough, meets_class
from identity.domain.errors import OAuthRefusal
from identity.domain.scopes import ClientKind, admits
from identity.models import Citizen, Person, PushedRequest, SignInSession
from identity.queries import ActiveClient
from identity.sealing import fingerprint

# OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
UNMET = "unmet_authentication_requirements"
REFERENCE = ("client_id", "request_uri", "lang")
SignedInPerson = Person | Citizen


@dataclass(frozen=True)
class Conversation:
    """A valid authorization request, the browser, and the values of its form."""

    call: Call
    server: AuthorizationServer
    grant: CodeGrant
    browser: Browser
    pushed: PushedRequest
    values: dict[str, str]

    @property
    def client(self) -> ActiveClient:
        row: ActiveClient = self.grant.request.client.row
        return row

    @property
    def scopes(self) -> list[str]:
        names: list[str] = self.grant.request.scope.split()
        return names

    @property
    def is_for_citizens(self) -> bool:
        """Returns whether people sign in by the national login, and not with a name and a password."""
        return self.client.kind == ClientKind.CITIZEN


def resume_session(talk: Conversation) -> tuple[SignInSession, SignedInPerson] | None:
    """Returns the browser's session and its person, if the client is for this kind of person, and the session is as
    young and of the class that the request wants."""
    resume = sessions.resume_citizen if talk.is_for_citizens else sessions.resume_employee
    found = resume(talk.call.session, talk.browser.cookie, talk.call.now)
    if found is None or not _meets_class(talk, found[0]):
        return None
    is_young = is_young_enough(
        talk.pushed.parameters,
        pushed_at=talk.pushed.created_at,
        signed_in_at=found[0].created_at,
        now=talk.call.now,
    )
    return found if is_young else None


def _meets_class(talk: Conversation, row: SignInSession) -> bool:
    return talk.is_for_citizens or meets_class(talk.pushed.parameters, row.amr)


def keep_person(talk: Conversation, cookie: str) -> None:
    """Gives the browser a new secret in the middle of the conversation: behind the password, and behind the second
    factor. The request goes on in this browser, and the browser's earlier session ends."""
    session, now = talk.call.session, talk.call.now
    if earlier := sessions.resume_any_session(session, talk.browser.cookie, now):
        sessions.end_session(session, earlier[0].sid, now=now)
    talk.browser.renew(cookie)
    talk.pushed.browser_hash = fingerprint(cookie)


def send_person_back(
    talk: Conversation, row: SignInSession, person: SignedInPerson, *, cookie: str | None = None
) -> flask.Response:
    """Redirects to the client with a code, or with a denial if the person may not use the client. `cookie`: of a new
    session, which signs the browser's earlier session out."""
    if cookie is not None:
        keep_person(talk, cookie)
    if not may_be_admitted(talk, person):
        return deny(talk, NOT_HELD)
    if not _meets_class(talk, row):
        return refuse(talk, OAuth2Error(error=UNMET, redirect_uri=talk.grant.redirect_uri))
    sessions.confirm_scopes(row, talk.client.client_id, talk.scopes)
    return send_code(talk, row)


def may_be_admitted(talk: Conversation, person: SignedInPerson) -> bool:
    """Returns whether the person may do all that the client asks for. All citizens may do the same."""
    if isinstance(person, Citizen) or talk.is_for_citizens:
        return isinstance(person, Citizen) and talk.is_for_citizens
    try:
        catalogue.scopes().check_effective(
            talk.scopes, held=person.scopes, organisation_kind=person.of.kind
        )
    except OAuthRefusal:
        return False
    return admits(
        client_organisation=talk.client.organisation,
        client_organisation_kind=talk.client.of.kind,
        person_organisation=person.organisation,
    )


def send_code(talk: Conversation, row: SignInSession) -> flask.Response:
    """Redirects to the client with a code."""
    answer_request(talk.pushed, now=talk.call.now)
    return see_other(
        talk.server.create_authorization_response(
            talk.grant.request, grant_user=row, grant=talk.grant
        )
    )


# The contract promises the descriptions of a denial (`x-error-descriptions`): by them a client tells what it says.
CANCELLED = "The person cancelled the sign-in."
NOT_HELD = "The person may not do what was asked for."


def deny(talk: Conversation, why: str) -> flask.Response:
    """Redirects to the client with a denial, which says why."""
    return refuse(talk, AccessDeniedError(description=why, redirect_uri=talk.grant.redirect_uri))


def refuse(talk: Conversation, error: OAuth2Error) -> flask.Response:
    """Redirects to the client with an error."""
    answer_request(talk.pushed, now=talk.call.now)
    error.state = talk.pushed.parameters.get("state")
    return see_other(talk.server.refused(error))


def see_other(response: flask.Response) -> flask.Response:
    """Makes the redirect a 303, so that no browser repeats the form with the password (RFC 9700 section 4.12)."""
    response.status_code = 303
    response.headers["Cache-Control"] = "no-store"
    return response


def show_page(
    talk: Conversation, template: str, *, status: int = 200, **context: Any
) -> flask.Response:
    """Returns a page that names the application and its request."""
    chosen = language(talk.values)
    request = {name: talk.values[name] for name in REFERENCE if talk.values.get(name)}
    if "lang" in request:  # no other value of the language is repeated
        request["lang"] = chosen
    switched = {**request, "lang": "ar" if chosen == "en" else "en"}
    client = talk.client
    beyond = [talk.grant.redirect_uri]
    if talk.is_for_citizens:
        beyond.append(talk.call.resources.national_login.origin)
    base = urlsplit(talk.call.settings.issuer).path
    return page(
        talk.call,
        template,
        talk.values,
        status=status,
        beyond=beyond,
        request_values=request,
        csrf_token=talk.browser.csrf_token(),
        toggle=f"{base}/authorize?{urlencode(switched)}",
        client_name=getattr(client, f"name_{chosen}"),
        organisation_name=getattr(client.of, f"name_{chosen}"),
        scope_titles=[catalogue.scopes().scopes[name].titles[chosen] for name in talk.scopes],
        **context,
    )
