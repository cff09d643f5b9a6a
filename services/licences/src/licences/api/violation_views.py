"""Violations as the contract shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.files.attachments import Attachment
from licences.api.edge import View
from licences.catalogue import violation_table
from licences.domain.fines import Fine, Item, fine_of
from licences.domain.violations import TITLES
from licences.models import Objection, Violation
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import IdType, mask_id
from saudi.money import riyals

DAYS = frozenset(
    ("correct_until", "seen_again_from", "object_until", "decide_until", "observed_on")
)
_PLAIN = (
    *("violation_id", "violation_no", "municipality", "town", "district", "latitude", "longitude"),
    *("status", "establishment", "size", "licence_no", "note", "repetition", "final"),
    *("court_case", "bill", "seal_number", "version"),
)


def item_view(item: Item) -> View:
    """The contract's ViolationItem."""
    return {
        "code": item.code,
        "group": item.group,
        **item.words.pair(),
        "grave": item.grave,
        "warning_days": item.warning_days,
        "may_close": item.closes,
    }


def violation_view(row: Violation, objection: Objection | None) -> View:
    """The contract's Violation."""
    view = {
        **{name: getattr(row, name) for name in _PLAIN},
        "item": item_view(violation_table().items[row.item]),
        "status_title": title_of(row.status),
        "offender": _offender(row),
        "fine": fine_view(fine_of(row)),
        "observed_at": rfc3339(row.observed_at),
        "correct_until": _day(row.correct_until),
        "seen_again_from": _day(row.seen_again_from),
        "object_until": _day(row.until),
        "objection": _objection(objection),
    }
    for name in ("confirmed_at", "notified_at", "paid_at", "place_closed_at"):
        view[name] = _moment(getattr(row, name))
    return with_hijri(view, DAYS)


def title_of(status: str) -> View:
    """The words of a status."""
    words = state("violation", status).words
    return {"ar": words.ar, "en": words.en}


def fine_view(fine: Fine | None) -> View | None:
    """The contract's Fine."""
    if fine is None:
        return None
    return {
        "base": riyals(fine.base),
        "size_percent": fine.size_percent,
        "factor": fine.factor,
        "reduced_to_percent": fine.reduced_to,
        "amount": riyals(fine.amount),
        "because": fine.because().pair(),
    }


def _offender(row: Violation) -> View | None:
    if row.offender is None:
        return None
    number = row.offender["id_number"]
    is_establishment = row.offender["id_type"] == IdType.UNIFIED_NUMBER
    return {
        "kind": row.offender_kind,
        "name": row.offender["name"],
        "id_number": number if is_establishment else mask_id(number),
        "has_mobile": bool(row.offender.get("mobile")),
    }


def _objection(row: Objection | None) -> View | None:
    if row is None:
        return None
    return {
        "channel": row.channel,
        "reasons": row.reasons,
        "filed_at": rfc3339(row.filed_at),
        "decide_until": row.decide_until.isoformat(),
        "overdue": row.overdue,
        "outcome": row.outcome,
        "decision_reasons": row.decision_reasons,
        "decided_at": _moment(row.decided_at),
    }


def history_view(rows: Iterable[JournalEntry]) -> View:
    """The contract's ViolationHistory."""
    return {"items": [_entry(one) for one in rows]}


def _entry(one: JournalEntry) -> View:
    arabic, english = TITLES.get(one.action, (one.action, one.action))
    return {
        "at": rfc3339(one.at),
        "action": one.action,
        "title": {"ar": arabic, "en": english},
        "version": one.version,
        "details": one.details,
        "subject": one.subject,
        "name": one.name,
    }


def upload_view(row: Attachment) -> View:
    """The contract's FileUpload."""
    return {**_file(row), "name": row.name}


def files_view(rows: Iterable[Attachment]) -> View:
    """The contract's ViolationFiles."""
    return {"items": [{**_file(one), "of": one.owner_type} for one in rows]}


def _file(row: Attachment) -> View:
    return {name: getattr(row, name) for name in ("attachment_id", "media_type", "size")}


def inquiry_view(row: Violation) -> View:
    """The contract's InquiredViolation: no offender, no inspector, no text that people wrote."""
    words, fine = state("violation", row.status), fine_of(row)
    view = {
        "violation_no": row.violation_no,
        "item": violation_table().items[row.item].words.pair(),
        "status": row.status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "next": {"ar": words.next.ar, "en": words.next.en},
        "municipality": row.municipality,
        "amount": riyals(fine.amount) if fine else None,
        "because": fine.because().pair() if fine else None,
        "observed_on": legal_day(row.observed_at).isoformat(),
        "correct_until": _day(row.correct_until),
        "object_until": _day(row.until),
        "bill": row.bill,
        "paid": row.paid_at is not None,
    }
    return with_hijri(view, DAYS)


def items_view(fines: Mapping[str, tuple[str, str]]) -> View:
    """The contract's ViolationItemList; `fines`: the least and the most of each item in riyals."""
    table = violation_table()
    return {
        "items": [
            {
                **item_view(table.items[code]),
                "group_title": table.groups[table.items[code].group].pair(),
                "fine_from": least,
                "fine_to": most,
            }
            for code, (least, most) in fines.items()
        ]
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _moment(moment: Any) -> str | None:
    return rfc3339(moment) if moment else None
