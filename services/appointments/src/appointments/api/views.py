"""Rows in the shapes of the contract."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from appointments.catalogue import departments, municipalities
from appointments.domain.appointments import Status, clock_text, possible_actions
from appointments.domain.schedule import TERMS, PlannedService, Span
from appointments.models import Appointment, Closure, Department, DepartmentPlan, OfficerNote, Seat
from appointments.slots import Slot
from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.data.paging import Page
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]
_DAYS = frozenset(("day", "valid_from", "valid_until"))
# What a person, and what an officer besides, reads of an appointment as it stands.
_PUBLIC = (
    *("appointment_number", "municipality", "department_id", "service", "status"),
    *("starts_at", "ends_at", "day", "time", "affected", "waits", "offer", "queue_number"),
)
_STAFF = (
    *("appointment_id", "version", "counter", "language", "needs_confirmation"),
    *("booked_at", "confirmed_at", "affected_since", "waits_since"),
    *("checked_in_at", "called_at", "ended_at", "cancelled_by", "reason"),
)


def public_view(row: Appointment) -> View:
    """Returns the contract's PublicAppointment: what its person reads. No officer, no counter before the call."""
    record = row.record()
    found = state(Appointment.aggregate_type, row.shown_status)
    return with_hijri(
        {
            **{name: record[name] for name in _PUBLIC},
            "municipality_title": municipalities()[row.municipality].pair(),
            "department": {"ar": row.department_ar, "en": row.department_en},
            "service_title": {"ar": row.service_ar, "en": row.service_en},
            "status_title": found.words.pair(),
            "next": found.next.pair(),
            "tone": found.tone,
            "change_until": rfc3339(row.change_until),
            "called_to": row.called_to,
        },
        _DAYS,
    )


def staff_view(row: Appointment, now: datetime) -> View:
    """Returns the contract's Appointment: what an officer reads. The mobile and the ID number are masked."""
    person = row.person or {}
    mobile, number = person.get("mobile"), person.get("id_number")
    return {
        **public_view(row),
        **{name: _as_json(getattr(row, name)) for name in _STAFF},
        **{name: person.get(name) for name in ("name", "reference", "note")},
        "mobile": mask_mobile(mobile) if mobile else None,
        "id_number": mask_id(number) if number else None,
        "possible_actions": [action.value for action in possible_actions(row, now)],
    }


def _as_json(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


def page_view(page: Page[Appointment], now: datetime) -> View:
    return {"items": [staff_view(row, now) for row in page.rows], "next_cursor": page.next_cursor}


def person_view(row: Appointment) -> View:
    """Returns the contract's Person, unmasked: the answer of a journalled look."""
    person = row.person or {}
    return {name: person.get(name) for name in ("name", "mobile", "id_type", "id_number")}


def history_view(entries: Iterable[JournalEntry], notes: Iterable[OfficerNote]) -> View:
    """Returns the lines of the journal, each with what its officer wrote."""
    written = {(one.at, one.action, one.subject): one.text for one in notes}
    return {
        "items": [
            {
                **one.record(),
                "note": written.get((one.at, one.action, one.subject)),
                "at": rfc3339(one.at),
            }
            for one in entries
        ]
    }


def hold_view(seat: Seat) -> View:
    return with_hijri(
        {
            "hold_id": seat.seat_id,
            "service": seat.service,
            **_span_view(seat.span),
            "expires_at": _as_json(seat.held_until),
        },
        _DAYS,
    )


def slots_view(slots: Iterable[Slot]) -> View:
    return {"items": [with_hijri(_slot_view(one), _DAYS) for one in slots]}


def _slot_view(one: Slot) -> View:
    change_until = rfc3339(one.change_until)
    return {**_span_view(one.span), "free": len(one.places), "change_until": change_until}


def _span_view(span: Span) -> View:
    moments = {name: rfc3339(at) for name, at in span._asdict().items()}
    return {**moments, **clock_text(span.starts_at)}


def department_view(row: Department) -> View:
    return {
        "department_id": row.department_id,
        "municipality": row.municipality,
        "municipality_title": municipalities()[row.municipality].pair(),
        "code": row.code,
        "title": departments()[row.code].pair(),
    }


def public_department_view(row: Department, services: Sequence[PlannedService]) -> View:
    return {**department_view(row), "services": [_service_view(one) for one in services]}


def _service_view(one: PlannedService) -> View:
    terms = {name: getattr(one, name) for name in TERMS}
    return {"service": one.code, "title": one.title.pair(), **terms}


def plans_view(row: Department, plans: Iterable[DepartmentPlan]) -> View:
    shown = [
        {
            "plan_id": one.plan_id,
            "valid_from": one.valid_from.isoformat(),
            "valid_until": one.valid_until.isoformat() if one.valid_until else None,
            "plan": one.plan,
            "set_at": rfc3339(one.set_at),
            "set_by": one.set_by,
        }
        for one in plans
    ]
    return {**department_view(row), "plans": [with_hijri(one, _DAYS) for one in shown]}


def closure_view(one: Closure) -> View:
    return {
        "closure_id": one.closure_id,
        "municipality": one.municipality,
        "department_id": one.department_id,
        "starts_at": rfc3339(one.starts_at),
        "ends_at": rfc3339(one.ends_at),
        "reason": {"ar": one.reason_ar, "en": one.reason_en},
        "made_at": rfc3339(one.made_at),
        "lifted_at": _as_json(one.lifted_at),
    }


def affected_view(rows: Iterable[Appointment]) -> list[View]:
    """Returns the appointments that a change affects, for the officer who makes it."""
    return [
        {
            "appointment_id": row.appointment_id,
            "appointment_number": row.appointment_number,
            "service": row.service,
            "starts_at": rfc3339(row.starts_at),
            "day": legal_day(row.starts_at).isoformat(),
        }
        for row in rows
    ]


def month_view(month: str, rows: Iterable[Any]) -> View:
    return {
        "month": month,
        "rows": [
            {
                "municipality": row.municipality,
                "department_id": row.department_id,
                "department": departments()[row.code].pair(),
                **{name: getattr(row, name) for name in ("booked", *Status)},
            }
            for row in rows
        ],
    }


def display_view(present: Sequence[Any]) -> View:
    """Returns the screen of a waiting hall: numbers, and nothing else."""
    called = [
        {"queue_number": one.queue_number, "counter": one.called_to}
        for one in present
        if one.status == Status.CALLED
    ]
    return {"called": called, "waiting": len(present) - len(called)}
