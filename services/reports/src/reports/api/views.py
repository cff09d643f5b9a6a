"""Rows in the shapes of the contract. A role sees the parts that `domain.visibility` grants."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from chassis.core.actors import Actor
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.data.paging import Page
from reports.api.edge import View
from reports.catalogue import catalogue, governorate
from reports.commands.recording import course_of
from reports.domain import actions
from reports.domain.actors import Role, role_of
from reports.domain.categories import Category, ExtraField
from reports.domain.duplicates import Alike
from reports.domain.offered_actions import offered_actions
from reports.domain.places import is_listed
from reports.domain.public_texts import without_numbers
from reports.domain.reports import STATUS_TITLES, Status
from reports.domain.visibility import Part, may_see
from reports.models import DutyOfficer, Photo, Remark, Report
from saudi.bilingual import Bilingual
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.mobiles import mask_mobile


def report_view(row: Report, actor: Actor) -> View:
    """Returns the contract's Report for this caller. A part beyond the caller's role is null."""
    role = role_of(actor)
    return {
        **_report_facts(row),
        "location": _location_view(row, role) if may_see(role, Part.PLACE) else None,
        "description": row.description if may_see(role, Part.DESCRIPTION) else None,
        "extra": row.extra if may_see(role, Part.EXTRA) else None,
        "district_listed": is_listed(row.town, row.district, governorate()),
        "reporter": _mask_reporter(row) if may_see(role, Part.REPORTER) else None,
        "treatment": _treatment_view(row) if may_see(role, Part.TREATMENT) else None,
        "work_order": _work_order_part(row, role),
        "duty_officer_told": row.duty_officer_told,
        "text_withheld": row.text_withheld,
        "words_waiting": row.words_waiting and row.public,
        "actions": offered_actions(course_of(row), actor.scopes),
    }


def filed_view(row: Report, actor: Actor, earlier: Sequence[str]) -> View:
    """Returns the contract's Report as the answer to a filing, with what an operator says to the caller."""
    code = (row.reporter or {}).get("code")
    return {
        **report_view(row, actor),
        "earlier_numbers": list(earlier),
        "inquiry_code": code,
    }


def report_page(page: Page[Report], answered: Collection[str] | None = None) -> View:
    """Returns the contract's ReportPage. `answered`: the reports with a new answer of the reporter; None where the
    answer doesn't say it."""
    items = [_report_facts(row) for row in page.rows]
    if answered is not None:
        items = [{**one, "answered": one["report_id"] in answered} for one in items]
    return {"items": items, "next_cursor": page.next_cursor}


def _report_facts(row: Report) -> View:
    """Returns the facts that every role sees."""
    category = catalogue().categories[row.category]
    record = row.record()
    return {
        **days_view(row, row.due_at),
        **{name: record[name] for name in record if name != "external"},
        "category_title": category.words.pair(),
        "status_title": STATUS_TITLES[Status(row.status)].pair(),
        "district": row.district,
        "updated_at": rfc3339(row.updated_at),
    }


def days_view(row: Report, due_at: datetime | None) -> View:
    """Returns the days of filing and of the service time's end in Riyadh, in both calendars."""
    days = {
        "filed_on": legal_day(row.filed_at).isoformat(),
        "due_on": legal_day(due_at).isoformat() if due_at else None,
    }
    return with_hijri(days, days)


def _location_view(row: Report, role: Role) -> View:
    """Returns the location. The landmark is the citizen's text, so a contractor reads it without numbers."""
    names = ("town", "district", "landmark", "latitude", "longitude")
    view = {name: getattr(row, name) for name in names}
    if role is Role.CONTRACTOR and row.landmark:
        view["landmark"] = without_numbers(row.landmark)
    return view


def _mask_reporter(row: Report) -> View | None:
    """Masks the reporter: an operator can recognise a caller, but can't call the reporter."""
    if row.reporter is None or row.reporter.keys() == {"code"}:
        return None
    name, mobile, callback = (row.reporter.get(one) for one in ("name", "mobile", "callback"))
    return {
        "name": _initials(name) if name else None,
        "mobile": mask_mobile(mobile) if mobile else None,
        "callback": mask_mobile(callback) if callback else None,
        "mobile_confirmed": row.is_mobile_confirmed,
        "language": row.language,
    }


def _initials(name: str) -> str:
    letters = (next(filter(str.isalpha, part), None) for part in name.split())
    return " ".join(f"{letter}." for letter in letters if letter)


def _treatment_view(row: Report) -> View:
    return {
        "assignee": row.assignee,
        "question": row.question,
        "external": _external_view(row),
        "resolution": row.resolution,
        "reason": row.reason,
    }


def _external_view(row: Report) -> View | None:
    if row.external_body is None:
        return None
    body = catalogue().outside_bodies[row.external_body]
    return {
        "body": row.external_body,
        "body_title": body.pair(),
        "reference": row.external_reference,
    }


def _work_order_part(row: Report, role: Role) -> dict[str, Any] | None:
    if row.contractor is None or not may_see(role, Part.WORK_ORDER):
        return None
    return {"contractor": row.contractor, "text": row.work_order}


def categories_view() -> View:
    """Returns the contract's Categories: the choices for filing and referral."""
    whole = catalogue()
    return {
        "categories": [_category_view(one) for one in whole.categories.values()],
        "departments": [_code_view(code, words) for code, words in whole.departments.items()],
        "outside_bodies": [_code_view(code, words) for code, words in whole.outside_bodies.items()],
    }


def history_view(rows: Iterable[JournalEntry]) -> View:
    """Returns the contract\'s History."""
    return {"items": [_entry_view(row) for row in rows]}


def _entry_view(row: JournalEntry) -> View:
    return {
        "at": rfc3339(row.at),
        "action_title": actions.title_of(row.action).pair(),
        **row.record(),
    }


def remarks_view(rows: Iterable[Remark]) -> View:
    """Returns the contract\'s Remarks."""
    return {"items": [remark_view(row) for row in rows]}


def remark_view(row: Remark) -> View:
    """Returns the contract\'s Remark."""
    return {
        "remark_id": row.remark_id,
        "kind": row.kind,
        "text": row.body,
        "public": row.public,
        "at": rfc3339(row.at),
        "subject": row.subject,
        "name": row.name,
    }


def reporter_view(row: Report) -> View:
    """Returns the contract's RevealedReporter, the only answer with the whole mobile."""
    known = row.reporter or {}
    names = ("name", "mobile", "callback", "id_type", "id_number", "email")
    return {
        **{name: known.get(name) for name in names},
        "mobile_confirmed": row.is_mobile_confirmed,
        "language": row.language,
    }


def duplicates_view(
    near: Iterable[tuple[Report, float]], alike: Iterable[tuple[Report, Sequence[Alike]]]
) -> View:
    """Returns the contract's PossibleDuplicates."""
    return {
        "items": [{**_report_facts(row), "metres": round(metres)} for row, metres in near],
        "alike": [
            {**_report_facts(row), "because": [one.name.lower() for one in reasons]}
            for row, reasons in alike
        ],
    }


def duty_officers_view(rows: Iterable[DutyOfficer]) -> View:
    """Returns the contract\'s DutyOfficers, their mobiles masked."""
    return {
        "items": [
            {
                "department": row.department,
                "mobile": mask_mobile(row.mobile),
                "language": row.language,
                "changed_at": rfc3339(row.changed_at),
            }
            for row in rows
        ]
    }


def work_order_page(page: Page[Report]) -> View:
    """Returns the contract\'s WorkOrderPage."""
    return {"items": [_order_view(row) for row in page.rows], "next_cursor": page.next_cursor}


def work_order_view(row: Report, photos: Iterable[Photo]) -> View:
    """Returns the contract's WorkOrder for the contractor, without the citizen's words and data."""
    return {
        **_order_view(row),
        "photos": [
            {
                "attachment_id": one.attachment_id,
                "kind": one.kind,
                "added_at": rfc3339(one.added_at),
            }
            for one in photos
        ],
    }


def _order_view(row: Report) -> View:
    facts = _report_facts(row)
    names = ("report_id", "report_number", "category", "category_title", "municipality", "status")
    return {
        **{name: facts[name] for name in (*names, "status_title", "priority", "due_at")},
        "text": row.work_order,
        "location": _location_view(row, Role.CONTRACTOR),
    }


def _code_view(code: str, words: Bilingual) -> View:
    return {"code": code, "title": words.pair()}


def _category_view(one: Category) -> View:
    time = one.service_time
    return {
        **_code_view(one.code, one.words),
        "group": _code_view(one.group.code, one.group.words),
        "kind": _code_view(one.kind.code, one.kind.words),
        "department": one.department,
        "service_time": {"clock": time.kind.value, "hours": time.hours, "days": time.days},
        "public": one.public,
        "after_photo": one.after_photo,
        "alert": one.alert,
        "fields": [_field_view(field) for field in one.fields],
    }


def _field_view(field: ExtraField) -> View:
    values = [{"key": one.key, "title": one.words.pair()} for one in field.values]
    kind = {"datatype": field.datatype, "required": field.required}
    return {**_code_view(field.code, field.words), **kind, "values": values}
