"""The forms in which the registry enters a transaction that arrives, and records what its applicant completed. Pure."""

from collections.abc import Mapping
from typing import Any

from portal.domain.entry_form import EntryField, body_of
from portal.domain.transaction_desk import TEXT_SIGNS

CHANNELS, APPLICANTS = ("counter", "body"), ("person", "establishment", "body")
# Papers stand near the top: the page begins there again with each paper that's attached.
_DOCUMENTS = EntryField("documents", "documents")
FIELDS = (
    EntryField("kind", "choice"),
    _DOCUMENTS,
    EntryField("channel", "radios"),
    EntryField("subject", "text", most=300),
    EntryField("applicant_type", "radios", path="applicant.type"),
    EntryField("applicant_name", most=150, path="applicant.name"),
    EntryField("applicant_number", "code", most=20, path="applicant.number"),
    EntryField("applicant_mobile", "code", most=20, path="applicant.mobile"),
    EntryField("incoming_number", "code", most=40, path="incoming.number"),
    EntryField("incoming_day", "day", path="incoming.day"),
    EntryField("confidential", "radios"),
)
COMPLETION = (_DOCUMENTS, EntryField("text", "text", most=TEXT_SIGNS))


def entered_transaction(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body for the service. A letter of another body goes along only where one is named."""
    body = body_of([one for one in FIELDS if one.name != "confidential"], typed)
    if not body["incoming"]:
        del body["incoming"]
    return {**body, "confidential": typed["confidential"] == "yes"}
