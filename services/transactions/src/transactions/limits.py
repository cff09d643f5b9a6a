"""Limits of citizens and officers, over all processes."""

from chassis.access.quotas import Policy
from transactions.settings import Settings

HOUR, DAY = 3_600, 86_400


def entries_of_citizen(settings: Settings) -> Policy:
    """Transactions that one person enters."""
    return Policy("entries-of-citizen", settings.entries_per_citizen, DAY, step=HOUR)


def changes_of_citizen(settings: Settings) -> Policy:
    """Answers and withdrawals of one person: each is an event."""
    return Policy("changes-of-citizen", settings.changes_per_citizen, HOUR)


def searches_of_caller(settings: Settings) -> Policy:
    """Searches for an applicant by number, and looks at applicants."""
    return Policy("searches-of-caller", settings.searches_per_caller, HOUR)
