"""The pages at which a person signs in, consents and signs out.

The authorization endpoint opens the request that the client has pushed. Signing out ends the session, and with it the
tokens of every application that the session opened.
"""

from typing import Any

import flask
from authlib.oauth2 import OAuth2Error

from identity.api import national_login, second_step
from identity.api.authorization_server import AuthorizationServer, oauth_errors
from identity.api.conversation import (
    CANCELLED,
    REFERENCE,
    Conversation,
    deny,
    may_be_admitted,
    resume_session,
    see_other,
    send_code,
    send_person_back,
    show_page,
)
from identity.api.oauth_request import read_parameters
from identity.api.pages import Browser, page, refusal_page
from identity.api.second_step import PASSKEY
from identity.commands import sessions
from identity.commands.authorization import (
    answer_request,
    find_pushed_request,
    open_request,
)
from identity.context import Call
from identity.domain.authorization import INVALID_REFERENCE, page_language
from identity.domain.errors import OAuthRefusal

# The parameters that the browser may send: the reference, and the fields of the page's form.
_FORM = (*REFERENCE, "csrf_token", "username", "password", "action", "code", *PASSKEY)


def show_authorization(call: Call, **_parameters: str) -> flask.Response:
    """GET /authorize."""
    return _converse(call, flask.request.args, REFERENCE, _show_request)


def submit_authorization(call: Call, **_parameters: str) -> flask.Response:
    """POST /authorize, which the page's form sends."""
    form = flask.request.form
    if form.get("action") == national_login.ACTION and Browser(call).sent_our_form(form):
        national_login.prepare(call.resources.national_login)
    return _converse(call, flask.request.form, _FORM, _submit_form)


def _converse(call: Call, sent: Any, allowed: tuple[str, ...], respond: Any) -> flask.Response:
    server, browser = AuthorizationServer(call, {}), Browser(call)
    browser.begin()
    try:
        with oauth_errors():
            values = read_parameters(sent)
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
        if error.redirect_uri:  # the request was valid when it was pushed, and isn't any more
            answer_request(pushed, now=call.now)
            return see_other(server.refused(error))
        return _show_refusal(call, sent, error)
    values.setdefault("lang", page_language(pushed.parameters, otherwise=call.language))
    response = respond(Conversation(call, server, grant, browser, pushed, values))
    return browser.keep(response)


def _show_refusal(call: Call, sent: Any, error: OAuth2Error) -> flask.Response:
    """Says why the request isn't taken. A request that was taken before names the site and the language."""
    pushed = None
    if error.error == INVALID_REFERENCE:
        reference, client_id = sent.get("request_uri", ""), sent.get("client_id", "")
        pushed = find_pushed_request(call.session, reference, client_id)
    wanted = page_language(pushed.parameters if pushed else {}, otherwise=call.language)
    return refusal_page(call, {"lang": sent.get("lang", wanted)}, error.error, pushed=pushed)


def _check_reference(values: dict[str, str], allowed: tuple[str, ...]) -> None:
    """Raises OAuthRefusal unless the request was pushed and nothing is sent beside it (RFC 9126 section 4)."""
    if "request_uri" not in values or "client_id" not in values:
        raise OAuthRefusal("invalid_request", "An authorization request has to be pushed.")
    if set(values) - set(allowed):
        raise OAuthRefusal("invalid_request", "Beside request_uri nothing may be sent.")


def _show_request(talk: Conversation) -> flask.Response:
    found = resume_session(talk)
    if found is None:
        return _sign_in_page(talk)
    row, person = found
    if not may_be_admitted(talk, person):
        return _sign_in_page(talk, notice="not_allowed")
    if set(talk.scopes) <= set(row.confirmed.get(talk.client.client_id, ())):
        return send_code(talk, row)
    return show_page(talk, "confirm.html", signed_in=person.display_name)


def _submit_form(talk: Conversation) -> flask.Response:
    action = talk.values.get("action", "sign-in")
    if not talk.browser.sent_our_form(talk.values):
        return _sign_in_page(talk, notice="expired", status=403)
    if action == "cancel":
        return deny(talk, CANCELLED)
    if action == "other-account":
        return _sign_in_page(talk)
    if action == "continue":
        found = resume_session(talk)
        return (
            send_person_back(talk, *found)
            if found
            else _sign_in_page(talk, notice="expired", status=403)
        )
    if talk.is_for_citizens:
        return national_login.send_to_national_login(talk)
    if answer := second_step.ACTIONS.get(action):
        shown = answer(talk)
        return shown or _sign_in_page(talk, notice="expired", status=403)
    return _sign_in(talk)


def _sign_in(talk: Conversation) -> flask.Response:
    """Signs an employee in with name and password, or leads to the second factor."""
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
    if isinstance(signed_in, sessions.SimultaneousSignIn):
        return _sign_in_page(talk, notice="tried_at_once", status=403)
    if isinstance(signed_in, sessions.SecondStepAhead):
        return second_step.begin(talk, signed_in)
    return send_person_back(talk, signed_in.session, signed_in.person, cookie=signed_in.cookie)


# The notices after which the name that was typed stands in the form again.
_KEEPS_NAME = ("failed", "tried_at_once")


def _sign_in_page(
    talk: Conversation, *, notice: str | None = None, status: int = 200
) -> flask.Response:
    if talk.is_for_citizens:
        return national_login.sign_in_page(talk, notice=notice, status=status)
    username = talk.values.get("username", "") if notice in _KEEPS_NAME else ""
    return show_page(talk, "sign_in.html", status=status, notice=notice, username=username)


def show_sign_out(call: Call, lang: str | None = None) -> flask.Response:
    """GET /sign-out."""
    return _sign_out_page(call, Browser(call), {"lang": lang or call.language}, 200)


def sign_out(call: Call) -> flask.Response:
    """POST /sign-out."""
    browser = Browser(call)
    try:
        values = read_parameters(flask.request.form)
    except OAuthRefusal:
        values = {}
    values.setdefault("lang", call.language)
    if not browser.sent_our_form(values):
        return _sign_out_page(call, browser, values, 403, notice="expired")
    resumed = sessions.resume_any_session(call.session, browser.cookie, call.now)
    if resumed:
        sessions.end_session(call.session, resumed[0].sid, now=call.now)
    return page(call, "signed_out.html", values)


def _sign_out_page(
    call: Call, browser: Browser, values: dict[str, str], status: int, notice: str | None = None
) -> flask.Response:
    browser.begin()
    resumed = sessions.resume_any_session(call.session, browser.cookie, call.now)
    response = page(
        call,
        "sign_out.html",
        values,
        status=status,
        notice=notice,
        signed_in=resumed[1].display_name if resumed else None,
        csrf_token=browser.csrf_token(),
        toggle="?lang=" + ("ar" if values.get("lang") == "en" else "en"),
    )
    return browser.keep(response)
