"""The endpoints at which a client shows a token: revocation (RFC 7009), the end of a session, introspection (RFC
7662)."""

from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import InvalidRequestError, TokenMixin
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from identity import queries
from identity.api.client_authentication import METHOD, OAuthClient
from identity.api.oauth_request import Request
from identity.commands import sessions
from identity.commands.tokens import void_token


class IssuedToken(TokenMixin):  # type: ignore[misc]
    """An access token that opens something, by its claims."""

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims = claims

    def check_client(self, client: OAuthClient) -> bool:
        return bool(self.claims["client_id"] == client.get_client_id())

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


def _read_valid_claims(server: Any, text: str) -> IssuedToken | None:
    call = server.call
    claims = queries.read_valid_claims(call.session, text, call.settings.issuer, call.now)
    return IssuedToken(claims) if claims else None


def _check_token_sent(request: Request) -> None:
    # `token_type_hint` is only a hint: an unknown hint is no reason to refuse (RFC 7009 section 2.1).
    if "token" not in request.form:
        raise InvalidRequestError("token is missing.")


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A client gives its own token back. An unknown token is no error; another client's token is an error. An expired
    token of a sign-in is taken back too while its session goes on."""

    CLIENT_AUTH_METHODS = [METHOD]

    def check_params(self, request: Request, _client: OAuthClient) -> None:
        _check_token_sent(request)

    def query_token(self, token: str, _hint: str | None) -> IssuedToken | None:
        call = self.server.call
        claims = queries.read_revocable_claims(call.session, token, call.settings.issuer, call.now)
        return IssuedToken(claims) if claims else None

    def revoke_token(self, token: IssuedToken, _request: Request) -> None:
        void_token(self.server.call.session, token.claims, now=self.server.call.now)


class SessionEnd(Revocation):
    """A client ends the session from which a token of its own came, with all tokens of the session, and learns whether
    one has ended. A machine's token has no session."""

    ENDPOINT_NAME = "session end"

    def create_endpoint_response(self, request: Request) -> tuple[int, dict[str, bool], Any]:
        client = self.authenticate_endpoint_client(request)
        token = self.authenticate_token(request, client)
        if token is not None:
            self.revoke_token(token, request)
        return 200, {"ended": token is not None}, default_json_headers

    def revoke_token(self, token: IssuedToken, _request: Request) -> None:
        sid = token.claims.get("sid")
        if sid is None:
            raise InvalidRequestError("The token is of no session.")
        sessions.end_session(self.server.call.session, sid, now=self.server.call.now)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """Introspection, only for a client that is find_oauth_client as the token's audience."""

    CLIENT_AUTH_METHODS = [METHOD]

    def check_params(self, request: Request, _client: OAuthClient) -> None:
        _check_token_sent(request)

    def query_token(self, token: str, _hint: str | None) -> IssuedToken | None:
        return _read_valid_claims(self.server, token)

    def check_permission(self, token: IssuedToken, client: OAuthClient, _request: Request) -> bool:
        return token.claims["aud"] in client.row.introspects

    def introspect_token(self, token: IssuedToken) -> dict[str, Any]:
        kind = "DPoP" if "cnf" in token.claims else "Bearer"
        return {"active": True, "token_type": kind, **token.claims}
