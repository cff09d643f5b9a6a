"""DPoP proofs (RFC 9449): the sender of a token holds the key that it's bound to, and each proof counts once."""

import hashlib
import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey, import_key
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.orm import Session

ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
TYPE = "dpop+jwt"
MAX_BYTES = 4_096
WINDOW_SECONDS = 60
LEAST_RSA_BITS, MOST_RSA_BITS = 2_048, 4_096
NONCE_SECONDS, NONCE_SLOTS = 60, 5
_HEADER = frozenset({"typ", "alg", "jwk", "kid"})
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEYS = {
    "ES256": ("EC", "P-256"),
    "PS256": ("RSA", None),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
_PORTS = {"https": 443, "http": 80}
_REGISTRY = JWSRegistry(
    header_registry={"typ": HeaderParameter("Type", "str", required=True)},
    algorithms=list(ALGORITHMS),
    strict_check_header=True,
)
_REGISTRY.max_header_length = MAX_BYTES  # an RSA key doesn't fit into joserfc's 512
_REMEMBER = text(
    "INSERT INTO used_proof (proof_hash, forget_after) VALUES (:proof_hash, :forget_after)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
# Without a wait for the disk. PostgreSQL's log is one stream: a commit of the same request after this one makes this
# row durable too. A crash of the machine loses only the proof of a request that wrote nothing.
REMEMBER_SOON = """
WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO used_proof (proof_hash, forget_after) SELECT {}, {} FROM soon ON CONFLICT DO NOTHING RETURNING 1
"""
_REMEMBER_ALONE = REMEMBER_SOON.format("%s", "%s").encode()
# A host whose clock is behind, or a request that read it and then waited, accepts a proof for a while longer.
_PURGE = text("DELETE FROM used_proof WHERE forget_after < now() - interval '5 minutes'")


class InvalidProof(Exception):
    """The proof proves nothing. The reason is for the log, never for the caller."""


class NonceWanted(InvalidProof):
    """The proof carries no fresh nonce of this server: the caller may try again with one."""


@dataclass(frozen=True)
class Proof:
    """A proof that was checked. `forget_after` (epoch seconds): from then on its `iat` alone refuses a replay."""

    thumbprint: str
    jti: str
    forget_after: float

    def digest(self) -> bytes:
        """SHA-256 of the key's thumbprint and the `jti`: all that is kept of a proof."""
        return hashlib.sha256(
            f"{self.thumbprint}.{self.jti}".encode("utf-8", "surrogatepass")
        ).digest()

    def forgotten_at(self) -> datetime:
        """When it may be forgotten, a second late."""
        return datetime.fromtimestamp(self.forget_after + 1, UTC)


class Nonces:
    """Nonces of a server (RFC 9449 section 8) without a memory: a minute's number and its MAC under a key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def current(self, now: float) -> str:
        """Returns a nonce that is good for four minutes at least and five at most."""
        return self._of(int(now // NONCE_SECONDS))

    def is_good(self, nonce: object, now: float) -> bool:
        """Returns whether a worker with this key gave the nonce out, within the last five minutes."""
        if not isinstance(nonce, str) or not nonce.isascii():
            return False
        slot = int(now // NONCE_SECONDS)
        good = [
            hmac.compare_digest(nonce, self._of(slot - back)) for back in range(-1, NONCE_SLOTS)
        ]
        return any(good)

    def _of(self, slot: int) -> str:
        number = struct.pack(">Q", slot)
        return _base64url(
            number[4:] + hmac.digest(self._key, b"dpop-nonce" + number, "sha256")[:16]
        )


def nonces_of(setting: str) -> Nonces | None:
    """From a key of 32 bytes in base64url; without one no nonce is asked for. Raises ValueError."""
    if not setting:
        return None
    key = urlsafe_b64decode(setting + "=" * (-len(setting) % 4))
    if len(key) < 32:
        raise ValueError("the key of the DPoP nonces is shorter than 32 bytes")
    return Nonces(key)


def check_proof(
    proof: str,
    *,
    method: str,
    url: str,
    now: float,
    access_token: str | None = None,
    nonces: Nonces | None = None,
) -> Proof:
    """All the checks of RFC 9449 section 4.3 but the one for replay, which is `use_proof`. Raises InvalidProof.

    `url` is the public address of the request; query and fragment count on neither side. With `access_token` the
    proof has to be for that token.
    """
    key, claims = _verified(proof)
    jti, issued = claims.get("jti"), claims.get("iat")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise InvalidProof("jti")
    if isinstance(issued, bool) or not isinstance(issued, (int, float)):
        raise InvalidProof("iat")
    if claims.get("htm") != method:
        raise InvalidProof("htm")
    if not isinstance(claims.get("htu"), str) or _place(claims["htu"]) != _place(url):
        raise InvalidProof("htu")
    if access_token is not None and claims.get("ath") != token_hash(access_token):
        raise InvalidProof("ath")
    if nonces is not None and not nonces.is_good(claims.get("nonce"), now):
        raise NonceWanted("nonce")
    if not abs(now - issued) <= WINDOW_SECONDS:  # which a NaN isn't either
        raise InvalidProof("iat")
    return Proof(thumbprint(key), jti, float(issued) + WINDOW_SECONDS)


def use_proof(session: Session, proof: Proof) -> bool:
    """Returns True the first time, over all workers and restarts."""
    values = {"proof_hash": proof.digest(), "forget_after": proof.forgotten_at()}
    return session.scalar(_REMEMBER, values) is not None


def use_proof_alone(connection: Connection[Any], proof: Proof) -> bool:
    """The same by `Database.driver_connection`, for a fraction of the time."""
    values = (proof.digest(), proof.forgotten_at())
    return connection.execute(_REMEMBER_ALONE, values).fetchone() is not None


def purge(session: Session) -> None:
    """Forgets proofs that are too old to be accepted."""
    session.execute(_PURGE)


def token_hash(access_token: str) -> str:
    """Returns the claim `ath` of a proof for this token."""
    return _base64url(hashlib.sha256(access_token.encode("utf-8", "surrogatepass")).digest())


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638, SHA-256, in base64url: what `cnf.jkt` and `dpop_jkt` hold. `jwk` is a public key that was checked."""
    names = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
    members = {name: jwk[name] for name in names[jwk["kty"]]}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _verified(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the public key and the claims of a proof that this key has signed."""
    if not 0 < len(proof) <= MAX_BYTES or not proof.isascii():
        raise InvalidProof("size")
    try:
        signed = jws.extract_compact(proof.encode(), registry=_REGISTRY)
        header = _object(signed.headers())
        jwk = _usable_key(header)
        key = import_key(jwk)
        if isinstance(key, RSAKey) and not (
            LEAST_RSA_BITS <= key.raw_value.key_size <= MOST_RSA_BITS
        ):
            raise InvalidProof("key")
        if not jws.validate_compact(signed, key, registry=_REGISTRY):
            raise InvalidProof("signature")
        return jwk, _object(json.loads(signed.payload))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidProof(type(error).__name__) from None


def _usable_key(header: dict[str, Any]) -> dict[str, Any]:
    algorithm, kind = header.get("alg"), header.get("typ")
    if set(header) - _HEADER or not isinstance(kind, str) or kind.lower() != TYPE:
        raise InvalidProof("header")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidProof("algorithm")
    jwk = _object(header.get("jwk"))
    if _PRIVATE & set(jwk) or any(not isinstance(value, str) for value in jwk.values()):
        raise InvalidProof("key")
    if (jwk.get("kty"), jwk.get("crv")) != _KEYS[algorithm]:
        raise InvalidProof("key")
    return jwk


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidProof("shape")
    return value


def _place(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of an address, as RFC 3986 section 6.2 compares them."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InvalidProof("htu") from None
    if scheme not in _PORTS or not host or "@" in parts.netloc:
        raise InvalidProof("htu")
    return scheme, host, port or _PORTS[scheme], unquote(parts.path) or "/"


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
