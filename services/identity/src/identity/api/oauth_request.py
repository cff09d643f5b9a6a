"""An OAuth request: its parameters, each once and from one place, and its DPoP proof (RFC 9449 sections 5, 8 and
10)."""

import re
from collections import defaultdict
from collections.abc import Mapping

import flask
import structlog
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from werkzeug.datastructures import MultiDict

from chassis.access import dpop
from identity.context import Call
from identity.domain.errors import OAuthRefusal
from identity.sealing import derive_key

_LONGEST = 8_192
_CONTROL = re.compile(r"[\x00-\x1f]")


def read_parameters(sent: "MultiDict[str, str]") -> dict[str, str]:
    """Returns the parameters by name. A parameter without a value counts as omitted (RFC 6749 section 3.1). Raises
    `invalid_request` for a parameter that was sent twice, is too long, or has forbidden characters."""
    found: dict[str, str] = {}
    for name, values in sent.lists():
        if len(values) > 1:
            raise OAuthRefusal("invalid_request", "A parameter was sent more than once.")
        value = values[0]
        if len(value) > _LONGEST or _CONTROL.search(name + value):
            raise OAuthRefusal("invalid_request", "A parameter is too long or malformed.")
        if value:
            found[name] = value
    return found


class Payload(OAuth2Payload):  # type: ignore[misc]
    """The parameters, as Authlib reads them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @property
    def data(self) -> Mapping[str, str]:
        return self._values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        lists: defaultdict[str, list[str]] = defaultdict(list)
        lists.update({name: [value] for name, value in self._values.items()})
        return lists


class Request(OAuth2Request):  # type: ignore[misc]
    """A request with given parameters. Flask's own `values` would mix the query into the form."""

    def __init__(self, values: Mapping[str, str]) -> None:
        # The issuer of the settings says whether TLS is used; behind a proxy a request doesn't know.
        super().__init__(
            flask.request.method, "https://identity.invalid/", headers=flask.request.headers
        )
        self.payload = Payload(values)
        self._values = values

    @property
    def form(self) -> Mapping[str, str]:
        return self._values

    @property
    def args(self) -> Mapping[str, str]:
        return {}


log = structlog.get_logger(__name__)


class ProofRefused(OAuth2Error):  # type: ignore[misc]
    """`invalid_dpop_proof`, or `use_dpop_nonce` together with the nonce."""

    error = "invalid_dpop_proof"

    def __init__(self, description: str, nonce: str | None = None) -> None:
        super().__init__(description, error="use_dpop_nonce" if nonce else None)
        self._nonce = nonce

    def get_headers(self) -> list[tuple[str, str]]:
        headers: list[tuple[str, str]] = super().get_headers()
        return [*headers, ("DPoP-Nonce", self._nonce)] if self._nonce else headers


def check_key_proof(call: Call, path: str, *, is_needed: bool) -> str | None:
    """Returns the thumbprint of the key that the request proves; None without a proof, unless `is_needed`.

    A proof needs a nonce of this service, so that a proof that was signed beforehand and stolen is worthless. `path`:
    the endpoint's. Raises ProofRefused.
    """
    sent = flask.request.headers.getlist("DPoP")
    if not sent and not is_needed:
        return None
    now = call.now.timestamp()
    nonces = dpop.Nonces(derive_key("dpop-nonce", call.settings.encryption_keys()))
    try:
        if len(sent) != 1:
            raise dpop.InvalidProof("not one proof")
        proof = dpop.check_proof(
            sent[0], method="POST", url=call.settings.url(path), now=now, nonces=nonces
        )
        if not dpop.use_proof(call.session, proof):
            raise dpop.InvalidProof("replay")
    except dpop.NonceWanted:
        raise ProofRefused("The proof needs a nonce.", nonces.current(now)) from None
    except dpop.InvalidProof as error:
        log.info("oauth.proof_refused", reason=str(error))
        raise ProofRefused("The DPoP proof is missing or not valid.") from None
    return proof.thumbprint
