"""How a token is asked for, against a small authorization server that checks every parameter."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, import_key

from devstack.machine import StartError
from devstack.token import Session, access_token

CALLBACK = "https://desk.electricity.example/callback"


class Desk(BaseHTTPRequestHandler):
    """An authorization server that knows sara, whose password is `open`, and every client's key."""

    server: "Server"

    def do_GET(self) -> None:
        if self.path == "/.well-known/oauth-authorization-server":
            base = self.server.issuer
            metadata = {
                "issuer": base,
                "authorization_endpoint": f"{base}/sign-in",
                "token_endpoint": f"{base}/t",
                "pushed_authorization_request_endpoint": f"{base}/par",
            }
            self.answer(200, json.dumps(metadata))
            return
        request = parse_qs(urlsplit(self.path).query)
        assert set(request) == {"client_id", "request_uri"}
        assert self.server.pushed[request["request_uri"][0]]["client_id"] == request["client_id"][0]
        hidden = {name: values[0] for name, values in request.items()} | {"csrf_token": "once&only"}
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{escape(v)}">' for name, v in hidden.items()
        )
        search = '<form action="/search"><input type="hidden" name="q" value="1"></form>'
        form = f'<form method="post">{inputs}<input name="username"><input type="password" name="password"></form>'
        self.answer(200, search + form, {"Set-Cookie": "session=s1; HttpOnly; SameSite=Lax"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body, strict_parsing=True))
        if self.path == "/par":
            self.push(form)
        else:
            (self.sign_in if self.path.startswith("/sign-in") else self.issue)(form)

    def push(self, form: dict[str, str]) -> None:
        self.authenticate(form)
        assert form["response_type"] == "code"
        assert form["code_challenge_method"] == "S256"
        assert form["redirect_uri"] == CALLBACK
        request_uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(8)}"
        self.server.pushed[request_uri] = form
        self.answer(201, json.dumps({"request_uri": request_uri, "expires_in": 60}))

    def sign_in(self, form: dict[str, str]) -> None:
        if "session=s1" not in self.headers["Cookie"] or form["csrf_token"] != "once&only":
            self.answer(403, "this page has expired")
            return
        if (form["username"], form["password"]) != ("sara", "open"):
            self.answer(403, "wrong name or password")
            return
        code = secrets.token_urlsafe(8)
        request = self.server.pushed.pop(form["request_uri"])
        self.server.codes[code] = request
        back = {
            "code": code,
            "state": request["state"],
            "iss": self.server.says_issuer or self.server.issuer,
        }
        self.answer(303, "", {"Location": f"{CALLBACK}?{urlencode(back)}"})

    def authenticate(self, form: dict[str, str]) -> None:
        key = import_key(self.server.keys[form["client_id"]])
        token = jwt.decode(form["client_assertion"], key, algorithms=["ES256"])
        claims = token.claims
        assert claims["iss"] == claims["sub"] == form["client_id"]
        assert claims["aud"] == self.server.issuer
        assert claims["exp"] - claims["iat"] == 60
        assert token.header["kid"] == self.server.keys[form["client_id"]]["kid"]
        assert claims["jti"] not in self.server.assertions
        self.server.assertions.add(claims["jti"])

    def prove(self, bound_to: str) -> bool:
        """Whether the proof has our nonce; else it's been answered with one."""
        proof = self.headers["DPoP"]
        header = jws.extract_compact(proof.encode()).headers()
        claims = jwt.decode(proof, import_key(header["jwk"]), algorithms=["ES256"]).claims
        assert import_key(header["jwk"]).thumbprint() == bound_to
        assert (header["typ"], claims["htm"]) == ("dpop+jwt", "POST")
        assert claims["htu"] == f"{self.server.issuer}/t"
        if claims.get("nonce") != "fresh":
            body = json.dumps({"error": "use_dpop_nonce"})
            self.answer(400, body, {"DPoP-Nonce": "fresh"})
            return False
        return True

    def issue(self, form: dict[str, str]) -> None:
        self.authenticate(form)
        bound_to = self.server.codes.get(form.get("code", ""), {}).get("dpop_jkt")
        if bound_to and not self.prove(bound_to):
            return
        granted = form
        if form["grant_type"] == "authorization_code":
            granted = self.server.codes.pop(form["code"])
            digest = sha256(form["code_verifier"].encode()).digest()
            assert urlsafe_b64encode(digest).decode().rstrip("=") == granted["code_challenge"]
            assert form["redirect_uri"] == granted["redirect_uri"]
        answer = {"access_token": f"token for {granted['scope']}", "token_type": "Bearer"}
        self.answer(200, json.dumps(answer))

    def answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.says_issuer = ""
        self.keys: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.pushed: dict[str, dict[str, str]] = {}
        self.assertions: set[str] = set()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    Thread(target=one.serve_forever, args=[0.02], daemon=True).start()
    yield one
    one.shutdown()
    one.server_close()


@pytest.fixture
def system(server: Server) -> dict[str, Any]:
    """What system.json would say: a machine of a municipality, and sara of the electricity company."""

    def client(client_id: str, kind: str, organisation: str, scopes: list[str]) -> dict[str, Any]:
        key = ECKey.generate_key("P-256", {"kid": f"{client_id}-1"})
        server.keys[client_id] = key.as_dict(private=False)
        return {
            "client_id": client_id,
            "kind": kind,
            "organisation": organisation,
            "private_jwk": key.as_dict(private=True),
            "redirect_uris": [CALLBACK] if kind == "staff" else [],
            "scopes": scopes,
        }

    return {
        "issuer": server.issuer,
        "clients": [
            client("safwa-system", "machine", "safwa", ["permits.read", "gateway.status"]),
            client("safwa-desk", "staff", "safwa", ["permits.read"]),
            client(
                "electricity-desk",
                "staff",
                "electricity",
                ["building-permits.read", "building-permits.search"],
            ),
        ],
        "people": [
            {
                "username": "sara",
                "password": "open",
                "organisation": "electricity",
                "role": "officer",
                "scopes": ["building-permits.read", "building-permits.search"],
            }
        ],
    }


def test_a_machine_gets_a_token_for_one_audience(system: dict[str, Any]) -> None:
    assert access_token(system, "safwa-system", "permits") == "token for permits.read"
    assert access_token(system, "safwa-system") == "token for gateway.status"


def test_a_person_signs_in_through_the_client_of_their_organisation(system: dict[str, Any]) -> None:
    assert access_token(system, "sara") == "token for building-permits.read building-permits.search"


def test_a_wrong_password_is_reported_with_the_servers_words(system: dict[str, Any]) -> None:
    system["people"][0]["password"] = "shut"

    with pytest.raises(StartError, match="wrong name or password"):
        access_token(system, "sara")


def test_a_code_that_comes_from_another_issuer_is_not_used(
    system: dict[str, Any], server: Server
) -> None:
    server.says_issuer = "https://mallory.example"

    with pytest.raises(StartError, match="sara got no code"):
        access_token(system, "sara")
    assert len(server.assertions) == 1  # of the pushed request


def test_an_audience_without_a_scope_names_those_that_have_one(system: dict[str, Any]) -> None:
    with pytest.raises(StartError, match="ask for one of: partner-gateway"):
        access_token(system, "sara", "permits")


def test_an_unknown_name_lists_the_known_ones(system: dict[str, Any]) -> None:
    with pytest.raises(StartError, match="there are: sara, safwa-system"):
        access_token(system, "layla")


def test_an_issuer_that_does_not_answer_asks_whether_the_system_is_up(
    system: dict[str, Any],
) -> None:
    system["issuer"] = "http://127.0.0.1:1"

    with pytest.raises(StartError, match="is the system up"):
        access_token(system, "sara")


def test_a_session_of_an_unbound_client_sends_plain_bearer_tokens(system: dict[str, Any]) -> None:
    session = Session(system, "safwa-system")

    assert session.headers("GET", "http://gateway") == {
        "Authorization": "Bearer token for gateway.status"
    }


def test_a_session_of_a_client_that_binds_its_tokens_proves_each_request(
    system: dict[str, Any],
) -> None:
    portal = system["clients"][-1]
    system["clients"].append({**portal, "dpop_bound": True})
    session = Session(system, "sara")

    first = session.headers("GET", "http://gateway/v1/x?limit=5")
    second = session.headers("GET", "http://gateway/v1/x?limit=5")

    assert first["Authorization"].startswith("DPoP token for building-permits.read")
    parsed = jwt.decode(first["DPoP"], session.key._key, algorithms=["ES256"])
    assert (parsed.claims["htm"], parsed.claims["htu"]) == ("GET", "http://gateway/v1/x")
    token = first["Authorization"].removeprefix("DPoP ")
    ath = urlsafe_b64encode(sha256(token.encode()).digest()).decode().rstrip("=")
    assert parsed.claims["ath"] == ath
    assert first["DPoP"] != second["DPoP"]


def test_a_plain_token_is_for_a_client_that_binds_none(system: dict[str, Any]) -> None:
    system["clients"][-1]["dpop_bound"] = True

    with pytest.raises(StartError, match="aren't bound"):
        access_token(system, "sara")
