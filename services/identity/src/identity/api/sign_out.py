"""Signing out ends the session, and with it the tokens of every application that it opened."""

import flask

from identity.api.oauth_request import parameters
from identity.api.pages import Browser, page
from identity.commands import sessions
from identity.context import Call
from identity.domain.errors import OAuthRefusal


def show_sign_out(call: Call, lang: str | None = None) -> flask.Response:
    """GET /sign-out."""
    return _ask(call, Browser(call), {"lang": lang or call.language}, 200)


def sign_out(call: Call) -> flask.Response:
    """POST /sign-out."""
    browser = Browser(call)
    try:
        values = parameters(flask.request.form)
    except OAuthRefusal:
        values = {}
    values.setdefault("lang", call.language)
    if not browser.sent_our_form(values):
        return _ask(call, browser, values, 403, notice="expired")
    resumed = sessions.resume_any_session(call.session, browser.cookie, call.now)
    if resumed:
        sessions.sign_out(call.session, resumed[0], now=call.now)
    return page(call, "signed_out.html", values, switch_address=None)


def _ask(
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
        person=resumed[1].display_name if resumed else None,
        csrf_token=browser.csrf_token(),
        switch_address="?lang=" + ("ar" if values.get("lang") == "en" else "en"),
    )
    return browser.keep(response)
