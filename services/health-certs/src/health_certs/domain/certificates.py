"""Certificates: states, reasons of a revocation, and validity (one year from issue; a seasonal certificate to the
season's end)."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from chassis.core.refusals import IllegalTransition
from chassis.core.state_machine import StateMachine
from health_certs.domain.padding import padded_reason
from health_certs.domain.reference import Rules, Season
from saudi.bilingual import Bilingual
from saudi.days import add_years


class Status(StrEnum):
    """`REPLACED`: by a renewal. Expired is computed from the last valid day."""

    VALID = "valid"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    REPLACED = "replaced"


class Action(StrEnum):
    """What is done to a certificate."""

    CANCEL = "cancel"
    REVOKE = "revoke"
    REPLACE = "replace"
    TRANSFER = "transfer"


EXPIRED, ENDING = "expired", "ending"
ENDING_DAYS = 60  # so many days before its last day a certificate counts as ending
_PREFIX = "health_certificate_"
MACHINE = StateMachine[Status, Action](
    {
        Action.CANCEL: {Status.VALID: Status.CANCELLED},
        Action.REVOKE: {Status.VALID: Status.REVOKED},
        Action.REPLACE: {Status.VALID: Status.REPLACED},
        Action.TRANSFER: {Status.VALID: Status.VALID},
    },
    prefix=_PREFIX,
)


def advance_in_force(status: str, action: Action, valid_until: date, today: date) -> Status:
    """Returns the status after the action on a certificate in force. Raises IllegalTransition, also for an expired
    certificate."""
    if effective_status(status, valid_until, today) == EXPIRED:
        raise IllegalTransition(action, f"{_PREFIX}{EXPIRED}")
    return MACHINE.after(action, status)


def effective_status(status: str, valid_until: date, today: date) -> str:
    """Returns the status that a person reads: a valid certificate is expired after its last day."""
    return EXPIRED if status == Status.VALID and valid_until < today else status


def is_ending(status: str, valid_until: date, today: date) -> bool:
    """Returns whether it's time to renew a valid certificate."""
    is_valid = effective_status(status, valid_until, today) == Status.VALID
    return is_valid and valid_until <= today + timedelta(days=ENDING_DAYS)


def last_day(issued_on: date, rules: Rules, season: Season | None) -> date:
    """Returns the last valid day."""
    if season is not None:
        return season.ends_on
    return add_years(issued_on, rules.valid_years) - timedelta(days=1)


class RevocationReason(StrEnum):
    """Why the municipality revokes. The reason is a code: a text could say something about a worker's health."""

    ISSUED_IN_ERROR = "issued-in-error"
    FALSE_PARTICULARS = "false-particulars"
    MISUSED = "misused"
    COURT_ORDER = "court-order"


REASONS: Mapping[RevocationReason, Bilingual] = {
    RevocationReason.ISSUED_IN_ERROR: Bilingual("صدرت بالخطأ", "Issued in error"),
    RevocationReason.FALSE_PARTICULARS: Bilingual("بيانات غير صحيحة", "False particulars"),
    RevocationReason.MISUSED: Bilingual("استعملها غير صاحبها", "Used by somebody else"),
    RevocationReason.COURT_ORDER: Bilingual("حكم أو أمر قضائي", "Order of a court"),
}


def sealed_reason(reason: RevocationReason) -> str:
    """Returns the reason for the sealed column."""
    return padded_reason(reason.value)


def opened_reason(text: str | None) -> RevocationReason | None:
    """Returns the reason of the sealed column."""
    return RevocationReason(text.strip()) if text else None
