"""Settings of appointments: values that the municipality may change without a new release."""

from dataclasses import dataclass

from appointments.domain.appointments import BookingLimits
from chassis.core.settings import between
from chassis.data.paging import PagingSettings
from chassis.events.inquiry import InquirySettings
from chassis.one_time_codes import OneTimeCodeSettings
from documents.issuing.settings import DocumentSettings

LIMITS = ("holds_per_address", "reads_per_address", "changes_per_address", "reveals_per_caller")


@dataclass(frozen=True, kw_only=True)
class Settings(PagingSettings, OneTimeCodeSettings, InquirySettings, DocumentSettings):
    """`holds_per_address` in ten minutes, which is how long a hold lives; `reads_per_address` and
    `changes_per_address` an hour; many people share the address of a mobile network.
    `open_appointments` of one mobile; `open_with_no_shows` after `no_shows` within `no_show_days`.
    `key_minutes`: how long a key is good that somebody got for a one-time code.
    `reveals_per_caller`: looks of one officer at people's mobiles and ID numbers an hour.
    `person_days`: how long after its day an appointment tells who came."""

    # Officers write on while Kafka is away (ADR 7), as in permits.
    revocation_staleness_seconds: float = 0.0
    holds_per_address: int = 20
    reads_per_address: int = 1_200
    changes_per_address: int = 300
    open_appointments: int = 3
    no_shows: int = 3
    no_show_days: int = 90
    open_with_no_shows: int = 1
    key_minutes: int = 15
    reveals_per_caller: int = 120
    person_days: int = 180

    CHECKS = {
        **dict.fromkeys(LIMITS, between(1)),
        "open_appointments": between(1, 100),
        "no_shows": between(1, 100),
        "no_show_days": between(1, 366),
        "open_with_no_shows": between(0, 100),
        "key_minutes": between(1, 60),
        "person_days": between(91),
    }

    @property
    def booking_limits(self) -> BookingLimits:
        return BookingLimits(
            self.open_appointments, self.no_shows, self.no_show_days, self.open_with_no_shows
        )
