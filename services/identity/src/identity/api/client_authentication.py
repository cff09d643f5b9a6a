"""Authentication of clients by private_key_jwt, the only method."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache

import structlog
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from identity import catalogue, queries
from identity.api.oauth_request import Request
from identity.commands.clients import use_assertion
from identity.context import Call
from identity.domain import token_exchange
from identity.domain.assertions import (
    ASSERTION_TYPE,
    MAX_BYTES,
    BadAssertion,
    check_claims,
    check_header,
    named_client,
    signing_key,
)
from identity.domain.errors import OAuthRefusal
from identity.queries import ActiveClient

METHOD = "private_key_jwt"
GRANT_TYPES = {
    "staff": "authorization_code",
    "citizen": "authorization_code",
    "machine": "client_credentials",
}

log = structlog.get_logger(__name__)
# Errors of the libraries for a malformed assertion. Claims that are nested too deep raise RecursionError.
_WRONG = (BadAssertion, InvalidClientError, JoseError, ValueError, TypeError, RecursionError)


class Unauthenticated(InvalidClientError):  # type: ignore[misc]
    """The same answer for an unknown or suspended client and for a bad or missing assertion."""

    status_code = 401

    def __init__(self) -> None:
        super().__init__("Client authentication failed.")

    def get_headers(self) -> list[tuple[str, str]]:
        headers: list[tuple[str, str]] = super(InvalidClientError, self).get_headers()
        return [*headers, ("WWW-Authenticate", f'{METHOD} realm="identity"')]


class OAuthClient(ClientMixin):  # type: ignore[misc]
    """A registered client, with the methods that Authlib calls."""

    def __init__(self, row: ActiveClient) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.client_id

    def get_default_redirect_uri(self) -> None:
        """Returns None, because a client always names its redirect URI."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compares exactly, character by character."""
        return redirect_uri in self.row.redirect_uris

    def check_client_secret(self, _client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == METHOD

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and GRANT_TYPES[self.row.kind] == "authorization_code"

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == token_exchange.GRANT_TYPE:
            return bool(self.row.exchange_audiences)
        return GRANT_TYPES[self.row.kind] == grant_type

    def get_allowed_scope(self, scope: str | None) -> str:
        """Returns the requested scope unchanged. Raises `invalid_scope`; a scope is never narrowed."""
        names = catalogue.scopes().requested(scope, client_kind=self.row.kind, held=self.row.scopes)
        return " ".join(names)


class ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """Authlib's method with the rules of this service. Every breach gets the same answer; the reason goes to the
    log."""

    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call

    def __call__(
        self, query_client: Callable[[str], OAuthClient | None], request: Request
    ) -> OAuthClient:
        _require_one_method(request)
        try:
            client = self._authenticate(query_client, request.form)
        except _WRONG as error:
            reason = str(error) if isinstance(error, BadAssertion) else type(error).__name__
            log.info("oauth.client_refused", reason=reason)
            raise Unauthenticated from None
        request.client = client
        return client

    def _authenticate(
        self, query_client: Callable[[str], OAuthClient | None], form: Mapping[str, str]
    ) -> OAuthClient:
        text = form.get("client_assertion", "")
        if form.get("client_assertion_type") != ASSERTION_TYPE or not 0 < len(text) <= MAX_BYTES:
            raise BadAssertion("no assertion")
        header, claims = self.extract_assertion(text)
        kid = check_header(header)
        client = query_client(named_client(claims))
        if client is None:
            raise BadAssertion("unknown or suspended client")
        key = _import_key(json.dumps(signing_key(client.row.jwks["keys"], kid)))
        jwt.decode(text, key, algorithms=[header["alg"]])
        assertion = check_claims(
            claims, issuer=self._call.settings.issuer, now=self._call.now.timestamp()
        )
        if form.get("client_id", assertion.client_id) != assertion.client_id:
            raise BadAssertion("client_id of the form")
        if not use_assertion(self._call.session, assertion, self._call.now):
            raise BadAssertion("replay")
        return client


@lru_cache(maxsize=512)
def _import_key(jwk: str) -> Key:
    """Imports a key. The cache holds the whole key, so another key with the same id is another entry."""
    return import_key(json.loads(jwk))


def _require_one_method(request: Request) -> None:
    """Raises OAuthRefusal for two methods in one request (RFC 6749 section 2.3)."""
    others = "Authorization" in request.headers or "client_secret" in request.form
    if others and "client_assertion" in request.form:
        raise OAuthRefusal(
            "invalid_request", "More than one way of client authentication was used."
        )


def find_oauth_client(call: Call, client_id: str | None) -> OAuthClient | None:
    """Returns the client of an id, unless the client or its organisation is suspended."""
    row = queries.find_active_client(call.session, client_id)
    return OAuthClient(row) if row else None
