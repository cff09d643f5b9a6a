"""The authorization endpoint: opens the request that the client has pushed, then asks the person."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import flask
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError

from chassis.call import Call
from identity import catalogue
from identity.api.authorization_server import AuthorizationServer, CodeGrant, oauth_errors
from identity.api.oauth_request import parameters
from identity.api.pages import Browser, language, page
from identity.commands import sessions
from identity.commands.pushed_requests import answer_request, open_request
from identity.domain.authorization import page_language
from identity.domain.errors import OAuthRefusal
from identity.domain.scopes import admits
from identity.domain.sign_in import source_of
from identity.models import Person, PushedRequest, SignInSession
from identity.queries import ActiveClient

# What the browser may send beside the reference: the language, and the page's own form.
_REFERENCE = ("client_id", "request_uri", "lang")
_FORM = (*_REFERENCE, "csrf_token", "username", "password", "action")


@dataclass(frozen=True)
class Conversation:
    """A valid authorization request and the browser that brought it."""

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


def show_authorization(call: Call, **_parameters: str) -> flask.Response:
    """GET /authorize."""
    return _converse(call, flask.request.args, _REFERENCE, _show)


def submit_authorization(call: Call, **_parameters: str) -> flask.Response:
    """POST /authorize, which the page's form sends."""
    return _converse(call, flask.request.form, _FORM, _submit)


def _converse(call: Call, sent: Any, allowed: tuple[str, ...], respond: Any) -> flask.Response:
    server, browser = AuthorizationServer(call, {}), Browser(call)
    browser.begin()
    try:
        with oauth_errors():
            values = parameters(sent)
            _check_reference(values, allowed)
            pushed = open_request(
                call.session,
                values["request_uri"],
                values["client_id"],
                browser=browser.cookie,
                now=call.now,
            )
            server = AuthorizationServer(call, pushed.parameters)
            grant = server.get_consent_grant()
    except OAuth2Error as error:
        if error.redirect_uri:  # valid when it was pushed, and isn't any more
            answer_request(pushed, now=call.now)
            return _see_other(server.refused(error))
        return page(
            call, "error.html", {"lang": sent.get("lang", "")}, status=400, error=error.error
        )
    values.setdefault("lang", page_language(pushed.parameters))
    response = respond(Conversation(call, server, grant, browser, pushed, values))
    return browser.keep(response)


def _check_reference(values: dict[str, str], allowed: tuple[str, ...]) -> None:
    """A request comes pushed or not at all, and nothing may be said beside it (RFC 9126 section 4)."""
    if "request_uri" not in values or "client_id" not in values:
        raise OAuthRefusal("invalid_request", "An authorization request has to be pushed.")
    if set(values) - set(allowed):
        raise OAuthRefusal("invalid_request", "Beside request_uri nothing may be sent.")


def _show(talk: Conversation) -> flask.Response:
    resumed = _resumed(talk)
    if resumed is None:
        return _sign_in_page(talk)
    row, person = resumed
    if not _may(talk, person):
        return _sign_in_page(talk, notice="not_allowed")
    if set(talk.scopes) <= set(row.confirmed.get(talk.client.client_id, ())):
        return _send_code(talk, row)
    return _page(talk, "confirm.html", person=person.display_name)


def _submit(talk: Conversation) -> flask.Response:
    action = talk.values.get("action", "sign-in")
    if not talk.browser.sent_our_form(talk.values):
        return _sign_in_page(talk, notice="expired", status=403)
    if action == "cancel":
        return _deny(talk)
    if action == "other-account":
        return _sign_in_page(talk)
    if action == "continue":
        resumed = _resumed(talk)
        return (
            _enter(talk, *resumed) if resumed else _sign_in_page(talk, notice="expired", status=403)
        )
    signed_in = sessions.sign_in(
        talk.call.session,
        talk.call.settings,
        username=talk.values.get("username", ""),
        password=talk.values.get("password", ""),
        source=_source(talk.call),
        now=talk.call.now,
    )
    if signed_in is None:
        return _sign_in_page(talk, notice="failed", status=403)
    if before := _resumed(talk):
        sessions.sign_out(talk.call.session, before[0], now=talk.call.now)
    talk.browser.renew(signed_in.cookie)
    return _enter(talk, signed_in.session, signed_in.person)


def _resumed(talk: Conversation) -> tuple[SignInSession, Person] | None:
    return sessions.resume(talk.call.session, talk.browser.cookie, talk.call.now)


def _source(call: Call) -> str:
    return source_of(
        flask.request.remote_addr or "",
        flask.request.headers.get("X-Forwarded-For", ""),
        call.settings.trusted_proxies,
    )


def _enter(talk: Conversation, row: SignInSession, person: Person) -> flask.Response:
    if not _may(talk, person):
        return _deny(talk)
    sessions.confirm(row, talk.client.client_id, talk.scopes)
    return _send_code(talk, row)


def _may(talk: Conversation, person: Person) -> bool:
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


def _send_code(talk: Conversation, row: SignInSession) -> flask.Response:
    answer_request(talk.pushed, now=talk.call.now)
    return _see_other(
        talk.server.create_authorization_response(
            talk.grant.request, grant_user=row, grant=talk.grant
        )
    )


def _deny(talk: Conversation) -> flask.Response:
    answer_request(talk.pushed, now=talk.call.now)
    error = AccessDeniedError(redirect_uri=talk.grant.redirect_uri)
    error.state = talk.pushed.parameters.get("state")
    return _see_other(talk.server.refused(error))


def _see_other(response: flask.Response) -> flask.Response:
    """303: whatever browser it is, it won't send the form with the password on (RFC 9700 section 4.12)."""
    response.status_code = 303
    response.headers["Cache-Control"] = "no-store"
    return response


def _sign_in_page(
    talk: Conversation, *, notice: str | None = None, status: int = 200
) -> flask.Response:
    username = talk.values.get("username", "") if notice == "failed" else ""
    return _page(talk, "sign_in.html", status=status, notice=notice, username=username)


def _page(
    talk: Conversation, template: str, *, status: int = 200, **context: Any
) -> flask.Response:
    chosen = language(talk.values)
    request = {name: talk.values[name] for name in _REFERENCE if talk.values.get(name)}
    if "lang" in request:  # whatever else was sent as a language isn't said again
        request["lang"] = chosen
    switched = {**request, "lang": "ar" if chosen == "en" else "en"}
    client = talk.client
    return page(
        talk.call,
        template,
        talk.values,
        status=status,
        redirect_uri=talk.grant.redirect_uri,
        request_values=request,
        csrf_token=talk.browser.csrf_token(),
        switch_address="?" + urlencode(switched),
        client_name=getattr(client, f"name_{chosen}"),
        organisation_name=getattr(client.of, f"name_{chosen}"),
        scope_titles=[catalogue.scopes().scopes[name].titles[chosen] for name in talk.scopes],
        **context,
    )
