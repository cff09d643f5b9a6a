"""An access token for somebody of the running system, by the requests that a partner sends."""

import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from html.parser import HTMLParser
from itertools import islice
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
import yaml
from joserfc import jwt
from joserfc.jwk import ECKey, import_key

from devstack.machine import ROOT, StartError
from devstack.one_time_codes import current_codes
from devstack.register import ENTERED_BY

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE_S = 60
TIMEOUT_S = 15
# So many codes are good at a time; one that somebody used is refused.
CODES_TRIED = 3


def access_token(system: dict[str, Any], who: str, audience: str = "partner-gateway") -> str:
    """For a username or a client_id of `system` (what system.json holds), with all its scopes for
    `audience`, by a client whose tokens aren't bound to a key; for those see Session.

    Raises StartError when nobody is called that, holds no such scope, or is refused.
    """
    return _token(system, who, audience, None)


class Session:
    """Somebody's way to one service, with a token that is renewed before it expires.

    A person of an organisation with a client that binds its tokens (DPoP) gets a token that is bound to a
    key of this session, and each request its own proof. Safe to share between threads.
    """

    RENEW_S = 200

    def __init__(self, system: dict[str, Any], who: str, audience: str = "partner-gateway") -> None:
        self._system, self._who, self._audience = system, who, audience
        self.key = Key() if _binding_client(system, who) else None
        self._lock = Lock()
        self._token, self._made_at = "", float("-inf")

    @property
    def token(self) -> str:
        """Returns the access token by itself. A bound token opens nothing without a proof."""
        with self._lock:
            if time.monotonic() - self._made_at > self.RENEW_S:
                self._token = _token(self._system, self._who, self._audience, self.key)
                self._made_at = time.monotonic()
            return self._token

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Returns the headers of one request. They can't be used again."""
        token = self.token
        if self.key is None:
            return {"Authorization": f"Bearer {token}"}
        proof = self.key.proof(method, url, token=token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}


class Key:
    """A key of a client, and the DPoP proofs that it signs (RFC 9449)."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256")
        self._jwk = self._key.as_dict(private=False)
        self.thumbprint = self._key.thumbprint()

    def proof(
        self, method: str, url: str, *, token: str | None = None, nonce: str | None = None
    ) -> str:
        """For one request. `token` is the access token that goes with it, `nonce` the server's."""
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._jwk}
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(time.time()),
        }
        if token is not None:
            claims["ath"] = _base64url(sha256(token.encode()).digest())
        if nonce is not None:
            claims["nonce"] = nonce
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])


def _token(system: dict[str, Any], who: str, audience: str, key: Key | None) -> str:
    issuer = Issuer(system["issuer"])
    for client in system["clients"]:
        if client["client_id"] == who:
            return issuer.client_token(client, _scopes_for(client, audience), key)
    for person in system["people"]:
        if person["username"] == who:
            ours = [one for one in system["clients"] if _serves(one, person)]
            home = person["organisation"]
            client = _client_of("staff", ours, home, bound=key is not None)
            return issuer.person_token(client, person, _scopes_for(person, audience), key)
    for citizen in system.get("citizens", ()):
        if citizen["username"] == who:
            client = _client_of("citizen", system["clients"], None, bound=key is not None)
            return issuer.citizen_token(client, citizen, _scopes_for(citizen, audience), key)
    known = [one["username"] for one in (*system["people"], *system.get("citizens", ()))]
    known += [one["client_id"] for one in system["clients"]]
    raise StartError(f"nobody is called {who!r}; there are: {', '.join(known) or 'none'}")


def _binding_client(system: dict[str, Any], who: str) -> bool:
    """Whether somebody's client binds its tokens; of several clients of an organisation, whether one does."""
    people = [one for one in system["people"] if one["username"] == who]
    is_citizen = any(one["username"] == who for one in system.get("citizens", ()))
    return any(
        client.get("dpop_bound", False)
        for client in system["clients"]
        if client["client_id"] == who
        or (client["kind"] == "staff" and any(_serves(client, person) for person in people))
        or (client["kind"] == "citizen" and is_citizen)
    )


def _serves(client: dict[str, Any], person: dict[str, Any]) -> bool:
    """Whether the client is for the person: some clients of the municipality are for the people of others."""
    is_home = client["organisation"] == person["organisation"]
    return is_home and client["client_id"] not in ENTERED_BY


def _scopes_for(holder: dict[str, Any], audience: str) -> str:
    declared = yaml.safe_load((ROOT / "contracts" / "scopes.yaml").read_text())["scopes"]
    scopes = [scope for scope in holder["scopes"] if declared[scope]["audience"] == audience]
    if not scopes:
        audiences = sorted({declared[scope]["audience"] for scope in holder["scopes"]})
        raise StartError(
            f"no scope for the audience {audience}; ask for one of: {', '.join(audiences)}"
        )
    return " ".join(scopes)


def _client_of(
    kind: str, clients: Iterable[dict[str, Any]], organisation: str | None, *, bound: bool
) -> dict[str, Any]:
    """A client for the staff of an organisation, or (organisation None) for citizens."""
    for client in clients:
        ours = client["kind"] == kind and organisation in (None, client["organisation"])
        if ours and client.get("dpop_bound", False) == bound:
            return client
    which = "that binds its tokens" if bound else "whose tokens aren't bound (see Session)"
    raise StartError(f"{organisation or 'the house'} has no client for {kind} {which}")


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

    def client_token(self, client: dict[str, Any], scope: str, key: Key | None = None) -> str:
        """Gets a token by client credentials."""
        return self._token(client, {"grant_type": "client_credentials", "scope": scope}, key)

    def person_token(
        self, client: dict[str, Any], person: dict[str, Any], scope: str, key: Key | None = None
    ) -> str:
        """Gets a token by a pushed request and the authorization code flow with PKCE, as client and browser do."""

        def sign_in(reference: dict[str, str], redirect_uri: str) -> dict[str, str]:
            return self._sign_in(reference, redirect_uri, person)

        return self._code_token(client, scope, who=person["username"], key=key, sign_in=sign_in)

    def citizen_token(
        self, client: dict[str, Any], citizen: dict[str, Any], scope: str, key: Key | None = None
    ) -> str:
        """Gets a token as `person_token` does, through the stand-in for the national login."""

        def sign_in(reference: dict[str, str], redirect_uri: str) -> dict[str, str]:
            return self._sign_in_nationally(reference, redirect_uri, citizen)

        return self._code_token(client, scope, who=citizen["username"], key=key, sign_in=sign_in)

    def _code_token(
        self,
        client: dict[str, Any],
        scope: str,
        *,
        who: str,
        key: Key | None,
        sign_in: Callable[[dict[str, str], str], dict[str, str]],
    ) -> str:
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        request = {
            "response_type": "code",
            "redirect_uri": client["redirect_uris"][0],
            "scope": scope,
            "state": state,
            "code_challenge": _base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        if key is not None:
            request["dpop_jkt"] = key.thumbprint
        back = sign_in(self._pushed(client, request), request["redirect_uri"])
        if "code" not in back or back.get("state") != state or back.get("iss") != self._issuer:
            raise StartError(f"{who} got no code: {back}")
        grant = {
            "grant_type": "authorization_code",
            "code": back["code"],
            "redirect_uri": request["redirect_uri"],
            "code_verifier": verifier,
        }
        return self._token(client, grant, key)

    def _pushed(self, client: dict[str, Any], request: dict[str, str]) -> dict[str, str]:
        """Pushes a request (RFC 9126). Returns the parameters that the browser carries."""
        answer = self._http.post(
            self._metadata["pushed_authorization_request_endpoint"],
            data={**request, **self._authenticated(client)},
            timeout=TIMEOUT_S,
        )
        request_uri = _expect(answer, requests.codes.created).json()["request_uri"]
        return {"client_id": client["client_id"], "request_uri": request_uri}

    def _sign_in(
        self, reference: dict[str, str], redirect_uri: str, person: dict[str, Any]
    ) -> dict[str, str]:
        """Signs in. Returns the parameters with which the browser goes back to the client."""
        page = self._http.get(
            self._metadata["authorization_endpoint"],
            params=reference,
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
        answer = self._show_second_factor(answer, person)
        target = _expect(answer, requests.codes.found, requests.codes.see_other).headers["Location"]
        if not target.startswith(redirect_uri):
            raise StartError(
                f"the sign-in sent {person['username']} to {target} instead of the client"
            )
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def _show_second_factor(
        self, page: requests.Response, person: dict[str, Any]
    ) -> requests.Response:
        """Types the one-time code of a person who has a key, if the page asks for it. Returns the answer."""
        codes = current_codes(person["totp_secret"]) if "totp_secret" in person else ()
        for code in islice(codes, CODES_TRIED):
            if page.is_redirect or 'value="verify-code"' not in page.text:
                break
            form = SignInForm.of(page)
            page = self._http.post(
                urljoin(page.url, form.action),
                data=form.inputs | {"action": "verify-code", "code": code},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        return page

    def _sign_in_nationally(
        self, reference: dict[str, str], redirect_uri: str, citizen: dict[str, Any]
    ) -> dict[str, str]:
        """Takes the browser's steps: our page, the stand-in's two pages, our callback."""
        page = self._http.get(
            self._metadata["authorization_endpoint"], params=reference, timeout=TIMEOUT_S
        )
        page = self._send_form(page, action="national-login")
        page = self._send_form(page, id_number=citizen["id_number"])
        number = re.search(r'data-number="([0-9]+)"', page.text)
        if number is None:
            raise StartError(f"{page.url} shows no number to choose: {page.text[:300]}")
        form = SignInForm.of(page)
        answer = self._http.post(
            urljoin(page.url, form.action),
            data=form.inputs | {"choice": number[1]},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        callback = _expect(answer, requests.codes.see_other).headers["Location"]
        answer = self._http.get(callback, timeout=TIMEOUT_S, allow_redirects=False)
        target = _expect(answer, requests.codes.see_other).headers["Location"]
        if not target.startswith(redirect_uri):
            raise StartError(f"the sign-in led to {target} instead of the client")
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def _send_form(self, page: requests.Response, **inputs: str) -> requests.Response:
        """Sends a page's form. Returns the page that follows."""
        form = SignInForm.of(_expect(page, requests.codes.ok))
        address = urljoin(page.url, form.action)
        return self._http.post(address, data=form.inputs | inputs, timeout=TIMEOUT_S)

    def _token(self, client: dict[str, Any], grant: dict[str, str], key: Key | None) -> str:
        answer = self._ask_for_token(client, grant, key, None)
        nonce = answer.headers.get("DPoP-Nonce")
        if key is not None and nonce and answer.status_code == requests.codes.bad_request:
            answer = self._ask_for_token(client, grant, key, nonce)
        token: str = _expect(answer, requests.codes.ok).json()["access_token"]
        return token

    def _ask_for_token(
        self, client: dict[str, Any], grant: dict[str, str], key: Key | None, nonce: str | None
    ) -> requests.Response:
        url = self._metadata["token_endpoint"]
        headers = {"DPoP": key.proof("POST", url, nonce=nonce)} if key else {}
        form = {**grant, **self._authenticated(client)}
        return self._http.post(url, data=form, headers=headers, timeout=TIMEOUT_S)

    def _authenticated(self, client: dict[str, Any]) -> dict[str, str]:
        return {
            "client_id": client["client_id"],
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(client),
        }

    def _assertion(self, client: dict[str, Any]) -> str:
        """Makes private_key_jwt (RFC 7523) for this issuer, used once, within a minute."""
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
