"""Rows as the contract shows them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from licences.api.edge import View
from licences.domain import licences
from licences.domain.actions import title_of
from licences.domain.explaining import explained
from licences.domain.inquiry import KIND_OF_LICENCE, TRANSACTION
from licences.models import Application, Inspection, Licence
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.money import riyals

DAYS = frozenset(
    ("review_until", "issued_on", "expires_on", "renewable_from", "due_on", "inspected_on")
)


def application_view(row: Application) -> View:
    """The contract's Application."""
    words = state(TRANSACTION, row.status)
    view = {
        "application_id": row.application_id,
        "application_no": row.application_no,
        "request": row.request,
        "kind": row.kind,
        "municipality": row.municipality,
        "channel": row.channel,
        "status": row.status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "licence_no": row.licence_no,
        "establishment": row.establishment,
        "trade_name": ((row.body or {}).get("establishment") or {}).get("trade_name"),
        "owner": _owner(row.body, row.owner_number),
        "activities": row.activities,
        "workers": row.workers,
        "years": row.years,
        "waits_for": row.waits_for,
        "rules": row.rules,
        "outcome": row.outcome,
        "fee": riyals(row.fee_halalas) if row.fee_halalas is not None else None,
        "reason_code": row.reason_code,
        "reasons": row.reasons or [],
        "submitted_at": rfc3339(row.submitted_at),
        "review_until": row.review_until.isoformat() if row.review_until else None,
        "decided_at": rfc3339(row.decided_at) if row.decided_at else None,
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def licence_view(row: Licence, today: date) -> View:
    """The contract's Licence; its status may be `expired`."""
    status = licences.effective(row.status, row.expires_on, today)
    words = state(KIND_OF_LICENCE[row.kind], status)
    view = {
        "licence_no": row.licence_no,
        "application_id": row.application_id,
        "kind": row.kind,
        "municipality": row.municipality,
        "status": status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "establishment": row.establishment,
        "trade_name": row.trade_name,
        "owner": _owner(row.body, row.owner_number),
        "activities": row.activities,
        "town": row.town,
        "district": row.district,
        "issued_on": row.issued_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "years": row.years,
        "reason_code": row.reason_code,
        "reason": row.reason,
        "replaced_by": row.replaced_by,
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def _owner(body: Any, number: Any) -> View | None:
    """Enough to know whose it is; the number is masked."""
    if not body or not number:
        return None
    return {"name": body["owner"]["name"], "id_number": mask_id(number)}


def explanation_view(decision: Any) -> View:
    """The contract's Explanation, of a stored decision; of none before the first."""
    if not decision:
        nothing = dict.fromkeys(("rules", "outcome", "decided_at", "fee_total"))
        return {**nothing, "conditions": [], "fee": []}
    return {
        **{name: decision[name] for name in ("rules", "outcome", "decided_at")},
        "conditions": [explained(one) for one in decision["findings"]],
        "fee": [_line(one) for one in decision["fee"]],
        "fee_total": riyals(sum(one["amount_halalas"] for one in decision["fee"])),
    }


def _line(line: View) -> View:
    names = ("code", "ar", "en", "because")
    return {**{name: line[name] for name in names}, "amount": riyals(line["amount_halalas"])}


def history_view(rows: Iterable[JournalEntry], remarks: Mapping[int, str]) -> View:
    """The contract's History; `remarks` by entry."""
    return {"items": [_entry(row, remarks.get(row.entry_id)) for row in rows]}


def _entry(row: JournalEntry, remark: str | None) -> View:
    shown = {"at": rfc3339(row.at), "action_title": title_of(row.action), **row.record()}
    return {**shown, "note": row.note or remark}


def inspection_view(row: Inspection) -> View:
    """The contract's Inspection."""
    names = ("inspection_id", "application_id", "municipality", "stage", "inspector", "result")
    view = {
        **{name: getattr(row, name) for name in (*names, "note")},
        "ordered_at": rfc3339(row.ordered_at),
        "due_on": row.due_on.isoformat(),
        "inspected_on": row.inspected_on.isoformat() if row.inspected_on else None,
    }
    return with_hijri(view, DAYS)
