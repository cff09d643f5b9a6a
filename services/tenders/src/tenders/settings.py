"""Settings of tenders: values that the municipality may change without a new release."""

from dataclasses import dataclass

from chassis.core.settings import between
from chassis.data.paging import PagingSettings
from chassis.events.inquiry import InquirySettings
from chassis.events.invoices import InvoiceSettings
from chassis.files.attachments import FilesSettings
from chassis.one_time_codes import OneTimeCodeSettings
from tenders.domain.leases import SigningTerm

LIMITS = ("reads_per_address", "changes_per_address", "questions_per_address")


@dataclass(frozen=True, kw_only=True)
class Settings(
    PagingSettings, OneTimeCodeSettings, InquirySettings, InvoiceSettings, FilesSettings
):
    """`ocid_prefix`: begins the identifier of every contracting process. `silent_days`: the winner of a lease signs
    within so many days. `record_days`: so many days later the clock cancels the award without a contract.
    `follower_days`: how long after its settlement a tender or lease knows its followers, the buyers of its booklet and
    the questions as they were asked. `booklet_bill_days`: how long the bill of a booklet can be paid, at most until the
    day of the deadline for bids. Limits of an address an hour: `reads_per_address`, `changes_per_address`,
    `questions_per_address`; many people share the address of a mobile network."""

    # Officers write on while Kafka is away (ADR 7), as in permits.
    revocation_staleness_seconds: float = 0.0
    ocid_prefix: str = "ocds-qatif0"
    silent_days: int = 30
    record_days: int = 7
    follower_days: int = 30
    booklet_bill_days: int = 5
    reads_per_address: int = 1_200
    changes_per_address: int = 300
    questions_per_address: int = 20

    CHECKS = {
        "silent_days": between(1, 366),
        "record_days": between(0, 60),
        "follower_days": between(1),
        "booklet_bill_days": between(1, 60),
        **dict.fromkeys(LIMITS, between(1)),
    }

    @property
    def signing_term(self) -> SigningTerm:
        return SigningTerm(self.silent_days, self.record_days)
