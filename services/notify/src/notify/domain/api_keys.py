"""Keys by which other systems of the municipality send: their text, and the kinds that there are.

A key's text ends in the service's UUID, a hyphen and the key's secret, a UUID too; clients of GOV.UK Notify take it
apart from its end, and sign each request with the secret.
"""

import re
from enum import StrEnum

from chassis.core.refusals import Conflict

_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")


class Kind(StrEnum):
    """A key of the kind `test` is answered like another one, and nothing is sent for it."""

    NORMAL = "normal"
    TEST = "test"


class KeyIsWithdrawn(Conflict):
    """A key that was withdrawn stays so."""

    problem = "key-is-withdrawn"


def key_text(name: str, service_id: str, secret: str) -> str:
    """What its owner is shown, once: `name-<service>-<secret>`."""
    slug = _NOT_IN_NAMES.sub("_", name.casefold()).strip("_") or "key"
    return f"{slug}-{service_id}-{secret}"


class ApiServiceNameTaken(Conflict):
    """Two systems have two names."""

    problem = "api-service-name-taken"


class ApiKeyNameTaken(Conflict):
    """Two keys of a system that are in use have two names."""

    problem = "api-key-name-taken"


class NoCallback(Conflict):
    """The system has no address for receipts."""

    problem = "no-callback"
