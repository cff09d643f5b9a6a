"""Pushed authorization requests (RFC 9126): the client brings the request itself; the browser carries a reference."""

from collections.abc import Mapping
from typing import Any

import flask
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from identity.api.authorization_server import AuthorizationServer, oauth_errors, run_endpoint
from identity.api.client_authentication import METHOD
from identity.api.oauth_request import parameters
from identity.api.proofs import ProofRefused, proved_key
from identity.commands.pushed_requests import push_request
from identity.context import Call
from identity.domain.authorization import PUSHED_LIFETIME, REQUEST_PARAMETERS, check_key_binding


def push_authorization_request(call: Call, **_proof: str) -> flask.Response:
    """POST /par."""
    return run_endpoint(call, lambda: parameters(flask.request.form), _respond)


def _respond(server: AuthorizationServer) -> flask.Response:
    client = server.authenticate_client(server.create_oauth2_request(None), [METHOD], "par")
    sent = _request(server.values, client.get_client_id())
    proved = proved_key(server.call, "/par", is_needed=False)
    if proved is not None and sent.setdefault("dpop_jkt", proved) != proved:
        raise ProofRefused("The DPoP proof is of another key than dpop_jkt.")
    with oauth_errors():
        check_key_binding(sent.get("dpop_jkt"), is_needed=client.row.dpop_bound)
    _check(server.call, sent)
    request_uri = push_request(
        server.call.session, client.get_client_id(), sent, now=server.call.now
    )
    body = {"request_uri": request_uri, "expires_in": int(PUSHED_LIFETIME.total_seconds())}
    response: flask.Response = server.handle_response(
        201, body, [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    )
    return response


def _request(values: Mapping[str, str], client_id: str) -> dict[str, str]:
    """The authorization request of the form, without what authenticates the client. Unknown parameters are ignored."""
    if "request_uri" in values:
        raise InvalidRequestError("request_uri is not allowed here.")
    if "request" in values:
        raise OAuth2Error(
            error="request_not_supported", description="Signed request objects are not supported."
        )
    known = {name: values[name] for name in REQUEST_PARAMETERS if name in values}
    return {**known, "client_id": client_id}


def _check(call: Call, sent: dict[str, str]) -> None:
    """The checks of the authorization endpoint. Raises OAuth2Error without a redirect: this isn't the browser."""
    checker: Any = AuthorizationServer(call, sent)
    try:
        with oauth_errors():
            checker.get_consent_grant()
    except OAuth2Error as error:
        raise OAuth2Error(
            error=error.error, description=error.description or "The request is not valid."
        ) from None
