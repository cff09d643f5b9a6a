"""An access token for somebody of the running system, by the requests that a partner sends."""

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
import yaml
from joserfc import jwt
from joserfc.jwk import import_key

from devstack.parts import ROOT, StartError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE_S = 60
TIMEOUT_S = 15


def access_token(system: dict[str, Any], who: str, audience: str = "partner-gateway") -> str:
    """For a username or a client_id of `system` (what system.json holds), with all its scopes for
    `audience`.

    Raises StartError when nobody is called that, holds no such scope, or is refused.
    """
    issuer = Issuer(system["issuer"])
    for client in system["clients"]:
        if client["client_id"] == who:
            return issuer.client_token(client, _scopes_for(client, audience))
    for person in system["people"]:
        if person["username"] == who:
            client = _staff_client(system["clients"], person["organisation"])
            return issuer.person_token(client, person, _scopes_for(person, audience))
    known = [one["username"] for one in system["people"]] + [
        one["client_id"] for one in system["clients"]
    ]
    raise StartError(f"nobody is called {who!r}; there are: {', '.join(known) or 'none'}")


def _scopes_for(holder: dict[str, Any], audience: str) -> str:
    declared = yaml.safe_load((ROOT / "contracts" / "scopes.yaml").read_text())["scopes"]
    scopes = [scope for scope in holder["scopes"] if declared[scope]["audience"] == audience]
    if not scopes:
        audiences = sorted({declared[scope]["audience"] for scope in holder["scopes"]})
        raise StartError(
            f"no scope for the audience {audience}; ask for one of: {', '.join(audiences)}"
        )
    return " ".join(scopes)


def _staff_client(clients: Iterable[dict[str, Any]], organisation: str) -> dict[str, Any]:
    for client in clients:
        if client["kind"] == "staff" and client["organisation"] == organisation:
            return client
    raise StartError(f"{organisation} has no client for its staff: register one of kind staff")


class Issuer:
    """An authorization server, known by its metadata (RFC 8414)."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._http = requests.Session()
        url = issuer.rstrip("/") + "/.well-known/oauth-authorization-server"
        try:
            answer = self._http.get(url, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            raise StartError(
                f"the issuer {issuer} doesn't answer: is the system up? ({error})"
            ) from error
        self._metadata: dict[str, Any] = _expect(answer, requests.codes.ok).json()
        if self._metadata["issuer"] != issuer:
            raise StartError(
                f"the metadata at {url} is another issuer's: {self._metadata['issuer']}"
            )

    def client_token(self, client: dict[str, Any], scope: str) -> str:
        """By client credentials."""
        return self._token(client, {"grant_type": "client_credentials", "scope": scope})

    def person_token(self, client: dict[str, Any], person: dict[str, Any], scope: str) -> str:
        """By the authorization code flow with PKCE, as the browser and the client would."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        request = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": client["redirect_uris"][0],
            "scope": scope,
            "state": state,
            "code_challenge": _base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        back = self._sign_in(request, person)
        if "code" not in back or back.get("state") != state or back.get("iss") != self._issuer:
            raise StartError(f"{person['username']} got no code: {back}")
        return self._token(
            client,
            {
                "grant_type": "authorization_code",
                "code": back["code"],
                "redirect_uri": request["redirect_uri"],
                "code_verifier": verifier,
            },
        )

    def _sign_in(self, request: dict[str, str], person: dict[str, Any]) -> dict[str, str]:
        """The parameters with which the browser is sent back to the client."""
        page = self._http.get(
            self._metadata["authorization_endpoint"],
            params=request,
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        form = SignInForm.of(_expect(page, requests.codes.ok))
        form.inputs |= {"username": person["username"], "password": person["password"]}
        answer = self._http.post(
            urljoin(page.url, form.action),
            data=form.inputs,
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        target = _expect(answer, requests.codes.found, requests.codes.see_other).headers["Location"]
        if not target.startswith(request["redirect_uri"]):
            raise StartError(
                f"the sign-in sent {person['username']} to {target} instead of the client"
            )
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def _token(self, client: dict[str, Any], grant: dict[str, str]) -> str:
        proof = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(client),
        }
        form = {"client_id": client["client_id"], **grant, **proof}
        answer = self._http.post(self._metadata["token_endpoint"], data=form, timeout=TIMEOUT_S)
        token: str = _expect(answer, requests.codes.ok).json()["access_token"]
        return token

    def _assertion(self, client: dict[str, Any]) -> str:
        """private_key_jwt (RFC 7523) for this issuer only, used once, within a minute."""
        now = int(time.time())
        header = {"alg": "ES256", "typ": "JWT", "kid": client["private_jwk"]["kid"]}
        claims = {
            "iss": client["client_id"],
            "sub": client["client_id"],
            "aud": self._issuer,
            "iat": now,
            "exp": now + ASSERTION_LIFE_S,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(header, claims, import_key(client["private_jwk"]), algorithms=["ES256"])


class SignInForm(HTMLParser):
    """The form of a page that holds the input `csrf_token`: where it goes, and its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.inputs: dict[str, str] = {}
        self._found = False

    @classmethod
    def of(cls, page: requests.Response) -> "SignInForm":
        form = cls()
        form.feed(page.text)
        if not form._found:
            raise StartError(f"{page.url} shows no sign-in form: {page.text[:300]}")
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: text or "" for name, text in attrs}
        if tag == "form" and not self._found:
            self.action, self.inputs = given.get("action", ""), {}
        if tag == "input" and given.get("type") == "hidden":
            self.inputs[given["name"]] = given.get("value", "")
            self._found = self._found or given["name"] == "csrf_token"


def _expect(answer: requests.Response, *codes: int) -> requests.Response:
    if answer.status_code not in codes:
        asked = f"{answer.request.method} {answer.url.partition('?')[0]}"
        raise StartError(f"{asked} answered {answer.status_code}: {answer.text[:500]}")
    return answer


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
