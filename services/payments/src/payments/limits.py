"""Limits of citizens, over all processes."""

from chassis.access.quotas import Policy
from payments.settings import Settings

HOUR = 3_600


def accounts_of_citizen(settings: Settings) -> Policy:
    """Accounts for refunds that one person gives."""
    return Policy("accounts-of-citizen", settings.accounts_per_citizen, HOUR)
