"""Outgoing letters of a transaction: numbered, signed by an officer, printed as signed documents."""

from collections.abc import Mapping
from typing import Any

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, Findings, NotFound, not_blank
from chassis.data.numbers import draw
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.keeping import DocumentContent, issue
from documents.issuing.signing import Signing
from saudi.days import hijri_year, legal_day
from transactions.commands.recording import (
    add_movement,
    lock_in_charge,
    lock_own,
    lock_seen,
    require_possible,
)
from transactions.domain.access import Citizen, TransactionChanged
from transactions.domain.transactions import LETTERS, Action, number_text
from transactions.models import CANCELLED, ISSUED, REGISTER, Letter, SignedDocument, Transaction

LETTER = "letter"  # the kind of document


class LetterIsCancelled(Conflict):
    """The letter was cancelled: it has no document, and isn't cancelled again."""

    problem = "letter-is-cancelled"


def issue_letter(
    work: UnitOfWork, transaction_id: str, body: Mapping[str, Any], *, seen: int | None = None
) -> Letter:
    """Issues a letter to the applicant, or to another body, in the shape of the contract's `NewLetter`. The officer who
    issues the letter signs it. `seen`: the version of the transaction that the officer has read. Raises InvalidFields,
    IllegalTransition and TransactionChanged."""
    texts = _read_texts(body)
    row = lock_in_charge(work, transaction_id)
    if seen not in (None, row.version):
        raise TransactionChanged
    require_possible(row, Action.ISSUE_LETTER)
    letter = _new_letter(work, row, texts)
    letter.letter_no = _draw_number(work, row.municipality)
    work.session.add(letter)
    _note_letter(work, row, Action.ISSUE_LETTER, letter)
    return letter


def _read_texts(body: Mapping[str, Any]) -> dict[str, str | None]:
    findings, texts = Findings(), dict[str, str | None]()
    for name in ("subject", "body"):
        with findings.gather():
            texts[name] = not_blank(body[name], name)
    texts["recipient"] = None
    if body.get("recipient") is not None:
        with findings.gather():
            texts["recipient"] = not_blank(body["recipient"], "recipient")
    findings.settle()
    return texts


def _new_letter(work: UnitOfWork, row: Transaction, texts: Mapping[str, str | None]) -> Letter:
    recipient = texts["recipient"]
    return Letter(
        letter_id=new_id(),
        transaction_id=row.transaction_id,
        municipality=row.municipality,
        department=row.department,
        status=ISSUED,
        to_applicant=recipient is None,
        recipient=recipient or row.applicant["name"],
        subject=texts["subject"],
        body=texts["body"],
        signed_by=work.actor.name or work.actor.subject,
        issued_at=work.now,
        issued_on=legal_day(work.now),
    )


def _draw_number(work: UnitOfWork, municipality: str) -> str:
    year = hijri_year(legal_day(work.now))
    return number_text(LETTERS, municipality, year, draw(work.session, LETTERS, municipality, year))


def _note_letter(
    work: UnitOfWork, row: Transaction, action: Action, letter: Letter, *, reason: str | None = None
) -> None:
    """Notes the letter in the history. A letter changes nothing that an event tells."""
    text = letter.letter_no if reason is None else f"{letter.letter_no}: {reason}"
    add_movement(work, row, action, text=text)
    work.record_action(row, action, details={"letter": letter.letter_no})
    work.session.flush()


def cancel_letter(work: UnitOfWork, transaction_id: str, letter_id: str, *, reason: str) -> Letter:
    """Cancels a letter that was sent in error: its document no longer counts. The reason is kept unless the transaction
    is emptied: retention doesn't come back for it. Raises LetterIsCancelled."""
    reason = not_blank(reason, "reason")
    row = lock_in_charge(work, transaction_id)
    letter = _letter_of(work, row, letter_id)
    if letter.status == CANCELLED:
        raise LetterIsCancelled
    letter.status, letter.cancelled_at = CANCELLED, work.now
    kept = reason if row.emptied_at is None else None
    _note_letter(work, row, Action.CANCEL_LETTER, letter, reason=kept)
    return letter


def document_of(
    work: UnitOfWork, transaction_id: str, letter_id: str, signing: Signing
) -> SignedDocument:
    """Returns the signed document of a letter for an officer. Raises LetterIsCancelled and KeyIsRevoked."""
    row = lock_seen(work, transaction_id)
    return _document_of(work, _letter_of(work, row, letter_id), signing)


def own_document_of(
    work: UnitOfWork, citizen: Citizen, transaction_id: str, letter_id: str, signing: Signing
) -> SignedDocument:
    """Returns the signed document of a letter to the applicant. A letter to another body doesn't exist for the
    applicant. Raises NotFound."""
    letter = _letter_of(work, lock_own(work, citizen, transaction_id), letter_id)
    if not letter.to_applicant:
        raise NotFound
    return _document_of(work, letter, signing)


def _letter_of(work: UnitOfWork, row: Transaction, letter_id: str) -> Letter:
    letter = work.lock(Letter, letter_id)
    if letter.transaction_id != row.transaction_id:
        raise NotFound
    return letter


def _document_of(work: UnitOfWork, letter: Letter, signing: Signing) -> SignedDocument:
    if letter.status == CANCELLED:
        raise LetterIsCancelled
    if letter.body is None:  # emptied
        raise NotFound
    content = _content_of(letter)
    return issue(work.session, REGISTER, letter.letter_id, content, signing, now=work.now).document


def _content_of(letter: Letter) -> DocumentContent:
    names = ("letter_no", "municipality", "department", "recipient", "subject", "body", "signed_by")
    content = {name: getattr(letter, name) for name in names}
    return DocumentContent(
        kind=LETTER,
        number=letter.letter_no,
        issued_on=letter.issued_on,
        expires_on=None,
        content={**content, "issued_on": letter.issued_on.isoformat()},
    )
