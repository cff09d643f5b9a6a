"""Signing keys: the next is published before it signs, the last until every token that it signed has expired."""

from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.errors import SigningKeyTooYoung

ALGORITHM = "PS256"
OVERLAP = timedelta(hours=24)


class KeyStatus(StrEnum):
    """next: published, doesn't sign yet. active: signs. retired: published for the tokens that it signed."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


class RotationReason(StrEnum):
    """Why keys are rotated; a compromised key isn't published a moment longer."""

    SCHEDULED = "scheduled"
    COMPROMISED = "compromised"


def check_rotation(reason: str, next_created_at: datetime, now: datetime) -> None:
    """Raises SigningKeyTooYoung when a scheduled rotation would sign with a key that some service hasn't fetched."""
    ready_at = next_created_at + OVERLAP
    if reason == RotationReason.SCHEDULED and now < ready_at:
        raise SigningKeyTooYoung(ready_at)


def published_until(reason: str, now: datetime) -> datetime:
    """Until when the key that stops signing now stays in the published set."""
    return now if reason == RotationReason.COMPROMISED else now + OVERLAP
