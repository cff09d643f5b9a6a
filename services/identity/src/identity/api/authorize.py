"""The authorization endpoint: opens the request that the client has pushed, then asks the person."""

from typing import Any

import flask
from authlib.oauth2 import OAuth2Error

from identity.api import national_login
from identity.api.authorization_server import AuthorizationServer, oauth_errors
from identity.api.conversation import (
    REFERENCE,
    Conversation,
    deny,
    enter,
    may_enter,
    resumed,
    see_other,
    send_code,
    show,
)
from identity.api.oauth_request import parameters
from identity.api.pages import Browser, page
from identity.commands import sessions
from identity.commands.pushed_requests import answer_request, open_request
from identity.context import Call
from identity.domain.authorization import page_language
from identity.domain.errors import OAuthRefusal

# What the browser may send beside the reference: the language, and the page's own form.
_FORM = (*REFERENCE, "csrf_token", "username", "password", "action")


def show_authorization(call: Call, **_parameters: str) -> flask.Response:
    """GET /authorize."""
    return _converse(call, flask.request.args, REFERENCE, _show)


def submit_authorization(call: Call, **_parameters: str) -> flask.Response:
    """POST /authorize, which the page's form sends."""
    form = flask.request.form
    if form.get("action") == national_login.ACTION and Browser(call).sent_our_form(form):
        national_login.prepare(call.resources.national_login)
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
            return see_other(server.refused(error))
        chosen = {"lang": sent.get("lang", call.language)}
        return page(call, "error.html", chosen, status=400, error=error.error)
    values.setdefault("lang", page_language(pushed.parameters, otherwise=call.language))
    response = respond(Conversation(call, server, grant, browser, pushed, values))
    return browser.keep(response)


def _check_reference(values: dict[str, str], allowed: tuple[str, ...]) -> None:
    """A request comes pushed or not at all, without parameters beside it (RFC 9126 section 4)."""
    if "request_uri" not in values or "client_id" not in values:
        raise OAuthRefusal("invalid_request", "An authorization request has to be pushed.")
    if set(values) - set(allowed):
        raise OAuthRefusal("invalid_request", "Beside request_uri nothing may be sent.")


def _show(talk: Conversation) -> flask.Response:
    found = resumed(talk)
    if found is None:
        return _sign_in_page(talk)
    row, person = found
    if not may_enter(talk, person):
        return _sign_in_page(talk, notice="not_allowed")
    if set(talk.scopes) <= set(row.confirmed.get(talk.client.client_id, ())):
        return send_code(talk, row)
    return show(talk, "confirm.html", person=person.display_name)


def _submit(talk: Conversation) -> flask.Response:
    action = talk.values.get("action", "sign-in")
    if not talk.browser.sent_our_form(talk.values):
        return _sign_in_page(talk, notice="expired", status=403)
    if action == "cancel":
        return deny(talk)
    if action == "other-account":
        return _sign_in_page(talk)
    if action == "continue":
        found = resumed(talk)
        return enter(talk, *found) if found else _sign_in_page(talk, notice="expired", status=403)
    return national_login.begin(talk) if talk.is_for_citizens else _sign_in(talk)


def _sign_in(talk: Conversation) -> flask.Response:
    """An employee's name and password."""
    signed_in = sessions.sign_in(
        talk.call.session,
        talk.call.settings,
        username=talk.values.get("username", ""),
        password=talk.values.get("password", ""),
        source=talk.call.address,
        now=talk.call.now,
    )
    if signed_in is None:
        return _sign_in_page(talk, notice="failed", status=403)
    return enter(talk, signed_in.session, signed_in.person, cookie=signed_in.cookie)


def _sign_in_page(
    talk: Conversation, *, notice: str | None = None, status: int = 200
) -> flask.Response:
    if talk.is_for_citizens:
        return national_login.sign_in_page(talk, notice=notice, status=status)
    username = talk.values.get("username", "") if notice == "failed" else ""
    return show(talk, "sign_in.html", status=status, notice=notice, username=username)
