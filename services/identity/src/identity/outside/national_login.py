"""The client of the national login (OpenID Connect, code with PKCE S256).

Authlib makes the requests and reads the ID token, joserfc verifies it, and every byte goes through
chassis.core.outgoing to the one configured host. Only a few requests wait for the national login at
a time, so that a slow national login leaves threads for the employees' sign-in and for tokens.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import BoundedSemaphore, Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from chassis.core.outgoing import Answer, Limit, NoAnswer, NotSent, Outgoing
from chassis.core.settings import is_key
from identity.domain.citizens import LEEWAY, NotVerified, Verified, verify_person
from identity.domain.registration import is_loopback
from identity.settings import Settings

MOST_AT_ONCE = 3
# After a failure the national login isn't called for a moment: requests of that time fail at once.
REST_SECONDS = 3.0
_METADATA_SECONDS, _KEYS_SECONDS, _KEYS_MISS_SECONDS = 3600.0, 300.0, 10.0
_LIMIT = Limit(seconds=4.0, most_bytes=262_144)
_ASSERTION_SECONDS = 60
_SCOPE = "openid profile phone national_id"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Away(Exception):
    """The national login doesn't answer, or answers wrongly. `code` is for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CodeRefused(Exception):
    """The national login refuses the code: it belongs to another client, is used, or is too old."""


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A browser's way to the national login and back. `nonce` and `verifier` stay in this service until they are
    sent."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    callback: str
    asked_at: datetime


class NationalLogin:
    """The client of the national login, one per process, safe for several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.issuer = settings.national_login_issuer.rstrip("/")
        self._client_id = settings.national_login_client_id
        self._accepted = settings.national_login_acr.split()
        self._outgoing = Outgoing(settings, hosts={urlsplit(self.issuer).hostname or ""})
        self._free = BoundedSemaphore(MOST_AT_ONCE)
        self._rest_until = float("-inf")
        self._metadata = _Fetched(self._fetch_metadata, _METADATA_SECONDS)
        self._keys = _Fetched(self._fetch_keys, _KEYS_SECONDS)

    @property
    def origin(self) -> str:
        """Where the browser is sent to, for the pages' policy; empty when there's no national login."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}" if self.issuer else ""

    @cached_property
    def _key(self) -> ECKey:
        return key_of(self._settings.national_login_key)

    def prepare(self) -> None:
        """Fetches what `address` needs, once an hour: called before a transaction begins. Raises Away."""
        with self._asking():
            self._metadata.get()

    def address(self, journey: Journey, language: str) -> str:
        """Where the browser is to go. Raises Away."""
        with self._asking():
            metadata = self._metadata.get()
        url, _ = self._client(journey).create_authorization_url(
            metadata["authorization_endpoint"],
            state=journey.state,
            code_verifier=journey.verifier,
            nonce=journey.nonce,
            acr_values=" ".join(self._accepted[:1]),
            prompt="login",  # an earlier session of a shared computer is no consent
            max_age="0",
            ui_locales=f"{language} {'ar' if language == 'en' else 'en'}",
        )
        return str(url)

    def redeem(self, code: str, journey: Journey, now: datetime) -> tuple[Verified, str]:
        """Returns the person, and the hash of the ID token. Raises Away, CodeRefused and NotVerified."""
        with self._asking():
            metadata = self._metadata.get()
            client = self._client(journey)
            client.register_client_auth_method(self._assertion())
            try:
                answer = client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=journey.verifier,
                    redirect_uri=journey.callback,
                )
            except OAuth2Error as error:
                if error.error == "invalid_grant":
                    raise CodeRefused from None
                raise Away("token-endpoint") from None
            except ValueError:
                raise Away("malformed") from None
            return self._verified(answer, journey, now)

    def _verified(
        self, answer: Mapping[str, Any], journey: Journey, now: datetime
    ) -> tuple[Verified, str]:
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotVerified("no ID token")
        claims = self._opened(token, answer, journey.nonce, now)
        person = verify_person(
            claims, client_id=self._client_id, accepted=self._accepted, asked_at=journey.asked_at
        )
        return person, hashlib.sha256(token.encode()).hexdigest()

    def _opened(
        self, token: str, answer: Mapping[str, Any], nonce: str, now: datetime
    ) -> dict[str, Any]:
        """The claims after the checks of OpenID Connect Core 3.1.3.7."""
        algorithm = self._settings.national_login_algorithm
        try:
            header = jws.extract_compact(token.encode("ascii")).headers()
            _check_header(header, algorithm)
            parsed = jws.deserialize_compact(
                token, self._keys_with(str(header["kid"])), algorithms=[algorithm]
            )
            claims = CodeIDToken(
                json.loads(parsed.payload),
                parsed.headers(),
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                params={
                    "client_id": self._client_id,
                    "nonce": nonce,
                    "access_token": answer.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotVerified(type(error).__name__) from None
        return dict(claims)

    def _keys_with(self, kid: str) -> KeySet:
        """The published keys, asked for anew when this one isn't among them. Raises NotVerified and Away."""
        for keys in (self._keys.get(), self._keys.get(older_than=_KEYS_MISS_SECONDS)):
            if found := [key for key in keys.keys if key.kid == kid]:
                return KeySet(found)
        raise NotVerified("unknown key")

    def _client(self, journey: Journey) -> Any:
        """Authlib's client; its HTTP is ours."""
        return OAuth2Client(
            _Session(self._outgoing),
            client_id=self._client_id,
            client_secret=self._key,
            token_endpoint_auth_method=PrivateKeyJWT.name,
            scope=_SCOPE,
            redirect_uri=journey.callback,
            code_challenge_method="S256",
        )

    def _assertion(self) -> Any:
        now = int(time.time())
        claims = {"jti": generate_token(36), "iat": now, "exp": now + _ASSERTION_SECONDS}
        return PrivateKeyJWT(self.issuer, claims, {"kid": self._key.kid}, "ES256")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Raises Away without an address, shortly after a failure, and while too many requests wait."""
        if not self.issuer or time.monotonic() < self._rest_until:
            raise Away("resting" if self.issuer else "not configured")
        if not self._free.acquire(blocking=False):
            raise Away("busy")
        try:
            yield
        except Away:
            self._rest_until = time.monotonic() + REST_SECONDS
            raise
        finally:
            self._free.release()

    def _fetch_metadata(self) -> dict[str, Any]:
        found = self._fetch(f"{self.issuer}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise Away("another issuer")
        for name in _ENDPOINTS:
            if not _is_at(found.get(name), self.origin):
                raise Away("endpoints elsewhere")
        return found

    def _fetch_keys(self) -> KeySet:
        try:
            return KeySet.import_key_set(self._fetch(self._metadata.get()["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError):
            raise Away("keys") from None

    def _fetch(self, url: str) -> dict[str, Any]:
        try:
            answer = self._outgoing.get(url, headers={"Accept": "application/json"}, limit=_LIMIT)
            found = json.loads(answer.body) if answer.status == 200 else None
        except (NotSent, NoAnswer) as error:
            raise Away(error.code) from None
        except ValueError:
            raise Away("malformed") from None
        if not isinstance(found, dict):
            raise Away("malformed")
        return found


class _Fetched:
    """Something fetched, kept for a while."""

    def __init__(self, fetch: Callable[[], Any], seconds: float) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._lock = Lock()
        self._found: Any = None
        self._at = float("-inf")

    def get(self, older_than: float | None = None) -> Any:
        """Returns the fetched document, and fetches an old document again. Raises Away."""
        with self._lock:
            if time.monotonic() - self._at > (self._seconds if older_than is None else older_than):
                self._found = self._fetch()
                self._at = time.monotonic()
            return self._found


class _Session:
    """The part of a `requests` session that Authlib uses."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def request(
        self, method: str, url: str, *, data: Any = None, headers: Any = None, auth: Any = None
    ) -> "_Response":
        """Raises Away."""
        body = data if isinstance(data, str) else urlencode(data or {})
        url, headers, body = auth.prepare(method, url, dict(headers or {}), body)
        try:
            answer = self._outgoing.send(method, url, body.encode(), headers=headers, limit=_LIMIT)
        except (NotSent, NoAnswer) as error:
            raise Away(error.code) from None
        if answer.status not in (200, 400, 401):  # a token, or an error of OAuth
            raise Away(f"status {answer.status}")
        return _Response(answer)

    def post(self, url: str, **options: Any) -> "_Response":
        return self.request("POST", url, **options)


class _Response:
    """The part of a `requests` answer that Authlib uses."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self._body = answer.body

    def json(self) -> Any:
        return json.loads(self._body)

    def raise_for_status(self) -> None:
        """Raises Away for an error that OAuth doesn't define."""
        if self.status_code >= 400:
            raise Away(f"status {self.status_code}")


def key_of(setting: str) -> ECKey:
    """The key for P-256 that a setting of 32 bytes stands for; its `kid` is its thumbprint."""
    key = ec.derive_private_key(int.from_bytes(is_key(setting), "big"), ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    named = ECKey.import_key(pem)
    return ECKey.import_key(pem, {"kid": named.thumbprint(), "use": "sig", "alg": "ES256"})


def _check_header(header: Mapping[str, Any], algorithm: str) -> None:
    """Raises NotVerified for a token of another kind, and for one that brings or names its own key."""
    if header.get("alg") != algorithm or not isinstance(header.get("kid"), str):
        raise NotVerified("header")
    if set(header) - {"alg", "kid", "typ"} or str(header.get("typ", "JWT")).upper() != "JWT":
        raise NotVerified("header")


def _is_at(url: object, origin: str) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or is_loopback(parts.hostname or "")
    return is_safe and f"{parts.scheme}://{parts.netloc}" == origin
