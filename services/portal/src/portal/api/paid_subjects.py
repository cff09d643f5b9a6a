"""What a bill is for, in words."""

from collections.abc import Mapping
from typing import Any

from pages.site import Visit

_KNOWN = frozenset(
    ("licence_application", "violation", "permit_request", "health_request", "lease_booklet")
)


def subject_words(subject: Mapping[str, Any], visit: Visit) -> str:
    """Returns the kind of thing for which a bill is. A service may bill for a thing that isn't known here."""
    name = subject["type"] if subject["type"] in _KNOWN else "other"
    return str(visit.text(f"money_subject_{name}"))
