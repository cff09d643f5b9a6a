"""Tables of the service, by what they hold."""

from health_certs.models.base import Base
from health_certs.models.certificates import Certificate
from health_certs.models.documents import DocumentKey, SignedDocument
from health_certs.models.educations import Education
from health_certs.models.examinations import Examination
from health_certs.models.known import KnownApplication, KnownLicence
from health_certs.models.lists import RequestList, RequestListRow
from health_certs.models.requests import Invoice, Request

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
