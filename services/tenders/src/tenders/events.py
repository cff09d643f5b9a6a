"""Builds the payloads of events from plain records: no estimate, no bidder but the winner, no asker, no follower."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from chassis.events.inquiry import Inquiry
from saudi.days import RIYADH, legal_day
from saudi.formats import with_hijri
from tenders.domain.offerings import TENDER, next_step

Record = Mapping[str, Any]
_DAYS = frozenset(("bids_until_day", "published_on", "handed_over_on", "ends_on"))


def offering_event(happened: str, row: Any, *, inquiry: Record, now: datetime) -> Event:
    """`happened` is the past participle in the name of an event type."""
    return Event(
        type=f"sa.gov.qatif.tenders.{row.aggregate_type}.{happened}.v1",
        topic=f"tenders.{row.aggregate_type}",
        aggregate_type=row.aggregate_type,
        aggregate_id=row.aggregate_id,
        version=row.version,
        data={**record_of(row), "inquiry": dict(inquiry)},
        time=now,
    )


def record_of(row: Any) -> dict[str, Any]:
    """Returns the public facts of an offering as the event carries them."""
    facts = {
        f"{row.aggregate_type}_id": row.aggregate_id,
        "number": row.number,
        "municipality": row.municipality,
        "title": row.title_ar,
        "title_en": row.title_en,
        "status": row.status,
        "next_step": next_step(row.status, row.ended),
        "platform_number": row.platform_number,
        "booklet_price_halalas": row.booklet_price,
        "edition": row.edition,
        **{name: rfc3339(getattr(row, name)) for name in vars(row.deadlines)},
        "bids_until_day": legal_day(row.bids_until).isoformat(),
        "published_on": legal_day(row.published_at).isoformat(),
        "bids_count": row.bids_count,
        "award": _award(row),
        "contract_number": row.contract_number,
        "cancel_code": row.cancel_code,
        **_facts_of_kind(row),
    }
    return with_hijri(facts, _DAYS)


def _award(row: Any) -> dict[str, Any] | None:
    if row.award is None:
        return None
    return {
        **{name: row.award[name] for name in ("supplier", "unified_number", "amount_halalas")},
        "awarded_on": legal_day(row.awarded_at).isoformat(),
    }


def _facts_of_kind(row: Any) -> dict[str, Any]:
    if row.aggregate_type == TENDER:
        return {"category": row.category, "method": row.method}
    days = ("handed_over_on", "ends_on")
    return {
        "kind": row.kind,
        "district": row.site["district"],
        "area_m2": row.area_m2,
        "term_years": row.term_years,
        "term_days": row.term_days,
        **{name: day.isoformat() if (day := getattr(row, name)) else None for name in days},
    }


def inquiry_of(row: Any) -> Inquiry:
    """Returns the facts of the inquiry block. Everybody reads it, so nobody has to know a second number."""
    return Inquiry(
        kind=row.inquiry_kind,
        number=row.number,
        status=row.status,
        opened_on=legal_day(row.published_at),
        # The bidders' day; afterwards the municipality has no published day.
        due_on=legal_day(row.bids_until) if row.status == "published" else None,
        decided_on=legal_day(row.awarded_at) if row.awarded_at else None,
        municipality=row.municipality,
        next_step=next_step(row.status, row.ended),
        public=True,
    )


def notice_facts(row: Any) -> dict[str, Any]:
    """Returns what the followers are told, without the followers."""
    return {
        "kind": row.aggregate_type,
        "number": row.number,
        "municipality": row.municipality,
        "bids_until_day": legal_day(row.bids_until).isoformat(),
        "bids_until_time": row.bids_until.astimezone(RIYADH).strftime("%H:%M"),
    }


def notice_event(
    happened: str, facts: Record, *, notice_id: str, contacts: Sequence[Record], now: datetime
) -> Event:
    """Returns the event of one batch of followers. `contacts`: sealed for the batch's `notice_id`."""
    return Event(
        type=f"sa.gov.qatif.tenders.notice.{happened}.v1",
        topic="tenders.notice",
        aggregate_type="notice",
        aggregate_id=notice_id,
        version=1,
        data={"notice_id": notice_id, **facts, "contacts": list(contacts)},
        time=now,
    )
