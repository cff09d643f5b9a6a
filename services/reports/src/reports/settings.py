"""Settings of reports: values that the municipality may change without a new release."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.access.persons import PersonSettings
from chassis.core.outgoing import OutgoingSettings
from chassis.core.settings import between
from chassis.data.paging import PagingSettings
from chassis.data.sealed import ColumnSettings
from chassis.events.contacts import ContactSettings
from chassis.events.inquiry import InquirySettings
from chassis.files.attachments import FilesSettings
from reports.domain.reports import Reopening


@dataclass(frozen=True, kw_only=True)
class Settings(
    PagingSettings,
    ColumnSettings,
    ContactSettings,
    InquirySettings,
    FilesSettings,
    PersonSettings,
    OutgoingSettings,
):
    """`reopening_days`: how long after its closing a report may be reopened, at most `reopenings` times.
    `reporter_days`: how long after its end a report tells who its reporter was.
    `public_reports_per_address` and `inquiries_per_address` an hour, `public_reports_per_mobile` a day,
    `inquiries_per_number` an hour from one address, and `inquiries_per_number_anywhere` from all together: of people
    without an account.
    `open311_jurisdiction`: the `jurisdiction_id` that callers of Open311 may name. `open311_requests_per_key` and
    `open311_reads_per_address` a minute, `open311_updates_per_report` a day of one key.
    `duplicate_metres`: within which distance a report of the same category is suggested as the main one."""

    # Officers write on while Kafka is away (ADR 7), as in permits.
    revocation_staleness_seconds: float = 0.0
    reopening_days: int = 5
    reopenings: int = 2
    reporter_days: int = 730
    duplicate_metres: int = 250
    public_reports_per_address: int = 60
    public_reports_per_mobile: int = 10
    inquiries_per_address: int = 120
    inquiries_per_number: int = 10
    inquiries_per_number_anywhere: int = 100
    open311_jurisdiction: str = "qatif.gov.sa"
    open311_requests_per_key: int = 1_200
    open311_reads_per_address: int = 600
    open311_updates_per_report: int = 50

    CHECKS = {
        "reopening_days": between(1, 90),
        "reopenings": between(0, 100),
        "reporter_days": between(1),
        "duplicate_metres": between(1, 5_000),
        "open311_requests_per_key": between(1),
        "open311_reads_per_address": between(1),
        "public_reports_per_address": between(1),
        "public_reports_per_mobile": between(1),
        "inquiries_per_address": between(1),
        "inquiries_per_number": between(1),
        "inquiries_per_number_anywhere": between(1),
        "open311_updates_per_report": between(1),
    }

    @property
    def reopening(self) -> Reopening:
        return Reopening(timedelta(days=self.reopening_days), self.reopenings)
