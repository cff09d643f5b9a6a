"""Settings of notify: keys, the two providers, and times that a test or an operator shortens."""

from dataclasses import dataclass

from chassis.access.persons import PersonSettings
from chassis.core.outgoing import OutgoingSettings
from chassis.core.settings import between, is_key, is_url, unless_empty
from chassis.data.paging import PagingSettings
from chassis.data.sealed import ColumnSettings
from chassis.events.contacts import ContactSettings
from notify.domain import breaker, sending
from notify.domain.floods import Caps
from saudi.sms import parse_sender

_COUNTS = (
    *("code_tries_per_hour", "code_again_seconds", "codes_per_hour", "codes_per_day"),
    *("codes_per_address", "texts_to_mobile_per_day", "texts_per_day"),
)


@dataclass(frozen=True, kw_only=True)
class Settings(PagingSettings, ColumnSettings, ContactSettings, PersonSettings, OutgoingSettings):
    """A provider without a URL isn't used. `…_queried`: the provider can be queried by reference; `…_once`: the
    provider takes a reference once. No provider documents either ability: the contract with the provider has to. The
    provider sends `…_receipt_key` with its receipts.

    Times are in seconds; `notify.domain.sending.Policy` explains them.
    """

    # Sending needs no token, so texts go out while Kafka or identity is away.
    revocation_staleness_seconds: float = 0.0
    reports_public_url: str = "http://localhost:8004"
    appointments_public_url: str = "http://localhost:8010"
    tenders_public_url: str = "http://localhost:8012"
    portal_public_url: str = "http://localhost:8011"
    sender: str = "QatifMun"
    unifonic_url: str = ""
    unifonic_app_sid: str = ""
    unifonic_receipt_key: str
    unifonic_queried: bool = False
    unifonic_once: bool = False
    taqnyat_url: str = ""
    taqnyat_token: str = ""
    taqnyat_receipt_key: str
    taqnyat_queried: bool = False
    taqnyat_once: bool = False
    provider_timeout_seconds: float = 5.0
    sending_concurrency: int = 16
    sending_poll_seconds: float = 1.0
    retry_seconds: float = 300.0
    retries: int = 48
    lease_seconds: float = 60.0
    ask_after_seconds: float = 5.0
    settle_seconds: float = 30.0
    receipt_wait_seconds: float = 120.0
    patience_seconds: float = 72 * 3_600.0
    breaker_failures: int = 5
    breaker_probe_seconds: float = 5.0
    unknown_receipt_days: int = 30
    information_days: int = 90
    notice_days: int = 5 * 365
    confirmed_mobile_days: int = 2 * 365
    link_domains: str = "qatif.gov.sa"
    callback_timeout_seconds: float = 5.0
    callback_retries: int = 5
    callback_retry_seconds: float = 300.0
    callback_poll_seconds: float = 1.0
    code_seconds: int = 300
    code_tries: int = 5
    code_tries_per_hour: int = 30
    code_again_seconds: int = 60
    codes_per_hour: int = 5
    codes_per_day: int = 10
    codes_per_address: int = 20
    texts_to_mobile_per_day: int = 30
    texts_per_day: int = 100_000

    CHECKS = {
        "reports_public_url": is_url,
        "appointments_public_url": is_url,
        "tenders_public_url": is_url,
        "portal_public_url": is_url,
        "sender": parse_sender,
        "unifonic_url": unless_empty(is_url),
        "unifonic_receipt_key": is_key,
        "taqnyat_url": unless_empty(is_url),
        "taqnyat_receipt_key": is_key,
        "provider_timeout_seconds": between(0.1),
        "sending_concurrency": between(1, 256),
        "sending_poll_seconds": between(0.01),
        "retry_seconds": between(0),
        "retries": between(0),
        "lease_seconds": between(1),
        "ask_after_seconds": between(0, 3_600),
        "settle_seconds": between(0, 3_600),
        "receipt_wait_seconds": between(0, 86_400),
        "patience_seconds": between(60, 30 * 86_400),
        "breaker_failures": between(1),
        "breaker_probe_seconds": between(0.1),
        "unknown_receipt_days": between(1),
        "information_days": between(1),
        "notice_days": between(1),
        "confirmed_mobile_days": between(1),
        "callback_timeout_seconds": between(0.1, 30),
        "callback_retries": between(0),
        "callback_retry_seconds": between(0),
        "callback_poll_seconds": between(0.01),
        "code_seconds": between(30, 3_600),
        "code_tries": between(1, 10),
        **dict.fromkeys(_COUNTS, between(1)),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lease_seconds <= self.provider_timeout_seconds:
            raise ValueError("LEASE_SECONDS has to be longer than PROVIDER_TIMEOUT_SECONDS")

    @property
    def link_hosts(self) -> tuple[str, ...]:
        """The hosts to which a text may link, with their subdomains."""
        return tuple(one.strip().lower() for one in self.link_domains.split(",") if one.strip())

    @property
    def caps(self) -> Caps:
        """The caps of a day."""
        return Caps(
            to_mobile=self.texts_to_mobile_per_day,
            in_all=self.texts_per_day,
        )

    @property
    def sending(self) -> sending.Policy:
        """The times of the rules."""
        return sending.Policy(
            retry=self.retry_seconds,
            retries=self.retries,
            lease=self.lease_seconds,
            ask_after=self.ask_after_seconds,
            settle=self.settle_seconds,
            receipt_wait=self.receipt_wait_seconds,
            patience=self.patience_seconds,
        )

    @property
    def breaker(self) -> breaker.Policy:
        """When a breaker opens, and when an open breaker is probed."""
        return breaker.Policy(
            failures=self.breaker_failures, probe_seconds=self.breaker_probe_seconds
        )
