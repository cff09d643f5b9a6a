"""Settings of identity beyond those of every service."""

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from chassis.access.persons import PersonSettings
from chassis.core.outgoing import OutgoingSettings
from chassis.core.settings import SettingsError, between, is_key, is_url, unless_empty
from chassis.data.paging import PagingSettings
from chassis.data.sealed import ColumnSettings
from chassis.events.contacts import ContactSettings
from identity.domain.registration import is_loopback


def one_of(*words: str) -> Callable[[str], None]:
    """Returns a check that a setting is one of some words."""

    def check(text: str) -> None:
        if text not in words:
            raise ValueError(f"is none of {', '.join(words)}")

    return check


@dataclass(frozen=True, kw_only=True)
class Settings(PagingSettings, ColumnSettings, PersonSettings, ContactSettings, OutgoingSettings):
    """`key_encryption_key`: 32 bytes in base64url. Two, with a comma between: the first encrypts, both decrypt.

    `national_login_issuer`: the national login, by its discovery document; empty, citizens can't sign in.
    `national_login_key`: 32 bytes in base64url, from which the key for the national login is derived.
    `national_login_acr`: the levels of assurance that open a sign-in, with spaces between; the first is asked for.
    `national_login_algorithm`: the one algorithm of ID tokens that is taken.
    `commercial_register_url`: who owns an establishment; empty, only officers say who acts for it.
    `national_sign_ins_per_address`: in ten minutes; `register_questions_per_citizen`: a day.
    """

    key_encryption_key: str
    signing_key_bits: int = 2048
    revocation_staleness_seconds: float = 0.0  # identity itself records the revocations
    national_login_issuer: str = ""
    national_login_client_id: str = "qatif-identity"
    national_login_key: str
    national_login_acr: str = "high substantial"
    national_login_algorithm: str = "PS256"
    commercial_register_url: str = ""
    national_sign_ins_per_address: int = 60
    register_questions_per_citizen: int = 30

    CHECKS = {
        "signing_key_bits": between(2048, 16_384),
        "national_login_issuer": unless_empty(is_url),
        "national_login_key": is_key,
        "national_login_algorithm": one_of("PS256", "ES256", "RS256"),
        "commercial_register_url": unless_empty(is_url),
        "national_sign_ins_per_address": between(1),
        "register_questions_per_citizen": between(1),
    }

    def __post_init__(self) -> None:
        # The keys come from this process, not from JWKS_URL: that address leads to ready instances, and an instance
        # isn't ready before it has the keys.
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104
        object.__setattr__(self, "jwks_url", f"http://{host}:{self.port}/jwks.json")
        super().__post_init__()
        object.__setattr__(self, "public_url", self.issuer)
        issuer = urlsplit(self.issuer)
        if issuer.scheme != "https" and not is_loopback(issuer.hostname or ""):
            raise SettingsError(
                "identity cannot start: ISSUER is neither https nor a loopback address"
            )
        if issuer.query or issuer.fragment or self.issuer.endswith("/"):
            raise SettingsError(
                "identity cannot start: ISSUER has a query, a fragment or a final slash"
            )
        if self.signing_key_bits < 2048:
            raise SettingsError("identity cannot start: IDENTITY_SIGNING_KEY_BITS is below 2048")
        login = urlsplit(self.national_login_issuer)
        if login.scheme == "http" and not is_loopback(login.hostname or ""):
            raise SettingsError(
                "identity cannot start: IDENTITY_NATIONAL_LOGIN_ISSUER is neither https nor loopback"
            )
        self.encryption_keys()

    def encryption_keys(self) -> list[bytes]:
        """Returns the key encryption keys. The first key encrypts."""
        try:
            keys = [
                urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
                for text in self.key_encryption_key.split(",")
            ]
        except (Base64Error, ValueError):
            keys = []
        if not keys or any(len(key) != 32 for key in keys):
            raise SettingsError(
                "identity cannot start: IDENTITY_KEY_ENCRYPTION_KEY is not 32 bytes in base64url"
            )
        return keys

    @property
    def is_secure(self) -> bool:
        """Returns whether browsers reach this service over TLS; then cookies are for TLS only."""
        return self.issuer.startswith("https:")

    def url(self, path: str) -> str:
        """Returns the public address of a path of this service."""
        return self.issuer + path
