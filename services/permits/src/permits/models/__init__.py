"""Tables of the service: requests, their fees, permits and certificates with their documents; releases of current."""

from permits.models.certificates import Certificate, Inspection
from permits.models.documents import DocumentKey, SignedDocument
from permits.models.fees import AmountProposal
from permits.models.permits import (
    Base,
    Invoice,
    Permit,
    PermitNamePart,
    PermitOwner,
    PermitRequest,
    PersonSearch,
    RequestNamePart,
    RequestOwner,
)
from permits.models.releases import PartnerEntry, Release

__all__ = [
    "AmountProposal",
    "Base",
    "Certificate",
    "DocumentKey",
    "Inspection",
    "Invoice",
    "PartnerEntry",
    "Permit",
    "PermitNamePart",
    "PermitOwner",
    "PermitRequest",
    "PersonSearch",
    "Release",
    "RequestNamePart",
    "RequestOwner",
    "SignedDocument",
]
