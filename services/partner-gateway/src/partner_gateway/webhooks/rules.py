"""Rules of webhooks and their deliveries: states, pauses, rests, and when an address is switched off."""

from datetime import datetime, timedelta
from enum import StrEnum

from chassis.core.actors import SystemActor
from chassis.core.refusals import Conflict

SYSTEM = SystemActor("webhooks", "partner-gateway")
MOST_WEBHOOKS = 5
PORTS = (443, 8443)  # no scanner of others' ports is made of us
OVERLAP = timedelta(hours=24)
PATIENCE = timedelta(days=5)
CHALLENGE_TRIES = 3
GONE = "410"
PASSED = "passed"
# After the first failure, the second, …; the last one holds from then on. In seconds.
PAUSES = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)
# An address that fails so often in a row gets one delivery at a time, with a rest between them.
RESTLESS_FAILURES, LONGEST_REST = 5, timedelta(minutes=5)


class State(StrEnum):
    """The state of a webhook: `off` after five days of failures, `stopped` with its organisation or its grant."""

    PENDING = "pending"
    ACTIVE = "active"
    OFF = "off"
    STOPPED = "stopped"
    REMOVED = "removed"


class Reason(StrEnum):
    """Why a webhook is off or stopped."""

    FAILING = "failing"
    GONE = "gone"
    SUSPENDED = "organisation-suspended"
    GRANT_ENDED = "grant-ended"


class DeliveryState(StrEnum):
    """The state of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhooksFull(Conflict):
    """The organisation has as many webhooks as it may have."""

    problem = "webhooks-full"

    def __init__(self) -> None:
        super().__init__(limit=MOST_WEBHOOKS)


class WebhookRegistered(Conflict):
    """The organisation has a webhook at this address already."""

    problem = "webhook-registered"


class WebhookNotActive(Conflict):
    """The webhook hasn't proved its address, or is switched off or stopped."""

    problem = "webhook-not-active"


class WebhookRemoved(Conflict):
    """The webhook was removed, and can't be changed."""

    problem = "webhook-removed"


def is_taken(outcome: str) -> bool:
    """Returns whether the outcome of an attempt, an HTTP status or why no answer came, is an answer of 2xx."""
    return len(outcome) == 3 and outcome.startswith("2")


def next_attempt(attempts: int, now: datetime) -> datetime:
    """Returns when a delivery is tried again after its `attempts`th failure."""
    return now + timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])


def rest_until(failures: int, now: datetime) -> datetime | None:
    """Returns until when an address rests after so many failures in a row."""
    if failures < RESTLESS_FAILURES:
        return None
    doubled = timedelta(seconds=5 * 2 ** min(failures - RESTLESS_FAILURES, 10))
    return now + min(doubled, LONGEST_REST)


def places(failures: int, most: int) -> int:
    """Returns how many deliveries an address may have in hand at once."""
    return most if failures < RESTLESS_FAILURES else 1


def why_off(outcome: str, failing_since: datetime, now: datetime) -> Reason | None:
    """Returns why a failing address is switched off, or None."""
    if outcome == GONE:
        return Reason.GONE
    return Reason.FAILING if now - failing_since >= PATIENCE else None
