"""Settings of the portal beside the common ones."""

from dataclasses import dataclass
from functools import cached_property

from chassis.core.settings import SettingsError, between, is_key, is_url
from chassis.data.sealed import ColumnSettings
from chassis.data.sealing import BlindIndex, Keyring


@dataclass(frozen=True, kw_only=True)
class Settings(ColumnSettings):
    """`sealing_key` seals sessions. `company_client_key`: 32 bytes in base64url, of which the key of the client
    `company_client_id` is made. `gateway_url`: the partner gateway's public address.

    `inquiry_key` finds things by their number and a second fact, as the publishers of events do. `blind_index_key`
    hashes what limits count. Inquiries an hour: `…_per_address`; `…_per_number` and `…_per_proof` with one number and
    with one mobile or identity number from one address, and `…_anywhere` from all addresses.
    """

    inquiry_key: str
    company_client_key: str
    company_client_id: str = "sec-portal"
    gateway_url: str
    inquiries_per_address: int = 120
    inquiries_per_number: int = 10
    inquiries_per_number_anywhere: int = 100
    inquiries_per_proof: int = 30
    inquiries_per_proof_anywhere: int = 100

    CHECKS = {
        "inquiry_key": Keyring.parse,
        "company_client_key": is_key,
        "gateway_url": is_url,
        "public_url": is_url,
        "inquiries_per_address": between(1),
        "inquiries_per_number": between(1),
        "inquiries_per_number_anywhere": between(1),
        "inquiries_per_proof": between(1),
        "inquiries_per_proof_anywhere": between(1),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.public_url:
            raise SettingsError("portal cannot start: PORTAL_PUBLIC_URL is not set")

    @cached_property
    def inquiry_ring(self) -> Keyring:
        """Returns the keys of `inquiry.v1`."""
        return Keyring.parse(self.inquiry_key)

    @cached_property
    def limit_index(self) -> BlindIndex:
        """Returns what hashes the subjects of limits, because people type a person's number into any field."""
        return BlindIndex(Keyring.parse(self.blind_index_key))
