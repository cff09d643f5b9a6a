"""Settings of health-certs: its keys, and the limits of those who apply."""

from dataclasses import dataclass

from chassis.access.persons import PersonSettings
from chassis.core.settings import between
from chassis.data.paging import PagingSettings
from chassis.data.sealed import ColumnSettings
from chassis.data.sealing import Keyring
from chassis.events.contacts import ContactSettings
from chassis.events.inquiry import InquirySettings
from chassis.events.invoices import InvoiceSettings
from chassis.files.attachments import FilesSettings
from documents.issuing.settings import DocumentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(
    PagingSettings,
    ColumnSettings,
    ContactSettings,
    InquirySettings,
    InvoiceSettings,
    FilesSettings,
    PersonSettings,
    DocumentSettings,
):
    """`examination_key` seals what the partner gateway needs of a worker, and what a medical centre entered; only the
    gateway has the key too. A day: `requests_per_citizen`, `lists_per_citizen`. An hour: `changes_per_citizen`
    of requests and certificates, `searches_per_caller` by ID number, `exports_per_citizen`, and `verifications_per_…`
    of people without an account."""

    # Officers go on writing while Kafka is away (ADR 7), as in permits.
    revocation_staleness_seconds: float = 0.0
    examination_key: str
    requests_per_citizen: int = 600
    lists_per_citizen: int = 50
    changes_per_citizen: int = 300
    searches_per_caller: int = 600
    exports_per_citizen: int = 60
    verifications_per_address: int = 600
    verifications_per_number: int = 10
    verifications_per_number_anywhere: int = 100

    CHECKS = {
        "examination_key": Keyring.parse,
        "requests_per_citizen": between(1),
        "lists_per_citizen": between(1),
        "changes_per_citizen": between(1),
        "searches_per_caller": between(1),
        "exports_per_citizen": between(1),
        "verifications_per_address": between(1),
        "verifications_per_number": between(1),
        "verifications_per_number_anywhere": between(1),
    }
