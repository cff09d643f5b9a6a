"""The OAuth endpoints that clients call themselves."""

import flask

from identity.api.authorization_server import run_endpoint
from identity.api.oauth_request import parameters
from identity.context import Call


def _form() -> dict[str, str]:
    return parameters(flask.request.form)


def issue_token(call: Call, **_proof: str) -> flask.Response:
    """POST /token."""
    return run_endpoint(call, _form, lambda server: server.create_token_response())


def revoke_token(call: Call) -> flask.Response:
    """POST /revoke."""
    return run_endpoint(call, _form, lambda server: server.create_endpoint_response("revocation"))


def introspect_token(call: Call) -> flask.Response:
    """POST /introspect."""
    return run_endpoint(
        call, _form, lambda server: server.create_endpoint_response("introspection")
    )
