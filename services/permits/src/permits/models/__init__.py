"""Tables of the service: requests, permits, certificates with their documents, releases, appeals, imports."""

from permits.models.base import Base
from permits.models.certificates import Certificate, Inspection, PartnerEntry, Release
from permits.models.documents import AttachedFile, DocumentKey, PermitDocument, SignedDocument
from permits.models.imports import ImportFile, ImportPiece, ImportRow, PermitImport
from permits.models.people import PersonSearch, PersonSought
from permits.models.permits import Permit, PermitAgentPart, PermitNamePart, PermitOwner
from permits.models.requests import (
    AmountProposal,
    Appeal,
    Invoice,
    PermitRequest,
    RequestAgentPart,
    RequestNamePart,
    RequestOwner,
    RequestPaper,
)

__all__ = [
    "AmountProposal",
    "Appeal",
    "AttachedFile",
    "Base",
    "Certificate",
    "DocumentKey",
    "ImportFile",
    "ImportPiece",
    "ImportRow",
    "Inspection",
    "Invoice",
    "PartnerEntry",
    "Permit",
    "PermitAgentPart",
    "PermitDocument",
    "PermitImport",
    "PermitNamePart",
    "PermitOwner",
    "PermitRequest",
    "PersonSearch",
    "PersonSought",
    "Release",
    "RequestAgentPart",
    "RequestNamePart",
    "RequestOwner",
    "RequestPaper",
    "SignedDocument",
]
