"""Authlib's authorization server with some defaults changed.

Each request has an instance of its own.
"""

import secrets
from collections.abc import Callable
from typing import Any

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer as FlaskAuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    BaseGrant,
    ClientCredentialsGrant,
    TokenEndpointMixin,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter

from identity import catalogue, queries
from identity.api.client_authentication import (
    GRANT_TYPES,
    METHOD,
    ClientAssertion,
    find_oauth_client,
)
from identity.api.oauth_request import Request, check_key_proof
from identity.api.token_endpoints import Introspection, Revocation, SessionEnd
from identity.commands.authorization import issue_code, redeem_code, subject_of
from identity.commands.token_exchange import subject_of_exchange
from identity.commands.tokens import sign_token
from identity.context import Call
from identity.domain import token_exchange
from identity.domain.authorization import check_challenge, check_verifier
from identity.domain.errors import OAuthRefusal
from identity.domain.tokens import LIFETIME_SECONDS, Subject
from identity.models import AuthorizationCode, SignInSession

_GRANT_TYPES = frozenset((*GRANT_TYPES.values(), token_exchange.GRANT_TYPE))


def as_oauth_error(refusal: OAuthRefusal) -> OAuth2Error:
    """Returns a refusal of the domain as Authlib's error."""
    return OAuth2Error(error=refusal.error, description=refusal.description)


class Issuer(IssuerParameter):  # type: ignore[misc]
    """RFC 9207: every authorization response names the issuer."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        return self._issuer


class Pkce(CodeChallenge):  # type: ignore[misc]
    """RFC 7636 for every client, with S256 only."""

    DEFAULT_CODE_CHALLENGE_METHOD = None
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: "CodeGrant", _redirect_uri: str) -> None:
        data = grant.request.payload.data
        with oauth_errors():
            check_challenge(data.get("code_challenge"), data.get("code_challenge_method"))

    def validate_code_verifier(self, grant: "CodeGrant", _result: Any) -> None:
        code: AuthorizationCode = grant.request.authorization_code.row
        with oauth_errors():
            check_verifier(grant.request.form.get("code_verifier"), code.code_challenge)


class oauth_errors:  # noqa: N801 - reads as a statement
    """Turns the domain's refusals within the block into Authlib's errors."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, OAuthRefusal):
            raise as_oauth_error(error) from None


class _KeyProof:
    """Checks the proof of the key to which the token will be bound, before a code is redeemed."""

    server: "AuthorizationServer"
    request: Any

    def authenticate_token_endpoint_client(self) -> Any:
        client = super().authenticate_token_endpoint_client()  # type: ignore[misc]
        self.request.bound_to = check_key_proof(
            self.server.call, "/token", is_needed=client.row.dpop_bound
        )
        return client


class _Code:
    """A redeemed code, with the methods that Authlib calls."""

    def __init__(self, row: AuthorizationCode) -> None:
        self.row = row

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scope


class CodeGrant(_KeyProof, AuthorizationCodeGrant):  # type: ignore[misc]
    """Authorization code, for people. `request.user` is the sign-in session at the authorization endpoint."""

    TOKEN_ENDPOINT_AUTH_METHODS = [METHOD]
    server: "AuthorizationServer"

    def validate_requested_scope(self) -> None:
        payload = self.request.payload
        with oauth_errors():
            client = self.request.client
            names = client.get_allowed_scope(payload.scope).split()
            self.request.audience = catalogue.scopes().first_audience(
                names,
                payload.data.get("resource"),
                exchange_audiences=client.row.exchange_audiences,
            )

    def generate_authorization_code(self) -> str:
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: Request) -> None:
        """Stores the code for the first service. The session remembers all scopes that the page named."""
        signed_in: SignInSession = request.user
        issue_code(
            self.server.call.session,
            code,
            client_id=request.client.get_client_id(),
            signed_in=signed_in,
            redirect_uri=request.payload.redirect_uri,
            scopes=catalogue.scopes().of_audience(request.scope.split(), request.audience),
            audience=request.audience,
            code_challenge=request.payload.data["code_challenge"],
            dpop_jkt=request.payload.data.get("dpop_jkt"),
            now=self.server.call.now,
        )

    def query_authorization_code(self, code: str, client: Any) -> _Code:
        call = self.server.call
        with oauth_errors():
            row = redeem_code(call.session, code, client.get_client_id(), now=call.now)
            resource = self.request.form.get("resource")
            if resource not in (None, row.audience):
                raise OAuthRefusal("invalid_target", "The resource is not the one of the code.")
            if row.dpop_jkt not in (None, self.request.bound_to):
                raise OAuthRefusal("invalid_grant", "The code is not valid.")
        return _Code(row)

    def delete_authorization_code(self, _authorization_code: _Code) -> None:
        """Does nothing, because `query_authorization_code` has redeemed the code."""

    def authenticate_user(self, authorization_code: _Code) -> Subject:
        call = self.server.call
        with oauth_errors():
            return subject_of(call.session, authorization_code.row, call.now)

    def generate_token(self, user: Subject, scope: str, **_: Any) -> dict[str, Any]:
        audience = self.request.authorization_code.row.audience
        token = self.server.token(
            user, audience=audience, scope=scope, bound_to=self.request.bound_to
        )
        session = self.server.call.session
        named = {
            "person": queries.named_person(session, user),
            "citizen": queries.named_citizen(session, user),
        }
        return {**token, **{name: who for name, who in named.items() if who}}


class MachineGrant(_KeyProof, ClientCredentialsGrant):  # type: ignore[misc]
    """Client credentials: for systems."""

    TOKEN_ENDPOINT_AUTH_METHODS = [METHOD]
    server: "AuthorizationServer"

    def generate_token(self, **_: Any) -> dict[str, Any]:
        client, form = self.request.client.row, self.request.form
        with oauth_errors():
            scope = self.request.client.get_allowed_scope(form.get("scope"))
            names = scope.split()
            audience = catalogue.scopes().audience(names, form.get("resource"))
            catalogue.scopes().check_effective(
                names, held=client.scopes, organisation_kind=client.of.kind
            )
        subject = Subject(
            client_id=client.client_id,
            client_kind=client.kind,
            organisation=client.organisation,
            organisation_kind=client.of.kind,
            municipality=client.of.municipality,
            attributes=client.attributes,
        )
        return self.server.token(
            subject, audience=audience, scope=scope, bound_to=self.request.bound_to
        )


class ExchangeGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """Token exchange (RFC 8693): for a person's session at a client that is registered for exchanges."""

    GRANT_TYPE = token_exchange.GRANT_TYPE
    TOKEN_ENDPOINT_AUTH_METHODS = [METHOD]
    server: "AuthorizationServer"

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not exchange tokens.")
        self.request.bound_to = check_key_proof(self.server.call, "/token", is_needed=True)

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        call, client, form = self.server.call, self.request.client, self.request.form
        bound_to = self.request.bound_to
        with oauth_errors():
            text = token_exchange.read_exchange(form)
            scope = client.get_allowed_scope(form.get("scope"))
            names = scope.split()
            audience = catalogue.scopes().audience(names, token_exchange.wanted_service(form))
            token_exchange.check_target(audience, client.row.exchange_audiences)
            token = token_exchange.check_subject_token(
                queries.read_signed_claims(call.session, text, call.settings.issuer, call.now),
                client_id=client.row.client_id,
                client_kind=client.row.kind,
                bound_to=bound_to,
            )
            subject = subject_of_exchange(call.session, token, scopes=names, now=call.now)
        answer = self.server.token(
            subject, audience=audience, scope=scope, bound_to=bound_to, is_exchanged=True
        )
        body = {**answer, "issued_token_type": token_exchange.ACCESS_TOKEN}
        return 200, body, self.TOKEN_RESPONSE_HEADER


class AuthorizationServer(FlaskAuthorizationServer):  # type: ignore[misc]
    """The OAuth endpoints of one request, with its transaction and its parameters."""

    def __init__(self, call: Call, values: dict[str, str]) -> None:
        super().__init__(
            query_client=lambda client_id: find_oauth_client(call, client_id),
            save_token=lambda _token, _request: None,
        )
        self.call = call
        self.values = values
        self.issuer = Issuer(call.settings.issuer)
        self.register_client_auth_method(METHOD, ClientAssertion(call))
        self.register_grant(CodeGrant, [Pkce(required=True)])
        self.register_grant(MachineGrant)
        self.register_grant(ExchangeGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(SessionEnd)
        self.register_endpoint(Introspection)
        self.issuer(self)

    def create_oauth2_request(self, _request: Any) -> Request:
        return Request(self.values)

    def get_token_grant(self, request: Request) -> Any:
        """Returns the grant. Raises with fixed words, because Authlib would repeat words of the request."""
        if not request.payload.grant_type:
            raise InvalidRequestError("grant_type is missing.")
        if request.payload.grant_type not in _GRANT_TYPES:
            raise OAuth2Error(
                error="unsupported_grant_type", description="This grant_type is not supported."
            )
        return super().get_token_grant(request)

    def token(
        self,
        subject: Subject,
        *,
        audience: str,
        scope: str,
        bound_to: str | None,
        is_exchanged: bool = False,
    ) -> dict[str, Any]:
        """Returns the token response."""
        with oauth_errors():
            token = sign_token(
                self.call.session,
                self.call.settings,
                subject,
                audience=audience,
                scope=scope,
                now=self.call.now,
                bound_to=bound_to,
                is_exchanged=is_exchanged,
            )
        return {
            "access_token": token,
            "token_type": "DPoP" if bound_to else "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": scope,
        }

    def refused(self, error: OAuth2Error) -> flask.Response:
        """Returns the answer to an error: JSON, or a redirect to the client when its redirect URI is trusted."""
        response: flask.Response = self.handle_error_response(None, error)
        self.issuer.add_issuer_parameter(self, response)
        return response


def run_endpoint(
    call: Call, values: Callable[[], dict[str, str]], respond: Callable[[AuthorizationServer], Any]
) -> flask.Response:
    """Runs an OAuth endpoint for clients. Answers an invalid request as RFC 6749 says."""
    try:
        with oauth_errors():
            response: flask.Response = respond(AuthorizationServer(call, values()))
    except OAuth2Error as error:
        return AuthorizationServer(call, {}).refused(error)
    return response
