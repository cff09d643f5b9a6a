"""Settings of permits: values that the municipality may change without a new release."""

from dataclasses import dataclass

from chassis.access.persons import PersonSettings
from chassis.core.settings import between
from chassis.data.paging import PagingSettings
from chassis.data.sealed import SealingSettings
from chassis.events.contacts import ContactSettings
from chassis.events.inquiry import InquirySettings
from chassis.events.invoices import InvoiceSettings
from chassis.files.attachments import FilesSettings
from documents.issuing.settings import DocumentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(
    PagingSettings,
    SealingSettings,
    ContactSettings,
    InquirySettings,
    InvoiceSettings,
    FilesSettings,
    DocumentSettings,
    PersonSettings,
):
    """Whole years; `insulation_validity_years` 0 means that an insulation certificate doesn't end."""

    # Officers write on while Kafka is away (ADR 7): identity gives a revoked person no new token, the old one ends by
    # itself within five minutes.
    revocation_staleness_seconds: float = 0.0
    permit_validity_years: int = 3
    import_rest: float = 1.0
    insulation_validity_years: int = 0

    CHECKS = {
        "import_rest": between(0),
        "permit_validity_years": between(1),
        "insulation_validity_years": between(0),
    }
