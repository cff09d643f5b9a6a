"""The issuer, as the client of an area uses it: a pushed request, PKCE, a signed assertion, and a token bound to a key
(RFC 9126, 7636, 7523, 9449)."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests_oauth2client import (
    AuthorizationRequest,
    DPoPKey,
    DPoPToken,
    OAuth2Client,
    PrivateKeyJwt,
)
from requests_oauth2client.exceptions import AuthorizationResponseError, OAuth2Error

from portal.outside.client_keys import private_jwk
from portal.outside.transport import Transport

METADATA = "/.well-known/oauth-authorization-server"


class IssuerAway(Exception):
    """The issuer doesn't answer, or answers nonsense."""


class SignInRefused(Exception):
    """The issuer sent no code, or gave no token for it. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class BegunSignIn:
    """A request that the issuer has. `address` is where the browser goes; `secrets` is what completes the sign-in."""

    address: str
    state: str
    secrets: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """An access token with the DPoP key that it's bound to, and the person whom the issuer named beside it: `name`, and
    `organisation` in both languages, which a citizen hasn't."""

    token: str
    key: Mapping[str, Any]
    person: Mapping[str, Any] | None


class Issuer:
    """Made once per process for each client; safe for several threads. `client_key` is the setting of which the
    client's key is made."""

    def __init__(self, issuer: str, *, client_id: str, client_key: str, redirect_uri: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._key = private_jwk(client_key)
        self._redirect_uri = redirect_uri
        self._http = Transport()
        self._lock = Lock()
        self._client: OAuth2Client | None = None
        self._nonce: str | None = None

    def begin(
        self, scopes: str, language: str, wishes: Mapping[str, str] | None = None
    ) -> BegunSignIn:
        """Pushes a request for a code, whose pages are in this language. `wishes`: how young or strong the sign-in has
        to be, `max_age` and `acr_values`. Raises IssuerAway and SignInRefused."""
        client = self._ready_client()
        key = DPoPKey.generate("ES256")
        wanted: dict[str, Any] = {**(wishes or {}), "ui_locales": language}
        if "max_age" in wanted:
            wanted["max_age"] = int(wanted["max_age"])
        request = client.authorization_request(scope=scopes, nonce=None, dpop_key=key, **wanted)
        pushed = _asked(lambda: client.pushed_authorization_request(request))
        secrets = {
            "state": request.state,
            "code_verifier": request.code_verifier,
            "dpop_key": key.private_key.to_dict(),
        }
        return BegunSignIn(address=str(pushed), state=str(request.state), secrets=secrets)

    def complete(self, address: str, secrets: Mapping[str, Any]) -> IssuedToken:
        """Returns the token for the code with which the browser came back to `address`. Raises IssuerAway and
        SignInRefused."""
        client = self._ready_client()
        key = DPoPKey(secrets["dpop_key"], alg="ES256")
        request = AuthorizationRequest(
            str(client.authorization_endpoint),
            client_id=self._client_id,
            redirect_uri=self._redirect_uri,
            scope=None,
            state=secrets["state"],
            nonce=None,
            code_verifier=secrets["code_verifier"],
            issuer=self._issuer,
            authorization_response_iss_parameter_supported=True,
            dpop_key=key,
        )
        try:
            answer = request.validate_callback(address)
        except AuthorizationResponseError as error:
            raise SignInRefused(type(error).__name__) from None
        token = _asked(lambda: client.authorization_code(answer, validate=False, dpop_key=key))
        return IssuedToken(
            token=str(token.access_token),
            key=secrets["dpop_key"],
            person=token.kwargs.get("person") or token.kwargs.get("citizen"),
        )

    def exchange(self, token: str, key: Mapping[str, Any], *, service: str, scopes: str) -> str:
        """Returns a token for another service, within the session of the token of the sign-in (RFC 8693). `key`: the
        DPoP key of both tokens. Raises IssuerAway and SignInRefused."""
        client = self._ready_client()
        bound = DPoPKey(dict(key), alg="ES256", as_nonce=self._nonce)
        issued = _asked(
            lambda: client.token_exchange(
                subject_token=token,
                subject_token_type="access_token",  # noqa: S106 - a word, not a secret
                resource=service,
                scope=scopes,
                dpop_key=bound,
            )
        )
        # The issuer takes a nonce for some minutes, which saves the next exchange a refusal.
        self._nonce = bound.as_nonce
        return str(issued.access_token)

    def end_session(self, token: str) -> bool:
        """Has the issuer end the session from which a token of ours came, with all tokens of the session. Returns
        whether one has ended; a token that the issuer can't read ends none. Raises IssuerAway."""
        auth, address = self._ready_client().auth, f"{self._issuer.rstrip('/')}/end-session"

        def end() -> bool:
            answer = self._http.post(address, data={"token": token}, auth=auth)
            answer.raise_for_status()
            return bool(answer.json()["ended"])

        return bool(_asked(end))

    def client_token(self, scopes: str) -> DPoPToken:
        """Returns a token of the client itself, without a person, bound to a key of its own (RFC 6749, 4.4). Raises
        IssuerAway and SignInRefused."""
        client = self._ready_client()
        token = _asked(lambda: client.client_credentials(scopes))
        if not isinstance(token, DPoPToken):
            raise SignInRefused("a token without a key")
        return token

    def _ready_client(self) -> OAuth2Client:
        """Returns the client; the issuer's metadata are read at the first sign-in, so that the portal starts
        without it."""
        with self._lock:
            if self._client is None:
                self._client = self._read_client()
            return self._client

    def _read_client(self) -> OAuth2Client:
        def read() -> Any:
            answer = self._http.get(self._issuer.rstrip("/") + METADATA)
            answer.raise_for_status()
            return answer.json()

        metadata = _asked(read)
        auth = PrivateKeyJwt(self._client_id, self._key, alg="ES256", aud=self._issuer)
        return OAuth2Client.from_discovery_document(
            metadata,
            issuer=self._issuer,
            auth=auth,
            session=self._http,
            redirect_uri=self._redirect_uri,
            dpop_bound_access_tokens=True,
            testing=urlsplit(self._issuer).scheme == "http",
        )


def _asked(ask: Any) -> Any:
    """Calls the issuer. Raises IssuerAway and SignInRefused."""
    try:
        return ask()
    except requests.RequestException as error:
        raise IssuerAway(type(error).__name__) from None
    except OAuth2Error as error:
        if error.response is not None and error.response.status_code >= 500:
            raise IssuerAway("server error") from None
        raise SignInRefused(type(error).__name__) from None
    except (ValueError, KeyError) as error:
        raise IssuerAway(type(error).__name__) from None
