"""The quotas of systems with a key, and of one-time codes."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.access.quotas import Demand, LimitReached, Policy
from chassis.core.refusals import Refusal
from notify.commands.notifications import Sender
from notify.context import Call
from notify.domain.notifications import DayExceeded, RateExceeded
from notify.settings import Settings

MINUTE, HOUR, DAY = 60, 3_600, 86_400
RIYADH = 3 * HOUR  # a day begins in Riyadh three hours earlier than in UTC


@contextmanager
def charge_message(call: Call, sender: Sender) -> Iterator[None]:
    """Charges a system one request of the minute and one message of the day. A refused request gives the message back.
    Test keys have separate limits. Raises RateExceeded and DayExceeded.

    Quotas use transactions of their own, so they're charged before the request's transaction begins.
    """
    minute = Policy(f"notify-{sender.kind}-minute", sender.rate_per_minute, MINUTE, step=1)
    day = Policy(f"notify-{sender.kind}-day", sender.messages_per_day, DAY, offset=RIYADH)
    try:
        call.charge(Demand(minute, sender.service_id), Demand(day, sender.service_id))
    except LimitReached as reached:
        if reached.code == minute.name:
            raise RateExceeded(sender.kind, minute.limit, MINUTE, reached.retry_after) from None
        raise DayExceeded(day.limit, reached.retry_after) from None
    try:
        yield
    except Refusal:
        call.quotas.give_back(day, sender.service_id, 1, now=call.now.timestamp())
        raise


def charge_code(call: Call, mobile_key: str, address: str | None) -> None:
    """Charges a mobile and an address one code. Raises LimitReached."""
    again, hour, day, of_address = code_policies(call.settings)
    demands = [Demand(policy, mobile_key) for policy in (again, hour, day)]
    if address is not None:
        demands.append(Demand(of_address, address))
    call.charge(*demands)


def charge_try(call: Call, mobile_key: str) -> None:
    """Charges a mobile one try of the hour, for all callers together. Each code has its own few tries too. Raises
    LimitReached."""
    policy = Policy("code-tries", call.settings.code_tries_per_hour, HOUR, step=MINUTE)
    call.charge(Demand(policy, mobile_key))


def code_policies(settings: Settings) -> tuple[Policy, Policy, Policy, Policy]:
    """Returns the limits of a mobile (between two codes, in an hour, in a day) and of an address (in an hour)."""
    return (
        Policy("code-again", 1, settings.code_again_seconds, step=1),
        Policy("codes-in-hour", settings.codes_per_hour, HOUR, step=MINUTE),
        Policy("codes-in-day", settings.codes_per_day, DAY, step=HOUR),
        Policy("codes-of-address", settings.codes_per_address, HOUR, step=MINUTE),
    )
