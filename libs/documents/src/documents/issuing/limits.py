"""Limits of those who ask about documents without an account, by address."""

from chassis.access.quotas import Policy
from documents.issuing.settings import DocumentSettings

MINUTE = 60
OPERATIONS = (
    *("list_document_keys", "get_document_revocations", "look_up_document"),
    *("verify_document_code", "show_document"),
)


def of_address(settings: DocumentSettings) -> dict[str, list[Policy]]:
    """Operation → the limits of one address."""
    reads = [Policy("documents-of-address", settings.document_reads_per_address, MINUTE, step=1)]
    return dict.fromkeys(OPERATIONS, reads)
