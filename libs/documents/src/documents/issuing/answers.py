"""What a service answers about its documents: a paper to its staff, and five operations of its contract to anybody."""

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.call import Call
from chassis.core.refusals import NotFound
from chassis.core.times import rfc3339
from documents.encoding import from_text, to_text
from documents.issuing import reading
from documents.issuing.pages import Pages, PrintedRows
from documents.issuing.reading import VerifiedDocument
from documents.issuing.register import REPLACED, REVOKED_KEY, Register
from documents.issuing.tables import KeptDocument
from documents.keys import KeySet
from documents.papers import Paper
from documents.revocations import RevocationList
from documents.verifying import WORDS, Reason, verify
from saudi.bilingual import Bilingual
from saudi.days import legal_day
from saudi.formats import with_hijri

View = dict[str, Any]
FileAnswer = tuple[bytes, int, dict[str, str]]
PrintingCall = Call[Any, Any]  # its resources are a Printing
_NOT_IN_A_NAME = re.compile(
    "[^0-9A-Za-z._-]"
)  # of a file; a number of before may have Arabic letters
_DAYS = frozenset(("issued_on", "expires_on"))
_WORDS = {
    REPLACED: Bilingual("حلت محلها وثيقة أحدث", "Replaced by a newer document"),
    REVOKED_KEY: Bilingual("مفتاح التوقيع ملغى", "The signing key was revoked"),
}


def printed(call: PrintingCall, document: KeptDocument, paper: Paper) -> FileAnswer:
    """Returns the PDF. No proxy may store the PDF, because the PDF names its holder."""
    pdf = call.resources.press.print(paper, document.code)
    name = _NOT_IN_A_NAME.sub("-", document.number)
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return pdf, 200, headers


class Answers:
    """`registers`: all that the service has, which share their keys. `words(kind, state)`: of the service's own states
    and of `expired`. `pages`: what a camera opens. `printed_rows(session, document)`: what the paper shows and the code
    doesn't, as far as it's public."""

    def __init__(
        self,
        registers: Sequence[Register[Any]],
        words: Callable[[str, str], Bilingual],
        pages: Pages,
        printed_rows: Callable[[Session, Any], PrintedRows] = lambda _session, _document: (),
    ) -> None:
        self._registers, self._words, self.pages = registers, words, pages
        self._printed_rows = printed_rows

    def keys(self, call: PrintingCall) -> View:
        """Returns the published keys, a JWK set."""
        return self._keys(call).as_jwks()

    def revocations(self, call: PrintingCall) -> View:
        """Returns the signed list, at most a minute old."""

        def read() -> RevocationList:
            known, today = self._keys(call), legal_day(call.now)
            return reading.revocations(
                call.session, self._registers, known, now=call.now, today=today
            )

        listed, signed = call.resources.signing.revocations.get(read)
        return {"list": signed, "next_at": rfc3339(listed.next_at)}

    def state_today(self, call: PrintingCall, document_id: str) -> View:
        """Returns what the code shows, the state today, and the other rows of the paper. Raises NotFound."""
        found = self._find_document(call, document_id)
        rows = self._printed_rows(call.session, found.document)
        return {
            "document": self._facts(found.document),
            "valid": found.reason is None,
            "state_today": found.state_today,
            "state_today_title": self._title(found),
            "also_printed": [
                {"label": label.pair(), "value": {"ar": value["ar"], "en": value.get("en")}}
                for label, value in rows
            ],
        }

    def verification(self, call: PrintingCall, code: str) -> View:
        """Returns the code's facts by its signature, and the document's state today by the database."""
        finding = verify(code, self._keys(call), on=legal_day(call.now))
        said = finding.statement
        if said is None:
            return self._finding(finding.reason, None)
        try:
            found = self._find_document(call, to_text(said.document_id.bytes))
        except NotFound:  # signed by a key of ours, and never made here
            return self._finding(Reason.TAMPERED, None)
        return self._finding(found.reason, found)

    def page(self, call: PrintingCall, document_id: str, language: str | None) -> FileAnswer:
        """Returns the page that a camera opens from the code."""
        try:
            found = self._find_document(call, document_id)
        except NotFound:
            return self.pages.unknown(language)
        facts, rows = self._facts(found.document), self._printed_rows(call.session, found.document)
        title = self._title(found)
        return self.pages.document(facts, rows, found.reason is None, title, language)

    def _keys(self, call: PrintingCall) -> KeySet:
        register = self._registers[0]
        return reading.published_keys(call.session, register, call.resources.signing.public)

    def _find_document(self, call: PrintingCall, document_id: str) -> VerifiedDocument:
        try:
            wanted = uuid.UUID(bytes=from_text(document_id))
        except ValueError:
            raise NotFound from None
        today = legal_day(call.now)
        return reading.verified(call.session, self._registers, str(wanted), today=today)

    def _finding(self, reason: Reason | None, found: VerifiedDocument | None) -> View:
        arabic, english = WORDS[reason]
        return {
            "valid": reason is None,
            "reason": reason,
            "reason_title": {"ar": arabic, "en": english},
            "document": self._facts(found.document) if found else None,
            "state_today": found.state_today if found else None,
            "state_today_title": self._title(found) if found else None,
        }

    def _facts(self, row: KeptDocument) -> View:
        """Returns what the code shows."""
        facts = {
            "document_id": to_text(uuid.UUID(row.document_id).bytes),
            "kind": row.kind,
            "number": row.number,
            "place": row.place,
            "state": row.state,
            "state_title": self._pair(row.kind, row.state),
            "issued_on": row.issued_on.isoformat(),
            "expires_on": row.expires_on.isoformat() if row.expires_on else None,
            "initials": row.initials,
        }
        return with_hijri(facts, _DAYS)

    def _title(self, found: VerifiedDocument) -> View:
        return self._pair(found.document.kind, found.state_today)

    def _pair(self, kind: str, state: str) -> View:
        return (_WORDS.get(state) or self._words(kind, state)).pair()
