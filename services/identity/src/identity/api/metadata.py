"""What this authorization server supports, its keys, and the pages' stylesheet: the same for everybody."""

from pathlib import Path
from typing import Any

import flask

from chassis.access import dpop
from identity import catalogue, queries
from identity.api.client_authentication import GRANT_TYPES, METHOD
from identity.commands.signing_keys import ensure_signing_keys
from identity.context import Call
from identity.domain.assertions import ALGORITHMS
from identity.domain.authorization import CHALLENGE_METHOD, LANGUAGES

_FOR_FIVE_MINUTES = {"Cache-Control": "public, max-age=300"}
_STYLESHEET = Path(__file__).parent / "static" / "identity.css"


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
        "grant_types_supported": sorted(set(GRANT_TYPES.values())),
        **endpoints,
        "code_challenge_methods_supported": [CHALLENGE_METHOD],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": list(LANGUAGES),
    }
    return document, 200, _FOR_FIVE_MINUTES


def read_jwks(call: Call) -> tuple[dict[str, Any], int, dict[str, str]]:
    """GET /jwks.json. The first request of a new house makes its first keys."""
    ensure_signing_keys(call.session, call.settings, call.now)
    return queries.public_jwks(call.session, call.now), 200, _FOR_FIVE_MINUTES


def read_stylesheet(_call: Call) -> flask.Response:
    """GET /assets/identity.css."""
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600"}
    return flask.Response(_STYLESHEET.read_text("utf-8"), headers=headers)
