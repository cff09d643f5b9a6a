"""A report as its reporter sees it: no officer, no note, no department's name for him."""

from chassis.core.states import state
from chassis.core.times import rfc3339
from reports.api.edge import View
from reports.api.views import title
from reports.catalogue import catalogue
from reports.domain.reports import Status
from reports.models import Report
from saudi.bilingual import Bilingual

_TREATED = (Status.RESOLVED, Status.CLOSED)


def inquiry_view(row: Report) -> View:
    """The contract's PublicReport."""
    found = state(Report.aggregate_type, row.status)
    category = catalogue().categories[row.category]
    moments = ("filed_at", "due_at", "closed_at", "reopenable_until")
    return {
        "report_number": row.report_number,
        "category": row.category,
        "category_title": title((category.words.ar, category.words.en)),
        "status": row.status,
        "status_title": _both(found.words),
        "next": _both(found.next),
        "tone": found.tone,
        **{name: rfc3339(at) if (at := getattr(row, name)) else None for name in moments},
        "satisfaction": row.satisfaction,
        "main_number": row.main_number,
        **_told(row),
    }


def _told(row: Report) -> View:
    """Texts that were written for the reporter, in the statuses in which they concern him."""
    status = Status(row.status)
    body = catalogue().outside_bodies.get(row.external_body or "")
    is_outside = status is Status.WAITING_EXTERNAL and body is not None
    return {
        "question": row.question if status is Status.WAITING_REPORTER else None,
        "outside_body": title((body.ar, body.en)) if is_outside and body else None,
        "treatment": row.resolution if status in _TREATED else None,
        "reason": row.reason if status is Status.REJECTED else None,
    }


def _both(words: Bilingual) -> View:
    return title((words.ar, words.en))
