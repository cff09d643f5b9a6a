"""Tables of the service, by what they hold."""

from licences.models.applications import (
    Activity,
    Application,
    Ask,
    Draft,
    Fact,
    Inspection,
    Invoice,
    Licence,
    Remark,
)
from licences.models.base import Base
from licences.models.documents import DocumentKey, SignedDocument
from licences.models.other_services import KnownHealthCertificate, KnownPermit
from licences.models.rules import RuleVersion
from licences.models.violations import FineInvoice, Objection, Violation

__all__ = [
    "Activity",
    "Application",
    "Ask",
    "Base",
    "DocumentKey",
    "Draft",
    "Fact",
    "FineInvoice",
    "Inspection",
    "Invoice",
    "KnownHealthCertificate",
    "KnownPermit",
    "Licence",
    "Objection",
    "Remark",
    "RuleVersion",
    "SignedDocument",
    "Violation",
]
