"""How long a certificate is good (one year from issue, a seasonal one to the season's end), and its states."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from chassis.core.refusals import IllegalTransition
from health_certs.domain.professions import Season
from health_certs.domain.rules import Rules
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
ENDING_DAYS = 60  # so long before its last day a certificate counts as one that ends
_NEXT: Mapping[tuple[Status, Action], Status] = {
    (Status.VALID, Action.CANCEL): Status.CANCELLED,
    (Status.VALID, Action.REVOKE): Status.REVOKED,
    (Status.VALID, Action.REPLACE): Status.REPLACED,
    (Status.VALID, Action.TRANSFER): Status.VALID,
}
TITLES: Mapping[str, Mapping[str, str]] = {
    Action.CANCEL: {"ar": "الإلغاء", "en": "cancel"},
    Action.REVOKE: {"ar": "السحب بقرار", "en": "revoke"},
    Action.REPLACE: {"ar": "التجديد", "en": "renew"},
    Action.TRANSFER: {"ar": "تغيير المنشأة", "en": "change the establishment"},
}


class RevocationReason(StrEnum):
    """Why the municipality revokes: a code, and no text, which could say something of a worker's health."""

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
_WIDTH = 20  # of every sealed reason, as of those of requests


def sealed_reason(reason: RevocationReason) -> str:
    """For the sealed column."""
    return f"{reason.value:<{_WIDTH}}"


def opened_reason(text: str | None) -> RevocationReason | None:
    """Of what `sealed_reason` gave."""
    return RevocationReason(text.strip()) if text else None


def advance_in_force(status: str, action: Action, valid_until: date, today: date) -> Status:
    """As `advance`, of a certificate whose last day isn't over. Raises IllegalTransition."""
    if effective(status, valid_until, today) == EXPIRED:
        raise IllegalTransition(action, f"health_certificate_{EXPIRED}")
    return advance(status, action)


def advance(status: str, action: Action) -> Status:
    """The status after the action. Raises IllegalTransition."""
    after = _NEXT.get((Status(status), action))
    if after is None:
        raise IllegalTransition(action, f"health_certificate_{status}")
    return after


def effective(status: str, valid_until: date, today: date) -> str:
    """What a person reads: a valid certificate whose last day is over is expired."""
    return EXPIRED if status == Status.VALID and valid_until < today else status


def is_ending(status: str, valid_until: date, today: date) -> bool:
    """Whether it's time to renew a valid one."""
    is_valid = effective(status, valid_until, today) == Status.VALID
    return is_valid and valid_until <= today + timedelta(days=ENDING_DAYS)


def last_day(issued_on: date, rules: Rules, season: Season | None) -> date:
    """The last valid day."""
    if season is not None:
        return season.ends_on
    return add_years(issued_on, rules.valid_years) - timedelta(days=1)
