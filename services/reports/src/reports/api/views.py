"""Rows as the contract shows them, each part only to those who may see it."""

from collections.abc import Iterable
from typing import Any

from chassis.core.actors import Actor
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.data.paging import Page
from reports.api.edge import View
from reports.catalogue import catalogue
from reports.domain import actions
from reports.domain.actors import Role, role_of
from reports.domain.categories import Category, ExtraField
from reports.domain.reports import STATUS_TITLES, Status
from reports.domain.visibility import Part, may_see, without_numbers
from reports.models import DutyOfficer, Photo, Remark, Report
from saudi.bilingual import Bilingual
from saudi.mobiles import mask_mobile


def title(pair: tuple[str, str]) -> View:
    """A text in both languages."""
    return {"ar": pair[0], "en": pair[1]}


def report_view(row: Report, actor: Actor) -> View:
    """The contract's Report, as this caller sees it; what he may not see is null."""
    role = role_of(actor)
    return {
        **_facts(row),
        "location": _location(row, role) if may_see(role, Part.PLACE) else None,
        "description": row.description if may_see(role, Part.DESCRIPTION) else None,
        "extra": row.extra if may_see(role, Part.EXTRA) else None,
        "reporter": _masked(row) if may_see(role, Part.REPORTER) else None,
        "treatment": _treatment(row) if may_see(role, Part.TREATMENT) else None,
        "work_order": _work_order(row, role),
        "duty_officer_told": row.duty_officer_told,
        "text_withheld": row.text_withheld,
        "version": row.version,
    }


def report_page(page: Page[Report]) -> View:
    """The contract's ReportPage."""
    return {"items": [_facts(row) for row in page.rows], "next_cursor": page.next_cursor}


def _facts(row: Report) -> View:
    """What everybody sees who may see the report at all."""
    category = catalogue().categories[row.category]
    record = row.record()
    return {
        **{name: record[name] for name in record if name not in ("external", "version")},
        "category_title": title((category.words.ar, category.words.en)),
        "status_title": title(STATUS_TITLES[Status(row.status)]),
        "district": row.district,
        "updated_at": rfc3339(row.updated_at),
    }


def _location(row: Report, role: Role) -> View:
    """The landmark is in the citizen's words: a contractor doesn't learn from it who he is."""
    names = ("town", "district", "landmark", "latitude", "longitude")
    view = {name: getattr(row, name) for name in names}
    if role is Role.CONTRACTOR and row.landmark:
        view["landmark"] = without_numbers(row.landmark)
    return view


def _masked(row: Report) -> View | None:
    """Enough to know whether it's the person on the telephone, too little to call."""
    if row.reporter is None:
        return None
    name, mobile = row.reporter.get("name"), row.reporter.get("mobile")
    return {
        "name": _initials(name) if name else None,
        "mobile": mask_mobile(mobile) if mobile else None,
        "mobile_confirmed": bool(row.reporter.get("confirmed")),
        "language": row.language,
    }


def _initials(name: str) -> str:
    letters = (next(filter(str.isalpha, part), None) for part in name.split())
    return " ".join(f"{letter}." for letter in letters if letter)


def _treatment(row: Report) -> View:
    return {
        "assignee": row.assignee,
        "question": row.question,
        "external": _external(row),
        "resolution": row.resolution,
        "reason": row.reason,
    }


def _external(row: Report) -> View | None:
    if row.external_body is None:
        return None
    body = catalogue().outside_bodies[row.external_body]
    return {
        "body": row.external_body,
        "body_title": title((body.ar, body.en)),
        "reference": row.external_reference,
    }


def _work_order(row: Report, role: Role) -> dict[str, Any] | None:
    if row.contractor is None or not may_see(role, Part.WORK_ORDER):
        return None
    return {"contractor": row.contractor, "text": row.work_order}


def categories_view() -> View:
    """The contract's Categories: what somebody who files or refers chooses from."""
    whole = catalogue()
    return {
        "categories": [_category(one) for one in whole.categories.values()],
        "departments": [_named(code, words) for code, words in whole.departments.items()],
        "outside_bodies": [_named(code, words) for code, words in whole.outside_bodies.items()],
    }


def history_view(rows: Iterable[JournalEntry]) -> View:
    """The contract's History."""
    return {"items": [_action(row) for row in rows]}


def _action(row: JournalEntry) -> View:
    return {
        "at": rfc3339(row.at),
        "action_title": title(actions.title_of(row.action)),
        **row.record(),
    }


def remarks_view(rows: Iterable[Remark]) -> View:
    """The contract's Remarks."""
    return {"items": [remark_view(row) for row in rows]}


def remark_view(row: Remark) -> View:
    """The contract's Remark."""
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
    """The contract's RevealedReporter: the one answer with the whole mobile."""
    known = row.reporter or {}
    names = ("name", "mobile", "id_type", "id_number", "email")
    return {
        **{name: known.get(name) for name in names},
        "mobile_confirmed": bool(known.get("confirmed")),
        "language": row.language,
    }


def duplicates_view(near: Iterable[tuple[Report, float]]) -> View:
    """The contract's PossibleDuplicates."""
    return {"items": [{**_facts(row), "metres": round(metres)} for row, metres in near]}


def duty_officers_view(rows: Iterable[DutyOfficer]) -> View:
    """The contract's DutyOfficers, their mobiles masked."""
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
    """The contract's WorkOrderPage."""
    return {"items": [_order(row) for row in page.rows], "next_cursor": page.next_cursor}


def work_order_view(row: Report, photos: Iterable[Photo]) -> View:
    """The contract's WorkOrder, for the contractor: nothing that the citizen wrote or is."""
    return {
        **_order(row),
        "photos": [
            {
                "attachment_id": one.attachment_id,
                "kind": one.kind,
                "added_at": rfc3339(one.added_at),
            }
            for one in photos
        ],
    }


def _order(row: Report) -> View:
    facts = _facts(row)
    names = ("report_id", "report_number", "category", "category_title", "municipality", "status")
    return {
        **{name: facts[name] for name in (*names, "status_title", "priority", "due_at")},
        "text": row.work_order,
        "location": _location(row, Role.CONTRACTOR),
    }


def _named(code: str, words: Bilingual) -> View:
    return {"code": code, "title": title((words.ar, words.en))}


def _category(one: Category) -> View:
    time = one.service_time
    return {
        **_named(one.code, one.words),
        "group": _named(one.group.code, one.group.words),
        "kind": _named(one.kind.code, one.kind.words),
        "department": one.department,
        "service_time": {"clock": time.kind.value, "hours": time.hours, "days": time.days},
        "public": one.public,
        "after_photo": one.after_photo,
        "alert": one.alert,
        "fields": [_field(field) for field in one.fields],
    }


def _field(field: ExtraField) -> View:
    values = [{"key": one.key, "title": _named("", one.words)["title"]} for one in field.values]
    kind = {"datatype": field.datatype, "required": field.required}
    return {**_named(field.code, field.words), **kind, "values": values}
