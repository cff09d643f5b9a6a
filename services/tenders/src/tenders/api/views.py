"""Rows as the contract shows them: to officers by the rules of disclosure, to everybody the public facts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page
from saudi.bilingual import Bilingual
from saudi.formats import with_hijri
from saudi.money import riyals
from tenders import queries
from tenders.catalogue import municipalities
from tenders.context import Call
from tenders.domain.disclosure import shows_booklet, shows_estimate, shows_receipts
from tenders.domain.documents import files_of, links_of
from tenders.domain.offerings import (
    DISMISSALS,
    LEASE,
    TENDER,
    TITLES,
    UNTIL_OPENING,
    Action,
    question_status,
)
from tenders.lookups import bids_of, editions_of
from tenders.models import Bid, Edition, Lease, Offering, Question

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]
_SIGNING_DAYS = ("sign_until", "record_until")
_DAYS = frozenset(("bids_until", "signed_on", "handed_over_on", "ends_on"))
_RECEIPTS = (Action.RECEIVE, Action.WITHDRAW_RECEIPT)  # the steps that tell how many bids came
_FACTS = {
    TENDER: ("category", "method"),
    LEASE: ("kind", "activity", "site", "area_m2", "term_years", "term_days", "grace_days"),
}
_DRAFT = Bilingual("مسودة", "Draft")
_DRAFT_NEXT = Bilingual("تُراجع المسودة ثم تُنشر.", "The draft is checked and published.")


def desk_summaries(session: Session, rows: Sequence[Any]) -> list[View]:
    """The contract's TenderSummary or LeaseSummary of each row, of which its Tender and Lease have every field."""
    open_ones = [row.aggregate_id for row in rows if row.status in UNTIL_OPENING]
    waiting = queries.count_waiting_questions(session, open_ones)
    return [
        {
            f"{row.aggregate_type}_id": row.aggregate_id,
            **public_summary(row),
            "version": row.version,
            "questions_waiting": waiting.get(row.aggregate_id, 0),
        }
        for row in rows
    ]


def public_summary(row: Any) -> View:
    """The contract's PublicTenderSummary or PublicLeaseSummary."""
    words, following = _words(row)
    view = {
        "number": row.number,
        "municipality": row.municipality,
        "municipality_title": municipalities()[row.municipality].pair(),
        "status": row.status,
        "status_title": words.pair(),
        "next": following.pair(),
        "title": {"ar": row.title_ar, "en": row.title_en},
        "platform_number": row.platform_number,
        "booklet_price": riyals(row.booklet_price),
        "guarantee_percent": row.guarantee_percent,
        **{name: rfc3339(moment) for name, moment in vars(row.deadlines).items()},
        "published_at": _moment(row.published_at),
        "edition": row.edition,
        **{name: getattr(row, name) for name in _FACTS[row.aggregate_type]},
    }
    return with_hijri(view, frozenset(("bids_until",)))


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _words(row: Any) -> tuple[Bilingual, Bilingual]:
    if row.status == "draft":
        return _DRAFT, _DRAFT_NEXT
    found = state(row.inquiry_kind, row.status)
    return found.words, found.next


def offering_view(call: Call, row: Any) -> View:
    """The contract's Tender or Lease, as the officer may read it."""
    scopes, session = call.actor.scopes, call.session
    shows_bids = shows_receipts(row.opened_at, scopes)
    bids = bids_of(session, row.aggregate_id) if shows_bids else ()
    return {
        **desk_summaries(session, [row])[0],
        **_details(session, row),
        **({} if row.aggregate_type == TENDER else _lease_view(row, scopes)),
        "estimate": riyals(row.secret_amount) if shows_estimate(row.awarded_at, scopes) else None,
        "bids": [bid_view(one) for one in bids],
        "opening_minutes": row.opening_minutes,
        "award_minutes": (row.award or {}).get("minutes_number"),
        "history": [
            _entry_view(one)
            for one in history(session, (row.aggregate_type, row.aggregate_id))
            if shows_bids or one.action not in _RECEIPTS
        ],
    }


def _lease_view(row: Lease, scopes: Collection[str]) -> View:
    """Until when the winner signs, and until when an officer records the contract, null before the award; where the
    booklet is that the municipality sells; the number of the hand-over report."""
    award = row.award or {}
    days = {name: award.get(name) for name in _SIGNING_DAYS}
    booklet_url = row.booklet_url if shows_booklet(scopes) else None
    return {
        **with_hijri(days, frozenset(_SIGNING_DAYS)),
        "booklet_url": booklet_url,
        "hand_over_report": row.hand_over_report,
    }


def _entry_view(entry: JournalEntry) -> View:
    return {
        "action": entry.action,
        "title": dict(TITLES[Action(entry.action)]),
        "at": rfc3339(entry.at),
        "by": entry.name or "",
        "note": entry.note,
    }


def public_view(session: Session, row: Any) -> View:
    """The contract's PublicTender or PublicLease."""
    return {**public_summary(row), **_details(session, row)}


def _details(session: Session, row: Any) -> View:
    amount = row.public_amount
    view = {
        "description": row.description,
        **_documents_view(row),
        "estimate": None if amount is None else riyals(amount),
        "bids_count": row.bids_count,
        "award": _award_view(row),
        "cancellation": _cancellation_view(row),
        "contract_number": row.contract_number,
        "signed_on": row.signed_on.isoformat() if row.signed_on else None,
        "editions": [_edition_view(one) for one in editions_of(session, row.aggregate_id)],
        "questions": [
            {
                "question": one.question,
                "answer": one.answer,
                "answered_at": _moment(one.answered_at),
            }
            for one in queries.questions_of(session, row.aggregate_id, answered_only=True)
        ],
        **({} if row.aggregate_type == TENDER else _term_view(row)),
    }
    return with_hijri(view, _DAYS - {"bids_until"})


def _term_view(row: Lease) -> View:
    return {
        "handed_over_on": row.handed_over_on.isoformat() if row.handed_over_on else None,
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "extended": row.extended,
        "sells_booklet": row.booklet_url is not None,
    }


def _award_view(row: Any) -> View | None:
    if row.award is None:
        return None
    return {
        "supplier": row.award["supplier"],
        "unified_number": row.award["unified_number"],
        "amount": riyals(row.award["amount_halalas"]),
        "awarded_at": rfc3339(row.awarded_at),
    }


def _cancellation_view(row: Any) -> View | None:
    if row.cancelled_at is None:
        return None
    return {
        "code": row.cancel_code,
        "reason": row.cancel_reason,
        "cancelled_at": rfc3339(row.cancelled_at),
    }


def _edition_view(row: Edition) -> View:
    return {
        "edition": row.edition,
        "reason": row.reason,
        **{name: rfc3339(moment) for name, moment in vars(row.deadlines).items()},
        "published_at": rfc3339(row.published_at),
        **_documents_view(row),
    }


def _documents_view(row: Any) -> View:
    """The documents at the platform, and the files that the municipality keeps."""
    names = ("kind", "title", "attachment_id")
    return {
        "documents": links_of(row.documents),
        "files": [{name: one[name] for name in names} for one in files_of(row.documents)],
    }


def bid_view(row: Bid) -> View:
    """The contract's Bid: bidder and amount are null before the opening."""
    contents = row.contents or {}
    amount = contents.get("amount_halalas")
    return {
        "receipt_number": row.receipt_number,
        "source": row.source,
        "received_at": rfc3339(row.received_at),
        "bidder": contents.get("bidder"),
        "amount": None if amount is None else riyals(amount),
        "accepted": row.accepted,
        "withdrawn_at": _moment(row.withdrawn_at),
    }


def question_view(row: Question) -> View:
    """The contract's Question, for officers."""
    return {**_question_facts(row), "asked": row.asked, "answered_at": _moment(row.answered_at)}


def asked_question_view(row: Question, offering: Offering) -> View:
    """The contract's AskedQuestion, for the asker: without the words in which it was asked."""
    status = question_status(offering.status, row.answered_at, row.dismissed_at)
    return {**_question_facts(row), "number": offering.number, "status": status}


def _question_facts(row: Question) -> View:
    return {
        "question_id": row.question_id,
        "asked_at": rfc3339(row.asked_at),
        "question": row.question,
        "answer": row.answer,
        "dismissal": _dismissal_view(row),
    }


def _dismissal_view(row: Question) -> View | None:
    if row.dismissed_at is None or row.dismissed_because is None:
        return None
    return {
        "reason": row.dismissed_because,
        "title": DISMISSALS[row.dismissed_because].pair(),
        "dismissed_at": rfc3339(row.dismissed_at),
    }


def list_view(session: Session, page: Page[Any]) -> View:
    """The contract's TenderPage or LeasePage."""
    return page_view(desk_summaries(session, page.rows), page.next_cursor)


def page_view(items: Sequence[View], next_cursor: str | None) -> View:
    return {"items": list(items), "next_cursor": next_cursor}
