"""What happens between the first page and the ID token: requests, decisions, codes; all in memory."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from saudi.ids import parse_civil_id

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHM = "PS256"
TOKEN_SECONDS, CODE_SECONDS, ASSERTION_SECONDS = 300, 60, 120
CHOICES = 3


class Unusable(Exception):
    """A request that is told to the browser, or an OAuth error of the token endpoint."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`port` 0 takes a free one. `client_jwks` are the relying party's public keys, `people` the trial people:
    number → {name, mobile}; any other right number is somebody as well."""

    client_id: str
    redirect_uri: str
    client_jwks: Mapping[str, Any]
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    port: int = 0


@dataclass
class Faults:
    """What a test may have the stand-in do: `claims` replace those of the next ID tokens (None takes one away),
    `header` its header's parameters, `key` signs with one that isn't published; `answer` is the token endpoint's."""

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    other_key: bool = False
    delay_s: float = 0.0
    answer: dict[str, Any] | None = None
    status: int = 200
    iss: str | None = None


@dataclass
class Interaction:
    """A request of the relying party, and how far its person has come."""

    request: dict[str, str]
    number: str = ""
    id_number: str = ""


@dataclass(frozen=True)
class Code:
    interaction: Interaction
    made_at: float


class Flow:
    """The rules of the stand-in. Raises Unusable for what isn't as agreed."""

    def __init__(self, settings: Settings, issuer: str) -> None:
        self.settings, self.issuer, self.faults = settings, issuer, Faults()
        self.key = RSAKey.generate_key(2048, {"kid": "national-1"})
        self._other_key = RSAKey.generate_key(2048, {"kid": "national-1"})
        self._interactions: dict[str, Interaction] = {}
        self._codes: dict[str, Code] = {}
        self._used: set[str] = set()
        self._lock = Lock()

    def metadata(self) -> dict[str, Any]:
        """Returns the metadata of OpenID Connect Discovery."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks.json",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def jwks(self) -> dict[str, Any]:
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "alg": ALGORITHM, "use": "sig"}]}

    def begin(self, request: dict[str, str]) -> str:
        """Begins an interaction. Returns its secret name."""
        wanted = {
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        if any(request.get(name) != value for name, value in wanted.items()):
            raise Unusable("client, address or form of the request aren't those agreed")
        if "openid" not in request.get("scope", "").split() or not request.get("code_challenge"):
            raise Unusable("scope openid and code_challenge are needed")
        name = secrets.token_urlsafe(16)
        self._interactions[name] = Interaction(request)
        return name

    def identify(self, name: str, written: str) -> tuple[str, list[str]]:
        """Returns the number to choose, and the numbers to choose from. Raises Malformed for a wrong ID."""
        interaction = self._interaction(name)
        interaction.id_number = parse_civil_id(written)
        choices = secrets.SystemRandom().sample(range(10, 100), CHOICES)
        interaction.number = str(choices[0])
        return interaction.number, sorted(str(one) for one in choices)

    def decide(self, name: str, choice: str) -> str:
        """Returns where the browser goes: with a code for the right number, else with an error."""
        interaction = self._interaction(name)
        if not interaction.number:
            raise Unusable("nobody has said who they are")
        with self._lock:
            del self._interactions[name]
        if choice == interaction.number:
            code = secrets.token_urlsafe(24)
            self._codes[code] = Code(interaction, time.time())
            return self._back(interaction, code=code)
        return self._back(
            interaction, error="login_required" if choice == "late" else "access_denied"
        )

    def redeem(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Returns the token endpoint's answer. Raises Unusable with an OAuth error code."""
        self._authenticate(form)
        with self._lock:
            code = self._codes.pop(form.get("code", ""), None)
        if code is None or time.time() > code.made_at + CODE_SECONDS:
            raise Unusable("invalid_grant")
        request = code.interaction.request
        verifier = form.get("code_verifier", "").encode()
        if _hash(verifier) != request["code_challenge"]:
            raise Unusable("invalid_grant")
        if form.get("redirect_uri") != request["redirect_uri"]:
            raise Unusable("invalid_grant")
        token = secrets.token_urlsafe(24)
        answer = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": self._id_token(code.interaction),
        }
        return answer if self.faults.answer is None else self.faults.answer

    def _id_token(self, interaction: Interaction) -> str:
        now, number = int(time.time()), interaction.id_number
        person = self.settings.people.get(number, {"name": "مستفيد تجريبي (بيانات تجريبية)"})
        claims = {
            "iss": self.issuer,
            "sub": _hash(number.encode())[:22],
            "aud": self.settings.client_id,
            "exp": now + TOKEN_SECONDS,
            "iat": now,
            "auth_time": now,
            "acr": "high",
            "nonce": interaction.request.get("nonce"),
            "national_id": number,
            "name": person["name"],
            "phone_number": person.get("mobile"),
            "phone_number_verified": "mobile" in person,
            **self.faults.claims,
        }
        header = {"alg": ALGORITHM, "kid": str(self.key.kid), "typ": "JWT", **self.faults.header}
        key = self._other_key if self.faults.other_key else self.key
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])

    def _authenticate(self, form: Mapping[str, str]) -> None:
        """Checks private_key_jwt (RFC 7523): for this issuer, used once."""
        try:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise ValueError
            keys = KeySet.import_key_set(dict(self.settings.client_jwks))  # type: ignore[arg-type]
            claims = jwt.decode(form["client_assertion"], keys, algorithms=["ES256"]).claims
            named = {claims.get("iss"), claims.get("sub")} == {self.settings.client_id}
            now = time.time()
            if not named or claims.get("aud") != self.issuer or claims["jti"] in self._used:
                raise ValueError
            if not now - 10 < claims["exp"] < now + ASSERTION_SECONDS:
                raise ValueError
        except (JoseError, ValueError, KeyError, TypeError):
            raise Unusable("invalid_client") from None
        self._used.add(claims["jti"])

    def _interaction(self, name: str) -> Interaction:
        if name not in self._interactions:
            raise Unusable("this page is of no sign-in that goes on")
        return self._interactions[name]

    def _back(self, interaction: Interaction, **answer: str) -> str:
        request = interaction.request
        answer["iss"] = self.faults.iss or self.issuer
        if "state" in request:
            answer["state"] = request["state"]
        return f"{request['redirect_uri']}?{urlencode(answer)}"


def _hash(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
