"""Settings of licences: keys, the outside bodies, and times that a test or an operator shortens."""

from dataclasses import dataclass

from chassis.access.persons import PersonSettings
from chassis.core.outgoing import OutgoingSettings
from chassis.core.settings import between, is_url, unless_empty
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
    OutgoingSettings,
    PersonSettings,
    DocumentSettings,
):
    """`submission_key` opens what the partner gateway took; `licence_data_key` seals what the gateway may show. Only
    the gateway shares both.

    `outside_bodies_url`: of the civil register, the commercial register, the lease register, the civil defence and
    the engineers' register; without it nobody is asked, and only an officer can verify. `inquiries_per_address` an
    hour, `inquiries_per_number` an hour from one address, `inquiries_per_number_anywhere` from all addresses,
    `register_reads_per_address` a minute: for people without an account. `applications_per_citizen` a day.
    `personal_days`: how long personal data are kept after the end.
    """

    # Officers write on while Kafka is away (ADR 7), as in permits.
    revocation_staleness_seconds: float = 0.0
    submission_key: str
    licence_data_key: str
    outside_bodies_url: str = ""
    outside_timeout_seconds: float = 5.0
    outside_concurrency: int = 8
    outside_poll_seconds: float = 1.0
    outside_again_seconds: float = 3_600.0
    inquiries_per_address: int = 120
    inquiries_per_number: int = 10
    inquiries_per_number_anywhere: int = 100
    register_reads_per_address: int = 120
    applications_per_citizen: int = 50
    personal_days: int = 1_825

    CHECKS = {
        "submission_key": Keyring.parse,
        "licence_data_key": Keyring.parse,
        "inquiries_per_address": between(1),
        "inquiries_per_number": between(1),
        "inquiries_per_number_anywhere": between(1),
        "register_reads_per_address": between(1),
        "applications_per_citizen": between(1),
        "personal_days": between(1),
        "outside_bodies_url": unless_empty(is_url),
        "outside_timeout_seconds": between(0.1, 60),
        "outside_concurrency": between(1, 64),
        "outside_poll_seconds": between(0.01),
        "outside_again_seconds": between(0.1),
    }
