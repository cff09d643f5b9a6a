"""Requests of clients and of browsers, as they make them in the tests."""

import time
from base64 import urlsafe_b64encode
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from chassis.core.ids import new_id

ISSUER = "https://issuer.test"
PASSWORD = "four palms by the sea"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
# A header parameter that is left out.
WITHOUT = object()
CALLBACK = "https://desk.electricity.example/callback"
CITIZENS_CALLBACK = "https://portal.example/citizens"
MACHINE = {"grant_type": "client_credentials", "scope": "permits.read"}
KEYS = {
    "electricity-desk": ECKey.generate_key("P-256", {"kid": "desk-1"}),
    "bound-desk": ECKey.generate_key("P-256", {"kid": "bound-1"}),
    "bound-feed": ECKey.generate_key("P-256", {"kid": "bound-feed-1"}),
    "water-desk": ECKey.generate_key("P-256", {"kid": "water-1"}),
    "portal": RSAKey.generate_key(2048, {"kid": "portal-1"}),
    "desk": ECKey.generate_key("P-256", {"kid": "desk-2"}),
    "second-desk": ECKey.generate_key("P-256", {"kid": "desk-3"}),
    "my-pages": ECKey.generate_key("P-256", {"kid": "my-pages-1"}),
    "citizens": ECKey.generate_key("P-256", {"kid": "citizens-1"}),
    "bound-citizens": ECKey.generate_key("P-256", {"kid": "bound-citizens-1"}),
    "tarout-feed": OKPKey.generate_key("Ed25519", {"kid": "feed-1"}),
    "gateway": ECKey.generate_key("P-256", {"kid": "gateway-1"}),
    "permits-service": ECKey.generate_key("P-256", {"kid": "permits-1"}),
}


def part(data: bytes) -> str:
    """A part of a compact JWS: base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class Form(HTMLParser):
    """The hidden inputs of a page's form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.action = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        if tag == "input" and given.get("type") == "hidden":
            self.inputs[str(given["name"])] = given.get("value") or ""


class Oauth:
    """Requests of clients and of browsers against one application."""

    def __init__(self, wsgi: Any) -> None:
        self._wsgi = wsgi
        self.http = self.browser()

    def browser(self) -> httpx.Client:
        """A browser of its own: it keeps cookies and follows nothing by itself."""
        return httpx.Client(transport=httpx.WSGITransport(app=self._wsgi), base_url=ISSUER)

    def assertion(
        self,
        client_id: str,
        *,
        key: Any = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        key = key or KEYS[client_id]
        now = int(time.time())
        basic = {
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": new_id(),
        }
        claims = {name: value for name, value in {**basic, **changes}.items() if value is not None}
        algorithm = {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256", "oct": "HS256"}[key.key_type]
        named = {"alg": algorithm, "kid": key.kid, **(header or {})}
        protected = {name: value for name, value in named.items() if value is not WITHOUT}
        return jwt.encode(protected, claims, key, algorithms=[protected["alg"]])

    def authenticated(self, client_id: str, **changes: Any) -> dict[str, str]:
        """The two parameters of private_key_jwt."""
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(client_id, **changes),
        }

    def machine_token(
        self, scope: str | None = "permits.read", client_id: str = "tarout-feed", **form: Any
    ) -> Any:
        asked = {
            "grant_type": "client_credentials",
            "scope": scope,
            **self.authenticated(client_id),
            **form,
        }
        return self.http.post("/token", data={k: v for k, v in asked.items() if v is not None})

    def request(self, **changes: Any) -> dict[str, str]:
        """An authorization request of the electricity company's desk."""
        basic = {
            "response_type": "code",
            "client_id": "electricity-desk",
            "redirect_uri": CALLBACK,
            "scope": "building-permits.read",
            "state": "a&b=ج",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**basic, **changes}.items() if value is not None}

    def push(
        self, by: str | None = None, headers: dict[str, str] | None = None, **changes: Any
    ) -> httpx.Response:
        """Pushes an authorization request; `by` is the client that authenticates."""
        request = self.request(**changes)
        by = by or request.get("client_id", "electricity-desk")
        return self.http.post("/par", data={**request, **self.authenticated(by)}, headers=headers)

    def reference(self, **changes: Any) -> dict[str, str]:
        """What the browser carries to the authorization endpoint: client_id and request_uri."""
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.text
        client_id = changes.get("client_id", "electricity-desk")
        return {"client_id": client_id, "request_uri": answer.json()["request_uri"]}

    def sign_in(
        self,
        username: str = "sara",
        password: str = PASSWORD,
        browser: httpx.Client | None = None,
        **changes: Any,
    ) -> httpx.Response:
        """Opens the page and sends its form; the answer to the form."""
        browser = browser or self.browser()
        page = browser.get("/authorize", params=self.reference(**changes))
        assert page.status_code == 200, page.text
        form = Form(page.text)
        data = {**form.inputs, "username": username, "password": password}
        return browser.post(form.action, data=data)

    @staticmethod
    def form_of(page: httpx.Response) -> dict[str, str]:
        """The hidden inputs of a page's form."""
        return Form(page.text).inputs

    def code(
        self, username: str = "sara", browser: httpx.Client | None = None, **changes: Any
    ) -> str:
        answer = self.sign_in(username, browser=browser, **changes)
        return self.returned(answer)["code"]

    @staticmethod
    def returned(answer: httpx.Response) -> dict[str, str]:
        """The parameters with which the browser is sent back."""
        assert answer.status_code == 303, answer.text
        query = urlsplit(answer.headers["Location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}

    def redeem(
        self, code: str | None, client_id: str = "electricity-desk", **form: Any
    ) -> httpx.Response:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **self.authenticated(client_id),
            **form,
        }
        return self.http.post("/token", data={k: v for k, v in asked.items() if v is not None})

    def staff_token(
        self, username: str = "sara", browser: httpx.Client | None = None, **changes: Any
    ) -> str:
        client_id = changes.get("client_id", "electricity-desk")
        form = {"redirect_uri": changes["redirect_uri"]} if "redirect_uri" in changes else {}
        answer = self.redeem(self.code(username, browser, **changes), client_id, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def introspect(self, token: str, client_id: str = "gateway") -> Any:
        answer = self.http.post(
            "/introspect", data={"token": token, **self.authenticated(client_id)}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def claims(self, token: str) -> dict[str, Any]:
        """The claims, after the signature was verified with the published keys."""
        keys = KeySet.import_key_set(self.http.get("/jwks.json").json())
        parsed = jwt.decode(token, keys, algorithms=["PS256"])
        assert parsed.header["typ"] == "at+jwt"
        return parsed.claims
