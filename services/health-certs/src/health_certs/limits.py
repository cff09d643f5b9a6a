"""Which of the chassis' quotas hold for applicants."""

from chassis.access.quotas import Policy
from health_certs.settings import Settings

HOUR, DAY = 3_600, 86_400


def requests_of_citizen(settings: Settings) -> Policy:
    """Requests that one person sends."""
    return Policy("requests-of-citizen", settings.requests_per_citizen, DAY, step=HOUR)


def uploads_of_caller(settings: Settings) -> Policy:
    """Photos that somebody sends."""
    return Policy("uploads-of-caller", settings.uploads_per_caller, HOUR)
