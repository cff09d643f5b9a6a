"""Settings of identity beyond those of every service."""

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from urllib.parse import urlsplit

from chassis.settings import Settings as Base
from chassis.settings import SettingsError
from identity.domain.registration import is_loopback


@dataclass(frozen=True, kw_only=True)
class Settings(Base):
    """`key_encryption_key`: 32 bytes in base64url. Two, with a comma between: the first encrypts, both decrypt.

    `trusted_proxies`: how many of our own proxies add to X-Forwarded-For in front of this service.
    """

    key_encryption_key: str
    signing_key_bits: int = 2048
    revocation_staleness_seconds: float = 0.0  # it records them itself
    trusted_proxies: int = 0

    def __post_init__(self) -> None:
        if not self.jwks_url:
            # Its own process: its public address may lead to another one, which is being replaced just now.
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
        self.encryption_keys()

    def encryption_keys(self) -> list[bytes]:
        """The key encryption keys, the one that encrypts first."""
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
        """Whether browsers reach this service over TLS; cookies are then for TLS only."""
        return self.issuer.startswith("https:")

    def url(self, path: str) -> str:
        """The public address of a path of this service."""
        return self.issuer + path
