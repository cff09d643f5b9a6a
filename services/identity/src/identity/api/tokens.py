"""The OAuth endpoints that clients call themselves."""

import flask

from chassis.call import Call
from identity.api.authorization_server import answer
from identity.api.oauth_request import parameters


def _form() -> dict[str, str]:
    return parameters(flask.request.form)


def issue_token(call: Call, **_proof: str) -> flask.Response:
    """POST /token."""
    return answer(call, _form, lambda server: server.create_token_response())


def revoke_token(call: Call) -> flask.Response:
    """POST /revoke."""
    return answer(call, _form, lambda server: server.create_endpoint_response("revocation"))


def introspect_token(call: Call) -> flask.Response:
    """POST /introspect."""
    return answer(call, _form, lambda server: server.create_endpoint_response("introspection"))
