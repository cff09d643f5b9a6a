"""Verifies the code of a document off line: with public keys and, where there is one, a list of revocations."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from documents.keys import KeySet
from documents.revocations import RevocationList, State
from documents.statements import Code, Damaged, Statement, Unreadable, read


class Reason(StrEnum):
    """Why a code isn't that of a valid document, the gravest first."""

    UNREADABLE = "unreadable"
    TAMPERED = "tampered"
    UNKNOWN_KEY = "unknown-key"
    REVOKED_KEY = "revoked-key"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"
    REPLACED = "replaced"
    EXPIRED = "expired"


WORDS = {
    None: ("وثيقة سارية", "The document is valid"),
    Reason.UNREADABLE: ("ليس رمز وثيقة موقعة", "This is no code of a signed document"),
    Reason.TAMPERED: ("الرمز معدل أو مزور", "The code was changed or forged"),
    Reason.UNKNOWN_KEY: ("مفتاح التوقيع غير معروف", "The signing key is unknown"),
    Reason.REVOKED_KEY: ("مفتاح التوقيع ملغى", "The signing key was revoked"),
    Reason.CANCELLED: ("وثيقة ملغاة", "The document was cancelled"),
    Reason.SUSPENDED: ("وثيقة موقوفة", "The document is suspended"),
    Reason.REPLACED: ("حلت محلها وثيقة أحدث", "The document was replaced by a newer one"),
    Reason.EXPIRED: ("وثيقة منتهية", "The document has expired"),
}
_OF_STATE = {
    State.CANCELLED: Reason.CANCELLED,
    State.SUSPENDED: Reason.SUSPENDED,
    State.REPLACED: Reason.REPLACED,
}


@dataclass(frozen=True)
class Finding:
    """What was found. `reason` None: the document is valid. `statement` is what the code says; None when nothing of
    it can be trusted. `as_of`: when the list of revocations was made, None without a list."""

    reason: Reason | None
    statement: Statement | None
    as_of: datetime | None = None

    @property
    def is_valid(self) -> bool:
        return self.reason is None

    def words(self, language: str = "ar") -> str:
        """Returns the finding in a sentence, in `ar` or `en`."""
        arabic, english = WORDS[self.reason]
        return arabic if language == "ar" else english


def verify(
    text: str, keys: KeySet, revocations: RevocationList | None = None, *, on: date
) -> Finding:
    """Checks a code against keys and list, for this day. Raises nothing: the finding names the reason of a fault."""
    as_of = revocations.issued_at if revocations else None
    try:
        code = read(text)
    except Unreadable:
        return Finding(Reason.UNREADABLE, None, as_of)
    except Damaged:
        return Finding(Reason.TAMPERED, None, as_of)
    if reason := _distrust(code, keys, revocations):
        return Finding(reason, None, as_of)
    return Finding(_state(code.statement, revocations, on), code.statement, as_of)


def _distrust(code: Code, keys: KeySet, revocations: RevocationList | None) -> Reason | None:
    key = keys.get(code.key_id)
    if key is None:
        return Reason.UNKNOWN_KEY
    if not key.signed(code.message, code.signature):
        return Reason.TAMPERED
    if key.revoked_at or (revocations and key.key_id in revocations.keys):
        return Reason.REVOKED_KEY
    return None


def _state(statement: Statement, revocations: RevocationList | None, on: date) -> Reason | None:
    state = revocations.documents.get(statement.document_id) if revocations else None
    if state:
        return _OF_STATE[state]
    if statement.expires_on and statement.expires_on < on:
        return Reason.EXPIRED
    return None
