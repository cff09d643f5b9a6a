"""Citizens: to the national login and back (OpenID Connect, ADR 28)."""

from contextlib import suppress
from dataclasses import dataclass

import flask
import structlog
from authlib.oauth2 import OAuth2Error

from chassis.access.quotas import Demand, LimitReached, Policy
from identity.api.authorization_server import AuthorizationServer, oauth_errors
from identity.api.conversation import Conversation, enter, see_other, show
from identity.api.oauth_request import parameters
from identity.api.pages import Browser, language, page
from identity.commands import citizens
from identity.commands.national_sign_ins import (
    Returned,
    TooLate,
    begin_journey,
    keep_journey,
    take_journey,
)
from identity.commands.pushed_requests import open_request
from identity.context import Call
from identity.domain.errors import OAuthRefusal
from identity.domain.national_login import NotVerified, Verified
from identity.outside.national_login import Away, CodeRefused, NationalLogin

ACTION = "national-login"  # the page's button

log = structlog.get_logger(__name__)
_WINDOW_S, _STEP_S = 600, 60
# What the national login says when there's no code (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6) → the page's words.
_ERRORS = {
    "access_denied": "refused",
    "login_required": "too_late",
    "interaction_required": "too_late",
    "temporarily_unavailable": "away",
    "server_error": "away",
}
_STATUS = {"refused": 403, "too_late": 403, "not_verified": 403, "suspended": 403, "away": 503}
_RETRY_AFTER = "5"


@dataclass(frozen=True)
class _Nobody:
    """The national login said of nobody that it's them. `notice` is the page's, `reason` the log's."""

    notice: str
    reason: str


# Who signed in, and what says so.
_Answer = tuple[Verified, dict[str, str]] | _Nobody


def sign_in_page(
    talk: Conversation, *, notice: str | None = None, status: int = 200
) -> flask.Response:
    """Says which application asks for what, and has one button, to the national login."""
    is_open = bool(talk.call.resources.national_login.issuer)
    notice, status = (notice, status) if is_open else ("away", 503)
    response = show(talk, "citizen_sign_in.html", status=status, notice=notice)
    if status == 503:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def prepare(provider: NationalLogin) -> None:
    """Asks the national login for what `begin` needs, before the request's transaction begins: none waits for it. A
    failure is told by `begin`."""
    with suppress(Away):
        provider.prepare()


def begin(talk: Conversation) -> flask.Response:
    """Sends the browser to the national login."""
    call = talk.call
    limit = Policy(
        "national-login", call.settings.national_sign_ins_per_address, _WINDOW_S, step=_STEP_S
    )
    journey = begin_journey(call.settings, call.now)
    try:
        call.quotas.charge([Demand(limit, call.address)], now=call.now.timestamp())
        address = call.resources.national_login.address(journey, language(talk.values))
    except LimitReached as reached:
        response = sign_in_page(talk, notice="too_many", status=429)
        response.headers["Retry-After"] = str(reached.retry_after)
        return response
    except Away as away:
        return _failed(talk, "away", away.code)
    keep_journey(
        call.session,
        call.settings,
        journey,
        request_uri=talk.values["request_uri"],
        language=language(talk.values),
        now=call.now,
    )
    response = flask.Response(status=303, headers={"Location": address})
    return see_other(response)


def finish_national_login(call: Call, **_parameters: str) -> flask.Response:
    """GET /national-login/callback, to which the national login sends the browser back. Between two transactions: one
    says that the journey was used, the other one signs in."""
    browser, chosen = Browser(call), call.language
    try:
        with oauth_errors():
            values = parameters(flask.request.args)
            returned = _take(call, browser, values.get("state", ""))
            chosen = returned.language
            answer = _asked(call, returned, values)
            talk = _conversation(call, browser, returned)
    except TooLate:
        return page(call, "too_late.html", {"lang": chosen}, status=400)
    except OAuth2Error as error:
        return page(call, "error.html", {"lang": chosen}, status=400, error=error.error)
    return browser.keep(_finish(talk, answer))


def _take(call: Call, browser: Browser, state: str) -> Returned:
    """Committed at once: the callback counts once, whatever becomes of it. Raises OAuthRefusal and TooLate."""
    with call.resources.database.transaction() as session:
        return take_journey(session, call.settings, state, browser=browser.cookie, now=call.now)


def _asked(call: Call, returned: Returned, values: dict[str, str]) -> _Answer:
    """What the national login says, in three requests of some seconds at the most: outside of transactions."""
    provider = call.resources.national_login
    # RFC 9207: an answer that names its issuer names ours. Which one was asked isn't in doubt: there's one.
    if values.get("iss", provider.issuer) != provider.issuer:
        return _Nobody("not_verified", "another issuer")
    if "error" in values or "code" not in values:
        return _Nobody(_ERRORS.get(values.get("error", ""), "not_verified"), "no code")
    try:
        person, token_hash = provider.redeem(values["code"], returned.journey, call.now)
    except Away as away:
        return _Nobody("away", away.code)
    except (NotVerified, CodeRefused) as error:
        return _Nobody("not_verified", str(error) or "code")
    return person, {"provider": provider.issuer, "id_token_sha256": token_hash}


def _conversation(call: Call, browser: Browser, returned: Returned) -> Conversation:
    """The application's request, as its page had it. Raises OAuthRefusal and OAuth2Error."""
    try:
        pushed = open_request(
            call.session,
            returned.request_uri,
            returned.client_id,
            browser=browser.cookie,
            now=call.now,
        )
    except OAuthRefusal:
        raise TooLate from None  # answered meanwhile in another tab, or begun too long ago
    server = AuthorizationServer(call, pushed.parameters)
    values = {
        "client_id": returned.client_id,
        "request_uri": returned.request_uri,
        "lang": returned.language,
    }
    return Conversation(call, server, server.get_consent_grant(), browser, pushed, values)


def _finish(talk: Conversation, answer: _Answer) -> flask.Response:
    if isinstance(answer, _Nobody):
        return _failed(talk, answer.notice, answer.reason)
    try:
        signed_in = citizens.sign_in(talk.call.session, *answer, talk.call.now)
    except citizens.Suspended:
        return _failed(talk, "suspended", "suspended")
    return enter(talk, signed_in.session, signed_in.person, cookie=signed_in.cookie)


def _failed(talk: Conversation, notice: str, reason: str) -> flask.Response:
    """The page again, with what happened, and the button to try once more."""
    log.info("national_login.failed", reason=f"{notice}: {reason}")
    return sign_in_page(talk, notice=notice, status=_STATUS[notice])
