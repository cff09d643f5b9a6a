"""Endpoints for clients: metadata and keys, pushed requests (RFC 9126), tokens, revocation, the end of a
session, introspection; and the stylesheet."""

from collections.abc import Mapping
from typing import Any

import flask
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from chassis.access import dpop
from identity import catalogue, queries
from identity.api.authorization_server import AuthorizationServer, oauth_errors, run_endpoint
from identity.api.client_authentication import GRANT_TYPES, METHOD
from identity.api.oauth_request import ProofRefused, check_key_proof, read_parameters
from identity.commands.authorization import push_request
from identity.commands.signing_keys import ensure_signing_keys
from identity.context import Call
from identity.domain import token_exchange
from identity.domain.assertions import ALGORITHMS
from identity.domain.authorization import (
    CHALLENGE_METHOD,
    LANGUAGES,
    PUSHED_LIFETIME,
    REQUEST_PARAMETERS,
    check_key_binding,
    check_wishes,
)
from identity.domain.second_factor import CLASSES
from pages.assets import STATIC

_FOR_FIVE_MINUTES = {"Cache-Control": "public, max-age=300"}


def read_metadata(call: Call) -> tuple[dict[str, Any], int, dict[str, str]]:
    """GET /.well-known/oauth-authorization-server (RFC 8414)."""
    url = call.settings.url
    endpoints: dict[str, Any] = {}
    for name in ("token", "revocation", "introspection"):
        endpoints[f"{name}_endpoint_auth_methods_supported"] = [METHOD]
        endpoints[f"{name}_endpoint_auth_signing_alg_values_supported"] = list(ALGORITHMS)
    document = {
        "issuer": call.settings.issuer,
        "authorization_endpoint": url("/authorize"),
        "token_endpoint": url("/token"),
        "jwks_uri": url("/jwks.json"),
        "revocation_endpoint": url("/revoke"),
        "introspection_endpoint": url("/introspect"),
        "pushed_authorization_request_endpoint": url("/par"),
        "require_pushed_authorization_requests": True,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "scopes_supported": sorted(catalogue.scopes().scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": sorted({*GRANT_TYPES.values(), token_exchange.GRANT_TYPE}),
        **endpoints,
        "code_challenge_methods_supported": [CHALLENGE_METHOD],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": list(LANGUAGES),
        "acr_values_supported": list(CLASSES),
        "prompt_values_supported": ["login"],
    }
    return document, 200, _FOR_FIVE_MINUTES


def read_jwks(call: Call) -> tuple[dict[str, Any], int, dict[str, str]]:
    """GET /jwks.json. The first request of a new system makes the first keys."""
    ensure_signing_keys(call.session, call.settings, call.now)
    return queries.read_public_jwks(call.session, call.now), 200, _FOR_FIVE_MINUTES


def read_stylesheet(_call: Call) -> flask.Response:
    """GET /assets/identity.css: the sheet of all pages by its former name, for pages that a browser has kept."""
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600"}
    return flask.Response((STATIC / "pages.css").read_bytes(), headers=headers)


def _form() -> dict[str, str]:
    return read_parameters(flask.request.form)


def issue_token(call: Call, **_proof: str) -> flask.Response:
    """POST /token."""
    return run_endpoint(call, _form, lambda server: server.create_token_response())


def revoke_token(call: Call) -> flask.Response:
    """POST /revoke."""
    return run_endpoint(call, _form, lambda server: server.create_endpoint_response("revocation"))


def end_session(call: Call) -> flask.Response:
    """POST /end-session."""
    return run_endpoint(call, _form, lambda server: server.create_endpoint_response("session end"))


def introspect_token(call: Call) -> flask.Response:
    """POST /introspect."""
    return run_endpoint(
        call, _form, lambda server: server.create_endpoint_response("introspection")
    )


def push_authorization_request(call: Call, **_proof: str) -> flask.Response:
    """POST /par."""
    return run_endpoint(call, lambda: read_parameters(flask.request.form), _push)


def _push(server: AuthorizationServer) -> flask.Response:
    client = server.authenticate_client(server.create_oauth2_request(None), [METHOD], "par")
    sent = _read_request(server.values, client.get_client_id())
    proved = check_key_proof(server.call, "/par", is_needed=False)
    if proved is not None and sent.setdefault("dpop_jkt", proved) != proved:
        raise ProofRefused("The DPoP proof is of another key than dpop_jkt.")
    with oauth_errors():
        check_key_binding(sent.get("dpop_jkt"), is_needed=client.row.dpop_bound)
        check_wishes(sent)
    _check_request(server.call, sent)
    request_uri = push_request(
        server.call.session, client.get_client_id(), sent, now=server.call.now
    )
    body = {"request_uri": request_uri, "expires_in": int(PUSHED_LIFETIME.total_seconds())}
    response: flask.Response = server.handle_response(
        201, body, [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    )
    return response


def _read_request(values: Mapping[str, str], client_id: str) -> dict[str, str]:
    """Returns the authorization request of the form, without the client's credentials and unknown parameters."""
    if "request_uri" in values:
        raise InvalidRequestError("request_uri is not allowed here.")
    if "request" in values:
        raise OAuth2Error(
            error="request_not_supported", description="Signed request objects are not supported."
        )
    known = {name: values[name] for name in REQUEST_PARAMETERS if name in values}
    return {**known, "client_id": client_id}


def _check_request(call: Call, sent: dict[str, str]) -> None:
    """Runs the checks of the authorization endpoint. Raises OAuth2Error without a redirect, because no browser asks."""
    checker: Any = AuthorizationServer(call, sent)
    try:
        with oauth_errors():
            checker.get_consent_grant()
    except OAuth2Error as error:
        raise OAuth2Error(
            error=error.error, description=error.description or "The request is not valid."
        ) from None
