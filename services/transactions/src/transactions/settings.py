"""Settings of transactions: its keys, its limits, and how long personal data stay."""

from dataclasses import dataclass

from chassis.access.persons import PersonSettings
from chassis.core.settings import between
from chassis.data.paging import PagingSettings
from chassis.data.sealed import ColumnSettings
from chassis.events.contacts import ContactSettings
from chassis.events.inquiry import InquirySettings
from chassis.files.attachments import FilesSettings
from documents.issuing.settings import DocumentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(
    PagingSettings,
    ColumnSettings,
    ContactSettings,
    InquirySettings,
    FilesSettings,
    PersonSettings,
    DocumentSettings,
):
    """`transaction_days`: how long after its end, or its decision where nobody filed it, a transaction tells its
    subject and who its applicant was. `entries_per_citizen` a day; `changes_per_citizen` and `searches_per_caller` an
    hour."""

    # Officers go on writing while Kafka is away (ADR 7), as in permits.
    revocation_staleness_seconds: float = 0.0
    transaction_days: int = 3_650
    entries_per_citizen: int = 30
    changes_per_citizen: int = 60
    searches_per_caller: int = 600

    CHECKS = {
        "transaction_days": between(1),
        "entries_per_citizen": between(1),
        "changes_per_citizen": between(1),
        "searches_per_caller": between(1),
    }
