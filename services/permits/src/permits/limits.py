"""Which of the chassis' quotas hold for whom: looks at documents without an account."""

from collections.abc import Mapping, Sequence

from chassis.access.quotas import Policy
from documents.issuing import limits as documents
from permits.settings import Settings


def of_address(settings: Settings) -> Mapping[str, Sequence[Policy]]:
    """Returns the limits of one address by operation."""
    return documents.of_address(settings)
