"""Operations of the partner gateway, one function per operationId."""

from partner_gateway.api.permits import (
    find_building_permits,
    get_building_permit,
    record_denied,
    search_building_permits,
)
from partner_gateway.api.record import find_accesses, find_permit_accesses
from partner_gateway.api.status import get_quota, get_status

__all__ = [
    "find_accesses",
    "find_building_permits",
    "find_permit_accesses",
    "get_building_permit",
    "get_quota",
    "get_status",
    "record_denied",
    "search_building_permits",
]
