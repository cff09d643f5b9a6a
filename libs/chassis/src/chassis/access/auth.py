"""Verifies access tokens (RFC 9068, RFC 8725) locally. One enforcement point: Connexion's security step."""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from chassis.access.kept_keys import KeptKeys
from chassis.access.revocations import KEY, Revocations

ALGORITHMS = ["PS256"]
MAX_TOKEN_BYTES = 8_192
LEEWAY_SECONDS = 10
_KNOWN_CLAIMS = frozenset(
    "iss sub aud iat nbf exp jti client_id client_kind organisation organisation_kind scope sid cnf name"
    " second_factor".split()
)
# The kinds of clients. Only the people who use a client of the last kind belong to no organisation.
STAFF, MACHINE, CITIZEN = "staff", "machine", "citizen"
KEY_HOLDER = "key"
# The claim that names the establishments for which a citizen acts: words with blanks between them.
ACTS_FOR = "acts_for"
CACHE_SECONDS, CACHE_ENTRIES = 60, 10_000
JWKS_REFRESH_SECONDS, JWKS_MISS_SECONDS = 300, 2

log = structlog.get_logger(__name__)


class InvalidToken(Exception):
    """The token isn't valid here. The reason is for the log, never for the caller."""


class KeysUnknown(Exception):
    """The issuer hasn't answered yet, so that no token can be verified. It isn't the caller's fault."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The caller, as the authorization server vouches for it. `subject` is the client's id when no person is named.

    `kind` is the client's: `staff` (a named employee), `machine` (a system), `citizen` (a person of no organisation, so
    that `organisation` and `organisation_kind` are empty), or `key` for a credential of the service's own.
    `name` is a person's, for the journal; it's in no log. `attributes` are the issuer's other claims about the caller,
    by their names: the chassis hands them on and knows none of them. `key_id` names the issuer's key that signed the
    token. `bound_to` is the thumbprint of the key that has to prove each request (DPoP); None for a plain bearer token.
    `authenticated_at` is when a person signed in, and `amr` how (RFC 8176); `must_have_second_factor`: the person's
    organisation demands it.
    """

    subject: str
    client_id: str
    organisation: str
    organisation_kind: str
    scopes: frozenset[str]
    jti: str
    key_id: str
    sid: str | None
    issued_at: float
    expires_at: float
    kind: str = STAFF
    bound_to: str | None = None
    name: str | None = field(default=None, repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    authenticated_at: float | None = None
    amr: frozenset[str] = frozenset()
    must_have_second_factor: bool = False

    @classmethod
    def with_key(
        cls,
        key_id: str,
        *,
        organisation: str,
        scopes: Iterable[str] = (),
        attributes: Mapping[str, str] | None = None,
    ) -> "Caller":
        """Returns the caller behind a credential of the service's own, an API key say; `key_id` names it and is no
        secret."""
        return cls(
            subject=key_id,
            client_id=key_id,
            organisation=organisation,
            organisation_kind="key",
            kind=KEY_HOLDER,
            scopes=frozenset(scopes),
            jti="",
            key_id="",
            sid=None,
            issued_at=0.0,
            expires_at=float("inf"),
            attributes=attributes or {},
        )

    def revocation_names(self) -> list[tuple[str, str]]:
        """Returns the names by which this token can be revoked, each behind its kind."""
        names = {
            "token": self.jti,
            "person": self.subject,
            "client": self.client_id,
            "organisation": self.organisation,
            "session": self.sid or "",
            KEY: self.key_id,
        }
        acts_for = self.attributes.get(ACTS_FOR, "").split() if self.kind == CITIZEN else ()
        delegations = [("delegation", f"{self.subject}/{one}") for one in acts_for]
        return [(kind, name) for kind, name in names.items() if name] + delegations


class Jwks:
    """The issuer's public keys: fetched when first needed, again every 5 minutes and on an unknown key id.

    When the issuer is away the keys in hand stay good, so that tokens are verified all the same. A process without
    keys takes those in the service's database.
    """

    def __init__(self, url: str, kept: KeptKeys | None = None) -> None:
        self._url = url
        self._kept = kept
        self._lock = Lock()
        self._keys: KeySet | None = None
        self._dropped: frozenset[str] = frozenset()
        self._fetched_at = float("-inf")

    def current(self, kid: str) -> KeySet:
        """Returns the key set, refreshed when it's old or doesn't hold `kid`. Raises KeysUnknown when there's none at
        all."""
        fetched_at, age = self._fetched_at, time.monotonic() - self._fetched_at
        missing = self._keys is None or all(key.kid != kid for key in self._keys.keys)
        # Old keys stay in use while one thread fetches; a request whose key is missing waits for that thread.
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

    def at_hand(self) -> bool:
        """Returns whether there's any key to verify with; asks for the set when there's none."""
        try:
            return bool((self._keys or self.current("")).keys)
        except KeysUnknown:
            return False

    def drop(self, kids: frozenset[str]) -> None:
        """Keys with these ids verify nothing any more, even if a set that's fetched later still has them.

        If an id is new, the next request fetches the set anew.
        """
        if kids <= self._dropped:
            return
        with self._lock:
            self._dropped |= kids
            if self._keys is not None:
                self._keys = self._without_dropped(self._keys)
            self._fetched_at = float("-inf")

    def _without_dropped(self, keys: KeySet) -> KeySet:
        return KeySet([key for key in keys.keys if key.kid not in self._dropped])

    def _fetch(self) -> None:
        import requests  # `work` imports this module and verifies no token

        try:
            answer = requests.get(self._url, timeout=2, allow_redirects=False)
            answer.raise_for_status()
            published = answer.json()
            self._keys = self._without_dropped(KeySet.import_key_set(published))
        except (requests.RequestException, ValueError, JoseError) as error:
            log.warning("auth.jwks_away", error=type(error).__name__)
            self._take_kept()
        else:
            if self._kept is not None:
                self._kept.write(published)
        self._fetched_at = time.monotonic()

    def _take_kept(self) -> None:
        found = self._kept.read() if self._kept is not None and self._keys is None else None
        if found is not None:
            self._keys = self._without_dropped(KeySet.import_key_set(found))


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
        if self.is_void(caller):
            raise InvalidToken("revoked")
        return caller

    def is_void(self, caller: Caller) -> bool:
        """Returns whether a token that was verified has been revoked since. Raises RevocationsUnknown."""
        is_revoked = self._revocations.is_revoked(caller.revocation_names(), caller.issued_at)
        self._jwks.drop(self._revocations.keys)
        return is_revoked

    def hindrance(self) -> str:
        """Returns why no token at all can be accepted now, `keys` or `revocations`; empty when tokens can be."""
        if not self._jwks.at_hand():
            return "keys"
        return "revocations" if self._revocations.are_stale() else ""

    def remembers(self, token: bytes) -> bool:
        """Returns whether this token was verified a moment ago, so that `verify` has nothing to fetch for it."""
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
        # Without a kid the library takes the only key of a set, and nothing says whether it was revoked.
        if (
            not kid
            or set(header) - {"alg", "typ", "kid"}
            or header.get("typ", "").lower() != "at+jwt"
        ):
            raise InvalidToken("header")
        return self._caller(_claims(parsed.payload), kid, now)

    def _caller(self, claims: dict[str, Any], kid: str, now: float) -> Caller:
        if claims.get("iss") != self._issuer or claims.get("aud") not in (
            self._audience,
            [self._audience],
        ):
            raise InvalidToken("issuer or audience")
        try:
            issued, expires = float(claims["iat"]), float(claims["exp"])
            kind = _kind(claims)
            organisation, organisation_kind = _organisation(claims, kind)
            caller = Caller(
                subject=str(claims["sub"]),
                client_id=str(claims["client_id"]),
                kind=kind,
                organisation=organisation,
                organisation_kind=organisation_kind,
                scopes=frozenset(str(claims["scope"]).split()),
                jti=str(claims["jti"]),
                key_id=kid,
                sid=claims.get("sid"),
                issued_at=issued,
                expires_at=expires,
                bound_to=_bound_to(claims),
                name=name if isinstance(name := claims.get("name"), str) else None,
                attributes=_attributes(claims),
                authenticated_at=float(at) if (at := claims.get("auth_time")) is not None else None,
                amr=frozenset(str(one) for one in claims.get("amr", ())),
                must_have_second_factor=claims.get("second_factor") == "demanded",
            )
        except (KeyError, TypeError, ValueError):
            raise InvalidToken("claims") from None
        if expires + LEEWAY_SECONDS <= now or issued - LEEWAY_SECONDS > now:
            raise InvalidToken("time")
        if float(claims.get("nbf", issued)) - LEEWAY_SECONDS > now:
            raise InvalidToken("time")
        return caller


def _kind(claims: Mapping[str, Any]) -> str:
    """Raises ValueError for a kind that isn't known here. Tokens of an older issuer don't name it."""
    kind = claims.get("client_kind", STAFF if claims.get("sid") else MACHINE)
    if kind not in (STAFF, MACHINE, CITIZEN):
        raise ValueError(kind)
    return str(kind)


def _organisation(claims: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """Returns the organisation and its kind: both or, for a citizen, neither. Raises KeyError and ValueError."""
    if kind != CITIZEN:
        return str(claims["organisation"]), str(claims["organisation_kind"])
    if "organisation" in claims or "organisation_kind" in claims:
        raise ValueError("a citizen of an organisation")
    return "", ""


def _attributes(claims: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in claims.items()
        if name not in _KNOWN_CLAIMS and isinstance(value, str)
    }


def _bound_to(claims: dict[str, Any]) -> str | None:
    """Returns the thumbprint of `cnf.jkt`. A token that is bound in another way than by DPoP doesn't count as
    unbound."""
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
