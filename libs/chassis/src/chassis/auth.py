"""Verifies access tokens (RFC 9068, RFC 8725) locally. One enforcement point: Connexion's security step."""

import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

import requests
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from chassis.revocations import Revocations

ALGORITHMS = ["PS256"]
MAX_TOKEN_BYTES = 8_192
LEEWAY_SECONDS = 10
CACHE_SECONDS, CACHE_ENTRIES = 60, 10_000
JWKS_REFRESH_SECONDS, JWKS_MISS_SECONDS = 300, 2

log = structlog.get_logger(__name__)


class InvalidToken(Exception):
    """The token isn't valid here. The reason is for the log; the caller is told no more than that."""


class KeysUnknown(Exception):
    """The issuer didn't answer yet, so that no token can be told from another: that's not the caller's fault."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, as the authorization server vouches for it. `subject` is the client's id when no person is named.

    `bound_to` is the thumbprint of the key that has to prove each request (DPoP); None for a plain bearer token.
    """

    subject: str
    client_id: str
    organisation: str
    organisation_kind: str
    municipality: str | None
    scopes: frozenset[str]
    jti: str
    sid: str | None
    issued_at: float
    expires_at: float
    bound_to: str | None = None

    def revocation_names(self) -> dict[str, str]:
        """The names by which this token can be revoked."""
        names = {
            "token": self.jti,
            "person": self.subject,
            "client": self.client_id,
            "organisation": self.organisation,
        }
        return {**names, "session": self.sid} if self.sid else names


class Jwks:
    """The issuer's public keys: fetched when first needed, again every 5 minutes and on an unknown key id.

    When the issuer is away the keys in hand stay good, so that tokens are verified all the same.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")

    def current(self, kid: str) -> KeySet:
        """The key set, refreshed when it's old or doesn't hold `kid`. Raises KeysUnknown when there's none at all."""
        fetched_at, age = self._fetched_at, time.monotonic() - self._fetched_at
        missing = self._keys is None or all(key.kid != kid for key in self._keys.keys)
        # Old keys serve on while one thread asks; who misses a key waits for what that thread hears.
        if (age > (JWKS_MISS_SECONDS if missing else JWKS_REFRESH_SECONDS)) and self._lock.acquire(
            blocking=missing
        ):
            try:
                if self._fetched_at == fetched_at:
                    self._fetch()
            finally:
                self._lock.release()
        if self._keys is None:
            raise KeysUnknown("no keys of the issuer at hand")
        return self._keys

    def _fetch(self) -> None:
        try:
            answer = requests.get(self._url, timeout=2, allow_redirects=False)
            answer.raise_for_status()
            self._keys = KeySet.import_key_set(answer.json())
        except (requests.RequestException, ValueError, JoseError) as error:
            log.warning("auth.jwks_away", error=type(error).__name__)
        self._fetched_at = time.monotonic()


class Verifier:
    """Turns a bearer token into a Caller, or raises InvalidToken."""

    def __init__(self, *, issuer: str, audience: str, jwks: Jwks, revocations: Revocations) -> None:
        self._issuer = issuer
        self._audience = audience
        self._jwks = jwks
        self._revocations = revocations
        self._registry = JWSRegistry(
            header_registry={"typ": HeaderParameter("Token type", "str", required=True)},
            algorithms=ALGORITHMS,
            strict_check_header=True,
        )
        self._cache: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._lock = Lock()

    def verify(self, token: str) -> Caller:
        """Checks signature, header, issuer, audience, times and revocation; the first ones from a cache of 60 s."""
        now = time.time()
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        good_until, caller = self._cache.get(digest, (0.0, None))
        if caller is None or good_until <= now:
            caller = self._check(token, now)
            self._remember(digest, min(caller.expires_at, now + CACHE_SECONDS), caller)
        if self._revocations.is_revoked(caller.revocation_names(), caller.issued_at):
            raise InvalidToken("revoked")
        return caller

    def remembers(self, token: bytes) -> bool:
        """Whether this token was verified a moment ago, so that `verify` has nothing to fetch for it."""
        good_until, _ = self._cache.get(hashlib.sha256(token).digest(), (0.0, None))
        return good_until > time.time()

    def _remember(self, digest: bytes, good_until: float, caller: Caller) -> None:
        with self._lock:
            self._cache[digest] = (good_until, caller)
            while len(self._cache) > CACHE_ENTRIES:
                self._cache.popitem(last=False)

    def _check(self, token: str, now: float) -> Caller:
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise InvalidToken("size")
        try:
            kid = str(jws.extract_compact(token.encode()).headers().get("kid", ""))
            parsed = jws.deserialize_compact(
                token, self._jwks.current(kid), algorithms=ALGORITHMS, registry=self._registry
            )
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidToken(type(error).__name__) from None
        header = parsed.headers()
        if set(header) - {"alg", "typ", "kid"} or header.get("typ", "").lower() != "at+jwt":
            raise InvalidToken("header")
        return self._caller(_claims(parsed.payload), now)

    def _caller(self, claims: dict[str, Any], now: float) -> Caller:
        if claims.get("iss") != self._issuer or claims.get("aud") not in (
            self._audience,
            [self._audience],
        ):
            raise InvalidToken("issuer or audience")
        try:
            issued, expires = float(claims["iat"]), float(claims["exp"])
            caller = Caller(
                subject=str(claims["sub"]),
                client_id=str(claims["client_id"]),
                organisation=str(claims["organisation"]),
                organisation_kind=str(claims["organisation_kind"]),
                municipality=claims.get("municipality"),
                scopes=frozenset(str(claims["scope"]).split()),
                jti=str(claims["jti"]),
                sid=claims.get("sid"),
                issued_at=issued,
                expires_at=expires,
                bound_to=_bound_to(claims),
            )
        except (KeyError, TypeError, ValueError):
            raise InvalidToken("claims") from None
        if expires + LEEWAY_SECONDS <= now or issued - LEEWAY_SECONDS > now:
            raise InvalidToken("time")
        if float(claims.get("nbf", issued)) - LEEWAY_SECONDS > now:
            raise InvalidToken("time")
        return caller


def _bound_to(claims: dict[str, Any]) -> str | None:
    """The thumbprint of `cnf.jkt`. A token that is bound in another way than by DPoP isn't taken for an unbound one."""
    if "cnf" not in claims:
        return None
    match claims["cnf"]:
        case {"jkt": str(thumbprint), **rest} if thumbprint and not rest:
            return thumbprint
    raise InvalidToken("bound in a way that isn't known here")


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except ValueError:
        raise InvalidToken("claims") from None
    if not isinstance(claims, dict):
        raise InvalidToken("claims")
    return claims
