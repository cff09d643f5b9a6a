"""DPoP at our own OAuth endpoints (RFC 9449 sections 5, 8 and 10)."""

import flask
import structlog
from authlib.oauth2 import OAuth2Error

from chassis.access import dpop
from identity.context import Call
from identity.sealing import derived_key

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


def proved_key(call: Call, path: str, *, is_needed: bool) -> str | None:
    """The thumbprint of the key that the request proves to hold; None without a proof, if none is needed.

    A proof always needs a nonce of ours here: a proof that was signed beforehand and stolen is worth nothing. `path` is
    the endpoint's. Raises ProofRefused.
    """
    sent = flask.request.headers.getlist("DPoP")
    if not sent and not is_needed:
        return None
    now = call.now.timestamp()
    nonces = dpop.Nonces(derived_key("dpop-nonce", call.settings.encryption_keys()))
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
