"""A citizen's sign-in by the national login: the page, the redirect, and the return (OpenID Connect, ADR 28)."""

from contextlib import suppress
from dataclasses import dataclass

import flask
import structlog
from authlib.oauth2 import OAuth2Error

from chassis.access.quotas import Demand, LimitReached, Policy
from identity.api.authorization_server import AuthorizationServer, oauth_errors
from identity.api.conversation import Conversation, see_other, send_person_back, show_page
from identity.api.oauth_request import read_parameters
from identity.api.pages import Browser, language, page, refusal_page
from identity.commands import citizens
from identity.commands.authorization import open_request
from identity.commands.citizens import (
    Returned,
    TooLate,
    begin_journey,
    keep_journey,
    take_journey,
)
from identity.context import Call
from identity.domain.citizens import NotVerified, Verified
from identity.domain.errors import OAuthRefusal
from identity.outside.national_login import Away, CodeRefused, NationalLogin

ACTION = "national-login"  # the page's button

log = structlog.get_logger(__name__)
_WINDOW_S, _STEP_S = 600, 60
# The national login's error (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6) → the page's notice.
_ERRORS = {
    "access_denied": "refused",
    "login_required": "too_late",
    "interaction_required": "too_late",
    "temporarily_unavailable": "away",
    "server_error": "away",
}
_STATUS = {
    **dict.fromkeys(("refused", "too_late", "not_verified", "suspended", "ended_meanwhile"), 403),
    "away": 503,
}
_RETRY_AFTER = "5"


@dataclass(frozen=True)
class _Failure:
    """The national login proved no person. `notice`: for the page; `reason`: for the log."""

    notice: str
    reason: str


# The person with the evidence, or a failure.
_Answer = tuple[Verified, dict[str, str]] | _Failure


def sign_in_page(
    talk: Conversation, *, notice: str | None = None, status: int = 200
) -> flask.Response:
    """Returns the page that names the application and its request, with a button to the national login."""
    is_open = bool(talk.call.resources.national_login.issuer)
    notice, status = (notice, status) if is_open else ("away", 503)
    response = show_page(talk, "citizen_sign_in.html", status=status, notice=notice)
    if status == 503:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def prepare(provider: NationalLogin) -> None:
    """Fetches the national login's metadata before the request's transaction begins, so that no transaction waits.
    After a failure, `send_to_national_login` shows the failure."""
    with suppress(Away):
        provider.prepare()


def send_to_national_login(talk: Conversation) -> flask.Response:
    """Sends the browser to the national login."""
    call = talk.call
    limit = Policy(
        "national-login", call.settings.national_sign_ins_per_address, _WINDOW_S, step=_STEP_S
    )
    journey = begin_journey(call.settings, call.now)
    try:
        call.charge(Demand(limit, call.address))
        address = call.resources.national_login.address(journey, language(talk.values))
    except LimitReached as reached:
        response = sign_in_page(talk, notice="too_many", status=429)
        response.headers["Retry-After"] = str(reached.retry_after)
        return response
    except Away as away:
        return _failure_page(talk, "away", away.code)
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
    """GET /national-login/callback, to which the national login sends the browser back.

    The first transaction marks the journey as used, then the national login is asked, and the second transaction signs
    the person in.
    """
    browser, chosen = Browser(call), call.language
    try:
        with oauth_errors():
            values = read_parameters(flask.request.args)
            returned = _use_journey(call, browser, values.get("state", ""))
            chosen = returned.language
            answer = _ask_national_login(call, returned, values)
            talk = _reopen_request(call, browser, returned)
    except TooLate:
        return page(call, "too_late.html", {"lang": chosen}, status=400)
    except OAuth2Error as error:
        return refusal_page(call, {"lang": chosen}, error.error)
    return browser.keep(_sign_in(talk, answer))


def _use_journey(call: Call, browser: Browser, state: str) -> Returned:
    """Marks the journey as used and commits at once, so that a callback counts once. Raises OAuthRefusal and
    TooLate."""
    with call.resources.database.transaction() as session:
        return take_journey(session, call.settings, state, browser=browser.cookie, now=call.now)


def _ask_national_login(call: Call, returned: Returned, values: dict[str, str]) -> _Answer:
    """Returns the national login's answer, by up to three requests outside of transactions."""
    provider = call.resources.national_login
    # RFC 9207: an answer that names an issuer has to name the only issuer.
    if values.get("iss", provider.issuer) != provider.issuer:
        return _Failure("not_verified", "another issuer")
    if "error" in values or "code" not in values:
        return _Failure(_ERRORS.get(values.get("error", ""), "not_verified"), "no code")
    try:
        person, token_hash = provider.redeem(values["code"], returned.journey, call.now)
    except Away as away:
        return _Failure("away", away.code)
    except (NotVerified, CodeRefused) as error:
        return _Failure("not_verified", str(error) or "code")
    return person, {"provider": provider.issuer, "id_token_sha256": token_hash}


def _reopen_request(call: Call, browser: Browser, returned: Returned) -> Conversation:
    """Returns the conversation about the application's request. Raises OAuthRefusal and OAuth2Error."""
    try:
        pushed = open_request(
            call.session,
            returned.request_uri,
            returned.client_id,
            browser=browser.cookie,
            now=call.now,
        )
    except OAuthRefusal:
        raise TooLate from None  # answered in another tab, or too old
    server = AuthorizationServer(call, pushed.parameters)
    values = {
        "client_id": returned.client_id,
        "request_uri": returned.request_uri,
        "lang": returned.language,
    }
    return Conversation(call, server, server.get_consent_grant(), browser, pushed, values)


def _sign_in(talk: Conversation, answer: _Answer) -> flask.Response:
    if isinstance(answer, _Failure):
        return _failure_page(talk, answer.notice, answer.reason)
    try:
        signed_in = citizens.sign_in(talk.call.session, *answer, talk.call.now)
    except citizens.Suspended:
        return _failure_page(talk, "suspended", "suspended")
    except citizens.RevokedMeanwhile:
        return _failure_page(talk, "ended_meanwhile", "revoked meanwhile")
    return send_person_back(talk, signed_in.session, signed_in.person, cookie=signed_in.cookie)


def _failure_page(talk: Conversation, notice: str, reason: str) -> flask.Response:
    """Returns the page again, with the notice and the button."""
    log.info("national_login.failed", reason=f"{notice}: {reason}")
    return sign_in_page(talk, notice=notice, status=_STATUS[notice])
