"""Settings of the portal beside the common ones."""

from dataclasses import dataclass

from chassis.core.settings import SettingsError, is_key, is_url
from chassis.data.sealed import KeyringSettings
from chassis.data.sealing import Keyring


@dataclass(frozen=True, kw_only=True)
class Settings(KeyringSettings):
    """`sealing_key` seals sessions. `company_client_key`: 32 bytes in base64url, of which the key of the client
    `company_client_id` is made. `gateway_url`: the partner gateway's public address."""

    sealing_key: str
    company_client_key: str
    company_client_id: str = "sec-portal"
    gateway_url: str

    CHECKS = {
        "sealing_key": Keyring.parse,
        "company_client_key": is_key,
        "gateway_url": is_url,
        "public_url": is_url,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.public_url:
            raise SettingsError("portal cannot start: PORTAL_PUBLIC_URL is not set")
