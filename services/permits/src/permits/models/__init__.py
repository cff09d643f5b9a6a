"""Tables of the service: requests, their fees, permits, certificates with their documents, releases, appeals."""

from permits.models.appeals import Appeal
from permits.models.certificates import Certificate, Inspection
from permits.models.documents import DocumentKey, PermitDocument, SignedDocument
from permits.models.fees import AmountProposal
from permits.models.files import AttachedFile
from permits.models.imports import ImportFile, ImportPiece, ImportRow, PermitImport
from permits.models.papers import RequestPaper
from permits.models.people import PersonSearch, PersonSought
from permits.models.permits import (
    Base,
    Invoice,
    Permit,
    PermitNamePart,
    PermitOwner,
    PermitRequest,
    RequestNamePart,
    RequestOwner,
)
from permits.models.releases import PartnerEntry, Release

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
    "PermitDocument",
    "PermitImport",
    "PermitNamePart",
    "PermitOwner",
    "PermitRequest",
    "PersonSearch",
    "PersonSought",
    "Release",
    "RequestNamePart",
    "RequestOwner",
    "RequestPaper",
    "SignedDocument",
]
