"""The tables of the service."""

from health_certs.models.base import Base
from health_certs.models.certificates import Certificate, DocumentKey, SignedDocument
from health_certs.models.examinations import Education, Examination
from health_certs.models.licences import KnownApplication, KnownLicence
from health_certs.models.requests import Invoice, Request, RequestList, RequestListRow

__all__ = [
    "Base",
    "Certificate",
    "DocumentKey",
    "Education",
    "Examination",
    "Invoice",
    "KnownApplication",
    "KnownLicence",
    "Request",
    "RequestList",
    "RequestListRow",
    "SignedDocument",
]
