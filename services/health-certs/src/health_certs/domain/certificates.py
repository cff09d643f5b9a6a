"""Certificates: states, reasons of a revocation, and validity (one year from issue; a seasonal certificate to the
season's end)."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict, IllegalTransition
from chassis.core.state_machine import StateMachine
from health_certs.domain.examinations import padded_reason
from health_certs.domain.reference import Rules, Season
from saudi.bilingual import Bilingual
from saudi.days import add_years
from saudi.ids import mask_id


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
    CLEAR = "clear"


EXPIRED, ENDING = "expired", "ending"
ENDING_DAYS = 60  # so many days before its last day a certificate counts as ending
_PREFIX = "health_certificate_"
MACHINE = StateMachine[Status, Action](
    {
        Action.CANCEL: {Status.VALID: Status.CANCELLED},
        # A worker who cancels in time doesn't escape the revocation, which keeps him from another certificate.
        Action.REVOKE: dict.fromkeys((Status.VALID, Status.CANCELLED), Status.REVOKED),
        Action.REPLACE: {Status.VALID: Status.REPLACED},
        Action.TRANSFER: {Status.VALID: Status.VALID},
        Action.CLEAR: {Status.REVOKED: Status.REVOKED},
    },
    prefix=_PREFIX,
)


def advance_in_force(status: str, action: Action, valid_until: date, today: date) -> Status:
    """Returns the status after the action. Raises IllegalTransition, also for a certificate after its last day."""
    if valid_until < today:
        raise IllegalTransition(action, _PREFIX + effective_status(status, valid_until, today))
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


class ClearanceReason(StrEnum):
    """Why the municipality lets a worker have another certificate after a revocation."""

    REVOKED_IN_ERROR = "revoked-in-error"
    CAUSE_ENDED = "cause-ended"
    ORDER_LIFTED = "order-lifted"


class VoidReason(StrEnum):
    """Why the municipality voids a pass of health education."""

    FALSE = "false-pass"
    ENTERED_IN_ERROR = "entered-in-error"


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


# The signed document of a certificate: when a certificate has one, its content, and its state today.
KIND = "health_certificate"  # as a document's code names it
VALID, CANCELLED, REPLACED = "valid", "cancelled", "replaced"
STATES: Mapping[str, Bilingual] = {
    VALID: Bilingual("سارية", "Valid"),
    EXPIRED: Bilingual("منتهية", "Expired"),
    CANCELLED: Bilingual("ملغاة", "Cancelled"),
    REPLACED: Bilingual("حلت محلها شهادة مجددة", "Replaced by a renewed certificate"),
}
_OF_STATUS: Mapping[Status, str] = {
    Status.VALID: VALID,
    Status.CANCELLED: CANCELLED,
    Status.REVOKED: CANCELLED,
    Status.REPLACED: REPLACED,
}


class NotInForce(Conflict):
    """Only a certificate in force has a document."""

    problem = "health-certificate-not-in-force"

    def __init__(self, state: str) -> None:
        words = STATES[state]
        super().__init__(status={"ar": words.ar, "en": words.en.lower()})


def state_of(status: str) -> str:
    """Returns a certificate's state for people who are shown the document, without regard to the last day. A revoked
    certificate counts as cancelled: who cancelled, and why, is between the worker and the municipality."""
    return _OF_STATUS[Status(status)]


def state_today(status: str, valid_until: date, today: date) -> str:
    """Returns the state on a day."""
    state = state_of(status)
    return EXPIRED if state == VALID and valid_until < today else state


def shown_name(name: Mapping[str, str | None]) -> str:
    """Returns the Arabic name, or else the English name."""
    return name["ar"] or name["en"] or ""


def content_of(
    certificate: Mapping[str, Any],
    trade_name: str | None,
    profession: Bilingual,
    nationality: Bilingual,
) -> dict[str, Any]:
    """Returns what is printed of a recorded certificate, as JSON values. The holder's number is masked: the rest is
    enough to compare with an ID, and useless to the finder of the paper."""
    worker = certificate["worker"]
    names = ("certificate_no", "municipality", "issued_on", "valid_until")
    return {
        **{name: certificate[name] for name in names},
        "seasonal": certificate["season"] is not None,
        "profession": profession.pair(),
        "worker": {
            "name": dict(worker["name"]),
            "id_number": mask_id(worker["id_number"]),
            "nationality": nationality.pair(),
            "birth_year": worker["birth_date"][:4],
        },
        "establishment": {
            "trade_name": trade_name,
            "licence_no": certificate["licence_no"],
            "unified_number": certificate["establishment"],
        },
    }
