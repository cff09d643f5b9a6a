"""Documents: printed for the staff, verified by anybody."""

import uuid
from typing import Any

from chassis.core.refusals import NotFound
from chassis.core.states import Words, state
from chassis.core.times import rfc3339
from documents.encoding import from_text, to_text
from documents.revocations import RevocationList
from documents.statements import Statement
from documents.verifying import WORDS, Reason, verify
from licences import pages
from licences.api.edge import Body, View
from licences.api.papers import printed
from licences.context import Call
from licences.models import SignedDocument
from licences.queries import licences, signed_documents
from licences.queries.signed_documents import Verified
from saudi.days import legal_day
from saudi.formats import with_hijri

FileAnswer = tuple[bytes, int, dict[str, str]]
_DAYS = frozenset(("issued_on", "expires_on"))
# What a document may be beside the states of its licence.
_OTHER = {
    "replaced": Words("حلت محلها وثيقة أحدث", "Replaced by a newer document"),
    "revoked_key": Words("مفتاح التوقيع ملغى", "The signing key was revoked"),
}


def get_licence_document(call: Call, licence_no: str) -> FileAnswer:
    return printed(call, licences.get_licence(call.session, call.actor, licence_no))


def list_document_keys(call: Call) -> View:
    own = call.resources.signing.public
    return signed_documents.published_keys(call.session, own).as_jwks()


def get_document_revocations(call: Call) -> View:
    """At most a minute old."""
    signing = call.resources.signing

    def read() -> RevocationList:
        keys = signed_documents.published_keys(call.session, signing.public)
        today = legal_day(call.now)
        return signed_documents.revocations(call.session, keys, now=call.now, today=today)

    listed, signed = signing.revocations.get(read)
    return {"list": signed, "next_at": rfc3339(listed.next_at)}


def look_up_document(call: Call, document_id: str) -> View:
    found = _found(call, document_id)
    return {
        "document": _facts(found.document),
        "valid": found.state_today == "valid",
        "state_today": found.state_today,
        "state_today_title": _title(found),
    }


def verify_document_code(call: Call, body: Body) -> View:
    """The code by its signature, and what its document is today by the database."""
    keys = signed_documents.published_keys(call.session, call.resources.signing.public)
    finding = verify(body["code"], keys, on=legal_day(call.now))
    said = finding.statement
    if said is None:
        return _finding(finding.reason, None, None)
    try:
        found = _found(call, to_text(said.document_id.bytes))
    except NotFound:  # signed by a key of ours, and never made here
        return _finding(Reason.TAMPERED, None, None)
    return _finding(_REASONS.get(found.state_today, finding.reason), said, found)


_REASONS = {
    "cancelled": Reason.CANCELLED,
    "suspended": Reason.SUSPENDED,
    "closed": Reason.SUSPENDED,
    "expired": Reason.EXPIRED,
    "replaced": Reason.REPLACED,
    "revoked_key": Reason.REVOKED_KEY,
}


def show_document(call: Call, document_id: str) -> FileAnswer:
    """The page that a camera opens from the code."""
    try:
        found = _found(call, document_id)
    except NotFound:
        return pages.unknown()
    return pages.document(_facts(found.document), found.state_today, _title(found))


def _found(call: Call, document_id: str) -> Verified:
    try:
        wanted = uuid.UUID(bytes=from_text(document_id))
    except ValueError:
        raise NotFound from None
    return signed_documents.verified(call.session, str(wanted), today=legal_day(call.now))


def _finding(reason: Reason | None, said: Statement | None, found: Verified | None) -> View:
    arabic, english = WORDS[reason]
    return {
        "valid": reason is None,
        "reason": reason,
        "reason_title": {"ar": arabic, "en": english},
        "document": _facts(found.document) if said and found else None,
        "state_today": found.state_today if found else None,
        "state_today_title": _title(found) if found else None,
    }


def _facts(row: SignedDocument) -> dict[str, Any]:
    """What the code shows."""
    words = state(row.kind, row.state).words
    facts = {
        "document_id": to_text(uuid.UUID(row.document_id).bytes),
        "kind": row.kind,
        "number": row.number,
        "state": row.state,
        "state_title": {"ar": words.ar, "en": words.en},
        "issued_on": row.issued_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "initials": row.initials,
    }
    return with_hijri(facts, _DAYS)


def _title(found: Verified) -> View:
    words = _OTHER.get(found.state_today) or state(found.document.kind, found.state_today).words
    return {"ar": words.ar, "en": words.en}
