"""How long a certificate is good (one year from issue, a seasonal one to the season's end), and its states."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from chassis.core.refusals import IllegalTransition
from health_certs.domain.professions import Season
from health_certs.domain.rules import Rules
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


EXPIRED = "expired"
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


def advance(status: str, action: Action) -> Status:
    """The status after the action. Raises IllegalTransition."""
    after = _NEXT.get((Status(status), action))
    if after is None:
        raise IllegalTransition(action, f"health_certificate_{status}")
    return after


def effective(status: str, valid_until: date, today: date) -> str:
    """What a person reads: a valid certificate whose last day is over is expired."""
    return EXPIRED if status == Status.VALID and valid_until < today else status


def last_day(issued_on: date, rules: Rules, season: Season | None) -> date:
    """The last valid day."""
    if season is not None:
        return season.ends_on
    return add_years(issued_on, rules.valid_years) - timedelta(days=1)
