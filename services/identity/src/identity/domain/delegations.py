"""Acting for an establishment: who may say so, and for how long."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.errors import InvalidRegistration, NotTheOwner
from identity.domain.tokens import LIFETIME_SECONDS

LONGEST = timedelta(days=366)
# What the commercial register said counts for so long, since it tells nobody when an establishment is sold.
OWNER_LASTS = timedelta(days=30)
MOST_OF_ONE = 100
# A day, of one person by one owner, whatever the establishment.
NAMINGS_PER_DELEGATE = 3
# A token outlives no delegation that it names: its own life, and what verifiers allow for their clocks.
TOKENS_END = timedelta(seconds=LIFETIME_SECONDS + 10)


class Basis(StrEnum):
    """Why a person may act for an establishment."""

    OFFICER = "officer"  # an officer saw the proof
    OWNER = "owner"  # its owner, whom the commercial register names, said so
    REGISTER = "register"  # the commercial register names the person as the owner


def check_until(until: datetime, now: datetime) -> None:
    """Raises InvalidRegistration for an end that's past, or further than a year ahead."""
    if until <= now:
        raise InvalidRegistration.of("until", "in-the-past")
    if until > now + LONGEST:
        raise InvalidRegistration.of("until", "too-far-ahead")


def check_owner(id_number: str, owners: Collection[str]) -> None:
    """Raises NotTheOwner, also for an establishment that there isn't: nobody learns whose it is by asking."""
    if id_number not in owners:
        raise NotTheOwner


def check_delegate(owner: str, delegate: str) -> None:
    """Nobody names himself: an owner acts by the commercial register's word, anybody else by somebody else's.

    Raises InvalidRegistration.
    """
    if owner == delegate:
        raise InvalidRegistration.of("delegate.id_number", "names-himself")


def counts_until(now: datetime) -> datetime:
    """What ends later than this goes into a token that's signed now."""
    return now + TOKENS_END
