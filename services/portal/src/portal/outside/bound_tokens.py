"""A token that is bound to a key, and the headers that prove it for a request (RFC 9449).

`requests_oauth2client` signs the same, but parses key and address with each request, at some twenty times the cost.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey


class BoundToken:
    """`key` is the private JWK, of the curve P-256."""

    def __init__(self, token: str, key: Mapping[str, Any]) -> None:
        self._token = token
        self._hash = urlsafe_b64encode(sha256(token.encode()).digest()).decode().rstrip("=")
        self._key = ECKey.import_key(dict(key))
        jwk = {name: key[name] for name in ("kty", "crv", "x", "y")}
        self._header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}

    def headers(self, method: str, url: str, nonce: str | None = None) -> dict[str, str]:
        """Returns the headers of one request: a proof is good for one. `nonce`: the one that the service wants."""
        claims: dict[str, Any] = {
            "jti": token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(time.time()),
            "ath": self._hash,
        }
        if nonce is not None:
            claims["nonce"] = nonce
        proof = jwt.encode(self._header, claims, self._key, algorithms=["ES256"])
        return {"Authorization": f"DPoP {self._token}", "DPoP": proof}
