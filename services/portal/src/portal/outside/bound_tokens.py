"""A token that is bound to a key, as `requests` signs a request with it (RFC 9449).

`requests_oauth2client` signs the same, but parses key and address with each request, at some twenty times the cost.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import ECKey
from requests.auth import AuthBase


class BoundToken(AuthBase):
    """`key` is the private JWK, of the curve P-256. A service that asks for a nonce gets the request once more."""

    def __init__(self, token: str, key: Mapping[str, Any]) -> None:
        self._token = token
        self._hash = urlsafe_b64encode(sha256(token.encode()).digest()).decode().rstrip("=")
        self._key = ECKey.import_key(dict(key))
        public = self._key.as_dict(private=False)
        jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}
        self._header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The hook of `requests`."""
        self._sign(request)
        request.register_hook("response", self._send_with_nonce)  # type: ignore[no-untyped-call]
        return request

    def _sign(self, request: requests.PreparedRequest, nonce: str | None = None) -> None:
        claims: dict[str, Any] = {
            "jti": token_urlsafe(16),
            "htm": request.method,
            "htu": str(request.url).partition("?")[0],
            "iat": int(time.time()),
            "ath": self._hash,
        }
        if nonce is not None:
            claims["nonce"] = nonce
        request.headers["Authorization"] = f"DPoP {self._token}"
        request.headers["DPoP"] = jwt.encode(self._header, claims, self._key, algorithms=["ES256"])

    def _send_with_nonce(self, answer: requests.Response, **options: Any) -> requests.Response:
        nonce = answer.headers.get("DPoP-Nonce")
        if answer.status_code != requests.codes.unauthorized or nonce is None:
            return answer
        again = answer.request.copy()
        _ = answer.content  # gives the connection back
        again.deregister_hook("response", self._send_with_nonce)  # type: ignore[no-untyped-call]
        self._sign(again, nonce)
        sent: requests.Response = answer.connection.send(again, **options)
        return sent
