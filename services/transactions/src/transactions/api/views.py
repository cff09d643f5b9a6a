"""What the operations share: who calls, limits, and rows as the contract shows them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.access.persons import acts_for, persons_of
from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.files.attachments import Attachment, attachments_of
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.mobiles import mask_mobile
from transactions import limits, queries
from transactions.catalogue import catalogue
from transactions.commands.enter import FILES
from transactions.context import Call
from transactions.domain.access import Citizen, reach_of
from transactions.domain.transactions import KIND, TITLES, Action, Status, next_step
from transactions.models import Letter, Movement, Paper, Transaction

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]
DAYS = frozenset(
    (
        *("entered_on", "due_on", "step_due_on", "answer_until", "decided_on", "ended_on"),
        *("issued_on", "oldest_on", "since", "day"),
    )
)


def summary_view(row: Transaction, today: date) -> View:
    """The contract's TransactionSummary: what a list shows to officers."""
    words = state(KIND, row.status)
    view = {
        **_common(row),
        "channel": row.channel,
        "confidential": row.confidential,
        "subject": row.subject,
        "status_title": words.words.pair(),
        "applicant_name": (row.applicant or {}).get("name"),
        "department": department_view(row.department),
        "referred_by": department_view(row.referred_by) if row.referred_by else None,
        "step_due_on": row.step_due_on.isoformat(),
        **_lateness(row, today),
    }
    return with_hijri(view, DAYS)


def _lateness(row: Transaction, today: date) -> dict[str, bool]:
    with_department = row.status == Status.WITH_DEPARTMENT
    return {
        "overdue": with_department and row.due_on < today,
        "step_overdue": with_department and row.step_due_on < today,
    }


def transaction_view(call: Call, row: Transaction, *, reveal: bool = False) -> View:
    """The contract's Transaction. Numbers and mobiles are masked unless they were asked for with a reason."""
    session, today, reach = call.session, legal_day(call.now), reach_of(call.actor)
    session.flush()
    more = {
        "next": state(KIND, row.status).next.pair(),
        "applicant": _applicant_view(row.applicant, reveal=reveal),
        "incoming": row.incoming,
        "concerns": list(row.concerns),
        "missing_papers": [_paper_words(code) for code in row.missing],
        "documents": _document_views(session, row),
        "letters": [letter_view(one) for one in queries.letters_of(session, row.transaction_id)],
        "history": [
            _movement_view(one) for one in queries.movements_of(session, row.transaction_id)
        ],
        "in_charge": reach.sees(row) and reach.has(row),
    }
    return {**summary_view(row, today), **with_hijri(more, DAYS)}


def own_summary_view(row: Transaction) -> View:
    """The contract's OwnTransactionSummary."""
    words = state(KIND, row.status)
    view = {
        **_common(row),
        "subject": row.subject,
        "status_title": words.words.pair(),
        "next": words.next.pair(),
        "department": department_view(row.department),
    }
    return with_hijri(view, DAYS)


def own_view(session: Session, row: Transaction) -> View:
    """The contract's OwnTransaction: no officer's name, no note between departments, no letter to another body."""
    session.flush()
    letters = queries.letters_of(session, row.transaction_id)
    moves = queries.movements_of(session, row.transaction_id, actions=_SHOWN_MOVES)
    more = {
        "concerns": list(row.concerns),
        "missing_papers": [_paper_words(code) for code in row.missing],
        "documents": _document_views(session, row),
        "letters": [letter_view(one) for one in letters if one.to_applicant],
        "history": [_own_movement_view(one) for one in moves],
    }
    return {**own_summary_view(row), **with_hijri(more, DAYS)}


# Moves that the applicant reads. Notes, looks and letters of the departments aren't among them.
_SHOWN_MOVES = frozenset(
    action.value
    for action in Action
    if action
    not in (
        *(Action.NOTE, Action.REVEAL, Action.SEARCH),
        *(Action.ISSUE_LETTER, Action.CANCEL_LETTER, Action.EMPTY),
    )
)


def _common(row: Transaction) -> View:
    kind = catalogue().kinds[row.kind]
    return {
        "transaction_id": row.transaction_id,
        "number": row.number,
        "municipality": row.municipality,
        "status": row.status,
        "next_step": next_step(row.status),
        "kind": {"code": kind.code, **kind.words.pair()},
        "entered_on": row.entered_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "answer_until": row.answer_until.isoformat() if row.answer_until else None,
        "outcome": row.outcome,
        "decided_on": legal_day(row.decided_at).isoformat() if row.decided_at else None,
        "ended_on": legal_day(row.ended_at).isoformat() if row.ended_at else None,
        "reason_code": row.reason_code,
        "version": row.version,
    }


def department_view(code: str) -> View:
    """A department with its names."""
    return {"code": code, **catalogue().departments[code].pair()}


def _paper_words(code: str) -> View:
    return {"code": code, **catalogue().papers[code].pair()}


def _applicant_view(applicant: Mapping[str, Any] | None, *, reveal: bool) -> View | None:
    if applicant is None:
        return None
    number, mobile = applicant["number"], applicant["mobile"]
    if not reveal:
        number = mask_id(number) if number else None
        mobile = mask_mobile(mobile) if mobile else None
    names = ("type", "name", "language")
    return {**{name: applicant[name] for name in names}, "number": number, "mobile": mobile}


def _document_views(session: Session, row: Transaction) -> list[View]:
    files = {one.attachment_id: one for one in attachments_of(session, FILES, [row.transaction_id])}
    papers = queries.papers_of(session, row.transaction_id)
    return [_document_view(one, files[one.attachment_id]) for one in papers]


def _document_view(paper: Paper, file: Attachment) -> View:
    return {**attachment_view(file), "paper": _paper_words(paper.paper) if paper.paper else None}


def attachment_view(row: Attachment) -> View:
    """The contract's Attachment."""
    return {name: getattr(row, name) for name in ("attachment_id", "media_type", "size", "name")}


def letter_view(row: Letter) -> View:
    """The contract's Letter."""
    view = {
        "letter_id": row.letter_id,
        "letter_no": row.letter_no,
        "status": row.status,
        "to_applicant": row.to_applicant,
        "recipient": row.recipient,
        "subject": row.subject,
        "department": department_view(row.department),
        "signed_by": row.signed_by,
        "issued_on": row.issued_on.isoformat(),
    }
    return with_hijri(view, DAYS)


def _movement_view(row: Movement) -> View:
    return {
        **_own_movement_view(row),
        "text": row.text,
        "from": department_view(row.from_department) if row.from_department else None,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "by": row.name or "",
    }


def _own_movement_view(row: Movement) -> View:
    title = TITLES[Action(row.action)]
    return {
        "action": row.action,
        "title": dict(title),
        "status": row.status,
        "to": department_view(row.to_department) if row.to_department else None,
        "text": row.text if row.shown else None,
        "at": rfc3339(row.at),
    }


def citizen_of(call: Call) -> Citizen:
    """Returns the caller as a citizen. Raises NoCitizen."""
    person = persons_of(call.session).open(call.actor)
    return Citizen(
        subject=call.actor.subject,
        id_number=person.id_number,
        name=person.name,
        mobile=person.mobile,
        establishments=acts_for(call.actor),
    )


def citizen_who_changes(call: Call) -> Citizen:
    """Returns the caller as a citizen, and counts a change. Raises NoCitizen and LimitReached."""
    citizen = citizen_of(call)
    call.charge_caller(limits.changes_of_citizen(call.settings))
    return citizen


def page_view(items: Sequence[View], next_cursor: str | None) -> View:
    return {"items": list(items), "next_cursor": next_cursor}
