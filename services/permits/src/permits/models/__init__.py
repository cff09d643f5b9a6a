"""Tables of the service: requests, permits and certificates; releases of current."""

from permits.models.certificates import Certificate, Inspection
from permits.models.permits import (
    Base,
    Invoice,
    Permit,
    PermitOwner,
    PermitRequest,
    RequestOwner,
)
from permits.models.releases import PartnerEntry, Release

__all__ = [
    "Base",
    "Certificate",
    "Inspection",
    "Invoice",
    "PartnerEntry",
    "Permit",
    "PermitOwner",
    "PermitRequest",
    "Release",
    "RequestOwner",
]
