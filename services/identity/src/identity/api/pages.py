"""The pages for people: cookie, CSRF token, language, and what their templates need."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask

from identity.context import Call
from identity.domain.authorization import INVALID_REFERENCE
from identity.models import PushedRequest
from identity.sealing import derive_key
from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.headers import page_headers
from pages.origins import origin
from pages.rendering import EMPTY_FRAME, Rendering

_COOKIE = "identity"
_SHIFT_SECONDS = 10 * 60 * 60
# Notice → the field that it leads to.
_FIELDS = {
    "failed": "username",
    "passkey_name_needed": "passkey_name",
    **dict.fromkeys(
        ("wrong_code", "wrong_enrolment_code", "too_many_codes", "last_factor"), "code"
    ),
}
_TEXTS = Path(__file__).parent / "templates" / "texts.json"


@cache
def _rendering() -> Rendering:
    return Rendering("identity", [_TEXTS])


def language(values: Mapping[str, str]) -> str:
    """Returns Arabic unless English is asked for explicitly."""
    return "en" if values.get("lang") == "en" else "ar"


class Browser:
    """The browser of this request and its cookie, which is anonymous until a person signs in."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._name = ("__Host-" if call.settings.is_secure else "") + _COOKIE
        self.cookie = flask.request.cookies.get(self._name) or ""
        self._is_new = False

    def begin(self) -> None:
        """Ensures a cookie, to which the page's CSRF token is bound."""
        if not 20 <= len(self.cookie) <= 100:
            self.renew(secrets.token_urlsafe(32))

    def renew(self, cookie: str) -> None:
        """Sets a new cookie at the sign-in, so that no session has an identifier that was known before."""
        self.cookie, self._is_new = cookie, True

    def csrf_token(self) -> str:
        """Returns a token that a secret key binds to the cookie, so that a foreign page can neither read nor make a
        token."""
        key = derive_key("csrf", self._call.settings.encryption_keys())
        digest = hmac.digest(key, self.cookie.encode("utf-8", "surrogatepass"), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def sent_our_form(self, values: Mapping[str, str]) -> bool:
        """Returns whether the CSRF token of the form belongs to the cookie."""
        sent = values.get("csrf_token", "").encode("utf-8", "surrogatepass")
        return bool(self.cookie) and hmac.compare_digest(sent, self.csrf_token().encode())

    def keep(self, response: flask.Response) -> flask.Response:
        """Sets the cookie in the response when the cookie is new."""
        if self._is_new:
            response.set_cookie(
                self._name,
                self.cookie,
                max_age=_SHIFT_SECONDS,
                path="/",
                secure=self._call.settings.is_secure,
                httponly=True,
                samesite="Lax",
            )
        return response


def page(
    call: Call,
    template: str,
    values: Mapping[str, str],
    *,
    status: int = 200,
    beyond: Sequence[str] = (),
    notice: str | None = None,
    has_script: bool = False,
    **context: Any,
) -> flask.Response:
    """Renders a page. `beyond`: addresses to which its form may redirect. `notice`: the text that says what went
    wrong. `has_script`: the page asks for a passkey."""
    chosen = language(values)
    base = urlsplit(call.settings.issuer).path.rstrip("/")
    faults = _faults(notice, chosen)
    frame = {**EMPTY_FRAME, "home": None, "base": base, "faults": faults, "has_script": has_script}
    html = _rendering().render(template, chosen, **{**frame, **context})
    headers = page_headers(chosen, beyond=[one for one in beyond if one], has_script=has_script)
    return flask.Response(html, status, headers)


def refusal_page(
    call: Call, values: Mapping[str, str], error: str, *, pushed: PushedRequest | None = None
) -> flask.Response:
    """Says why a request isn't taken. Who goes «Back» past a sign-in opens its pushed request once more, and is led to
    the site that pushed it."""
    site = origin(pushed.parameters["redirect_uri"]) if pushed else None
    is_over = error == INVALID_REFERENCE
    return page(call, "error.html", values, status=400, error=error, is_over=is_over, site=site)


def _faults(notice: str | None, language: str) -> Faults:
    """Returns what went wrong as a fault of the form, which leads to the field. A wrong name or password leads to the
    name."""
    if notice is None:
        return NO_FAULTS
    field = _FIELDS.get(notice, "")
    return Faults([FieldFault(field, str(_rendering().words.text(language, notice)))])
