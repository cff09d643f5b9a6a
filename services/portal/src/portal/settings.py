"""Settings of the portal beside the common ones."""

from dataclasses import dataclass, field
from functools import cached_property

from chassis.core.settings import SettingsError, between, is_key, is_url
from chassis.data.sealed import ColumnSettings
from chassis.data.sealing import BlindIndex, Keyring

ASKED = (
    *("gateway", "reports", "permits", "licences", "payments", "health_certs"),
    *("transactions", "appointments", "tenders", "identity", "notify"),
)
"""The services that the portal asks, as the settings name their addresses."""
SYSTEM = "system"
"""The portal itself among its clients, beside the areas: a machine, for what no person asks."""


@dataclass(frozen=True)
class Client:
    """A client of identity by which the portal gets tokens. `key`: the setting of which its key is made."""

    client_id: str
    key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings(ColumnSettings):
    """`sealing_key` seals sessions. `…_client_key`: 32 bytes in base64url each, of which the key of the client
    `…_client_id` is made. `…_url`: the public addresses of the services that the portal asks.

    `inquiry_key` finds things by their number and a second fact, as the publishers of events do. `blind_index_key`
    hashes what limits count. Inquiries an hour: `…_per_address`; `…_per_number` and `…_per_proof` with one number and
    with one mobile or identity number from one address, and `…_anywhere` from all addresses.
    `report_steps_per_address`: forms of the pages of a report an hour from one address.
    """

    inquiry_key: str
    company_client_key: str
    company_client_id: str = "sec-portal"
    desk_client_key: str
    desk_client_id: str = "qatif-desk"
    citizens_client_key: str
    citizens_client_id: str = "citizens-portal"
    centres_client_key: str
    centres_client_id: str = "centres-portal"
    municipalities_client_key: str
    municipalities_client_id: str = "municipalities-portal"
    system_client_key: str
    system_client_id: str = "portal-system"
    gateway_url: str
    reports_url: str
    permits_url: str
    licences_url: str
    payments_url: str
    health_certs_url: str
    transactions_url: str
    appointments_url: str
    tenders_url: str
    identity_url: str
    notify_url: str
    inquiries_per_address: int = 120
    inquiries_per_number: int = 10
    inquiries_per_number_anywhere: int = 100
    inquiries_per_proof: int = 30
    inquiries_per_proof_anywhere: int = 100
    report_steps_per_address: int = 600

    CHECKS = {
        "inquiry_key": Keyring.parse,
        "company_client_key": is_key,
        "desk_client_key": is_key,
        "citizens_client_key": is_key,
        "centres_client_key": is_key,
        "municipalities_client_key": is_key,
        "system_client_key": is_key,
        **{f"{name}_url": is_url for name in ASKED},
        "public_url": is_url,
        "inquiries_per_address": between(1),
        "inquiries_per_number": between(1),
        "inquiries_per_number_anywhere": between(1),
        "inquiries_per_proof": between(1),
        "inquiries_per_proof_anywhere": between(1),
        "report_steps_per_address": between(1),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.public_url:
            raise SettingsError("portal cannot start: PORTAL_PUBLIC_URL is not set")

    def client_of(self, area: str) -> Client:
        """Returns the client of an area, or of the portal itself."""
        clients = {
            "sec": Client(self.company_client_id, self.company_client_key),
            "desk": Client(self.desk_client_id, self.desk_client_key),
            "my": Client(self.citizens_client_id, self.citizens_client_key),
            "centre": Client(self.centres_client_id, self.centres_client_key),
            "affiliated": Client(self.municipalities_client_id, self.municipalities_client_key),
            SYSTEM: Client(self.system_client_id, self.system_client_key),
        }
        return clients[area]

    def url_of(self, service: str) -> str:
        """Returns the address of a service that the portal asks."""
        name = "gateway" if service == "partner-gateway" else service.replace("-", "_")
        url: str = getattr(self, f"{name}_url")
        return url

    @cached_property
    def inquiry_ring(self) -> Keyring:
        """Returns the keys of `inquiry.v1`."""
        return Keyring.parse(self.inquiry_key)

    @cached_property
    def limit_index(self) -> BlindIndex:
        """Returns what hashes the subjects of limits, because people type a person's number into any field."""
        return BlindIndex(Keyring.parse(self.blind_index_key))
