"""Settings of payments: keys, the bill system, and times that a test or an operator shortens."""

from dataclasses import dataclass

from chassis.access.persons import PersonSettings
from chassis.core.outgoing import OutgoingSettings
from chassis.core.settings import between, is_url, unless_empty
from chassis.data.paging import PagingSettings
from chassis.data.sealing import Keyring
from chassis.events.contacts import ContactSettings
from chassis.events.invoices import InvoiceSettings
from payments.domain import registration


@dataclass(frozen=True, kw_only=True)
class Settings(PagingSettings, ContactSettings, InvoiceSettings, PersonSettings, OutgoingSettings):
    """`sealing_key` seals columns; `blind_index_key` finds bills by the payer's number; the bill system signs with
    `notice_key`.

    Times are in seconds; `payments.domain.registration.Policy` explains them. `expiry_grace_hours`: the wait between a
    bill's last day and giving the bill up, in which notices of that day arrive; permits and health-certs end what is
    unpaid after 24 hours, so a longer wait takes money that goes back. `payer_days`: how long after its end a
    bill keeps its payer and contacts, and a decision the account of a refund. `accounts_per_citizen`: accounts for
    refunds that one person gives in an hour.
    """

    # Payment notices carry a signature and no token, so they are taken while Kafka or identity is away.
    revocation_staleness_seconds: float = 0.0
    sealing_key: str
    blind_index_key: str
    notice_key: str
    provider_url: str = ""
    provider_token: str = ""
    provider_timeout_seconds: float = 10.0
    concurrency: int = 8
    poll_seconds: float = 0.5
    retry_seconds: float = 5.0
    longest_retry_seconds: float = 300.0
    lease_seconds: float = 60.0
    ask_after_seconds: float = 2.0
    settle_seconds: float = 30.0
    expiry_grace_hours: int = 24
    payer_days: int = 10 * 365
    reconcile_hour: int = 6
    reconcile_poll_seconds: float = 60.0
    accounts_per_citizen: int = 20

    CHECKS = {
        "sealing_key": Keyring.parse,
        "blind_index_key": Keyring.parse,
        "notice_key": Keyring.parse,
        "provider_url": unless_empty(is_url),
        "provider_timeout_seconds": between(0.1),
        "concurrency": between(1, 128),
        "poll_seconds": between(0.01),
        "retry_seconds": between(0),
        "longest_retry_seconds": between(0),
        "lease_seconds": between(1),
        "ask_after_seconds": between(0, 3_600),
        "settle_seconds": between(0, 3_600),
        "expiry_grace_hours": between(0, 30 * 24),
        "payer_days": between(30),
        "reconcile_hour": between(0, 23),
        "reconcile_poll_seconds": between(0.01),
        "accounts_per_citizen": between(1),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lease_seconds <= self.provider_timeout_seconds:
            raise ValueError("LEASE_SECONDS has to be longer than PROVIDER_TIMEOUT_SECONDS")

    @property
    def policy(self) -> registration.Policy:
        """Returns the times of the rules."""
        return registration.Policy(
            retry=self.retry_seconds,
            longest_retry=self.longest_retry_seconds,
            lease=self.lease_seconds,
            ask_after=self.ask_after_seconds,
            settle=self.settle_seconds,
        )
